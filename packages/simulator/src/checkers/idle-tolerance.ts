/** Clocks drift, and news of a use take their time, ms: so far off may be what a process knows of how long a session has been idle. */
export const DRIFT = 0.02
export const ON_ITS_WAY_MS = 3_000
