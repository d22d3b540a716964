/** Of the retention, what a process remembers who is gone and what has ended at least: clocks drift. */
export const KEPT_AT_LEAST = 0.9
