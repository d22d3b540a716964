/** One of the figures that we owe. */
export interface Goal {
  /** As in the list of goals: P5, P6, … */
  readonly id: string
  readonly what: string
  readonly measured: string
  /** The same of others, in this run. */
  readonly peers: string
  readonly goal: string
  /** Undefined where it was not measured. */
  readonly isMet: boolean | undefined
}
