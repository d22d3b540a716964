/** One thing that is done over and over, and nothing else. */
export interface Operation {
  readonly title: string
  /** Does it once. What it returns is looked at, so that nobody can leave the work out. */
  readonly run: () => unknown
}
