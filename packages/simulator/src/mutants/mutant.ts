/** One line of a built file that a mutant reads in another way. */
export interface Edit {
  /** The package's folder and the built file in it, such as `ha/manager/pulls.js` for `packages/ha/dist/manager/pulls.js`. */
  readonly file: string
  /** The whole line as it is built (mostly as it stands in the source), without indentation and final semicolon. Occurs exactly once. */
  readonly line: string
  /** An earlier whole line that occurs exactly once: `line` is then the first of its kind after it. */
  readonly after?: string
  /** What is run in its place. */
  readonly becomes: string
}

/** A protocol bug that is planted on purpose: what the checkers find of it says what the checkers are worth. */
export interface Mutant {
  readonly name: string
  /** What is wrong with it, in a sentence. */
  readonly breaks: string
  /** The promises that it is likely to break, most likely first. */
  readonly expected: readonly string[]
  readonly edits: readonly Edit[]
  /** The simulator's profile that shows it soonest. */
  readonly profile?: string
  /** Caught within a few seeds: tried in every test run. */
  readonly isQuick?: true
}
