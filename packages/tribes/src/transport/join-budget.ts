import type { Clock } from '../ports/clock.js'

/** What was not used in this time may be used at once, s: a large cluster starts in one moment, and does not go on starting. */
const SAVED_SECONDS = 60

export interface JoinBudgetOptions {
  /**
   * How many incarnations that were never met before may join in a second, on an average minute: sixty times as many at once. -1: any number. Whoever has the secret could otherwise have a
   * member's memory and time filled with members that come and go.
   * @default 4
   */
  readonly maxJoinsPerSecond: number
}

/** How many newcomers are let in. One that is known may come back as often as it likes, whatever is left here. */
export class JoinBudget {
  readonly #clock: Pick<Clock, 'now'>
  readonly #options: JoinBudgetOptions
  #left: number
  #atMs: number

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, options: JoinBudgetOptions) {
    this.#clock = components.clock
    this.#options = options
    this.#left = options.maxJoinsPerSecond * SAVED_SECONDS
    this.#atMs = components.clock.now()
  }

  /** True: one more may join, and is counted. */
  take(): boolean {
    const { maxJoinsPerSecond } = this.#options
    if (maxJoinsPerSecond < 0) return true
    const nowMs = this.#clock.now()
    const earned = ((nowMs - this.#atMs) / 1000) * maxJoinsPerSecond
    this.#left = Math.min(maxJoinsPerSecond * SAVED_SECONDS, this.#left + earned)
    this.#atMs = nowMs
    if (this.#left < 1) return false
    this.#left--
    return true
  }
}
