import type { HistoryEvent } from '../history/history-event.js'

/** The promises of docs/consistency.md, by number. */
export const INVARIANTS = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I9',
  'I10',
  'I11',
  'I12',
  'I14',
  'I15',
] as const
export type Invariant = (typeof INVARIANTS)[number]

/** A promise that was not kept. */
export interface Violation {
  readonly invariant: Invariant
  /** When it was noticed, ms on the history's clock. */
  readonly at: number
  /** A sentence that names session, node, client and values. */
  readonly what: string
  readonly nodes?: readonly string[]
}

/** Watches from outside, one event after the other; the verdict comes at the end. */
export interface Checker {
  see(event: HistoryEvent): void
  finish(): readonly Violation[]
  /** What was looked at and what was found to be legitimate: a check that looked at nothing proves nothing. */
  readonly figures: Readonly<Record<string, number>>
}

/** What a protocol that is broken through and through may report of each kind: after so many the next say nothing new. */
const MAX_REPORTED = 25

/** The violations of one checker. */
export class Findings {
  readonly #invariant: Invariant
  readonly #found: Violation[] = []
  #more = 0

  constructor(invariant: Invariant) {
    this.#invariant = invariant
  }

  add(at: number, what: string, nodes?: readonly string[]): void {
    if (this.#found.length >= MAX_REPORTED) this.#more++
    else this.#found.push({ invariant: this.#invariant, at, what, ...(nodes && { nodes }) })
  }

  get all(): readonly Violation[] {
    const last = this.#found.at(-1)
    if (this.#more === 0 || !last) return this.#found
    return [...this.#found, { invariant: this.#invariant, at: last.at, what: `and ${this.#more} more like these` }]
  }
}
