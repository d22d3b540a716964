/** What the process of a trial writes to its standard output, one JSON object a line. */
export type TrialReport =
  | { readonly kind: 'begun'; readonly seed: number }
  | { readonly kind: 'violated'; readonly seed: number; readonly invariants: readonly string[]; readonly first: string }
  /** The last line. `untouched`: files that the mutant changes and that were never loaded. */
  | { readonly kind: 'ended'; readonly untouched: readonly string[] }

/** What the process of a trial is told, as JSON in its only argument. */
export interface TrialOrder {
  /** None: the code as it is. */
  readonly mutant: string | undefined
  readonly profile: string | undefined
  readonly firstSeed: number
  readonly seeds: number
}
