import type { HistoryEvent } from '../history/history-event.js'
import { type Checker, Findings, type Violation } from './violation.js'

/**
 * I15. Every state of interest is reached in every run of the suite: a schedule in which nothing happens proves nothing.
 *
 * Adds up the processes' counters and counts the fault classes, here of one history; `add` takes in another's. Of one history it claims only that something was
 * asked and answered, for what one seed does not reach the next one may; `unreached` is the question for the whole suite.
 */
export class Reached implements Checker {
  readonly #counts = new Map<string, number>()
  readonly #findings = new Findings('I15')
  #responses = 0
  #lastAt = 0

  see(event: HistoryEvent): void {
    this.#lastAt = event.at
    if (event.kind === 'response' && event.outcome === 'ok') this.#responses++
    if (event.kind === 'fault' && !event.isOver) this.#count(event.fault, 1)
    if (event.kind === 'counters') for (const [name, n] of Object.entries(event.counters)) this.#count(name, n)
  }

  finish(): readonly Violation[] {
    if (this.#responses === 0) this.#findings.add(this.#lastAt, 'not one request was answered with a session')
    return this.#findings.all
  }

  /** What a history, or a whole suite, has reached, and how often. */
  get figures(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  add(figures: Readonly<Record<string, number>>): this {
    for (const [name, n] of Object.entries(figures)) this.#count(name, n)
    return this
  }

  /** Those of the names that were never reached. */
  unreached(names: readonly string[]): string[] {
    return names.filter(name => !this.#counts.get(name))
  }

  #count(name: string, n: number): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + n)
  }
}
