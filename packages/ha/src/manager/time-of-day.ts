import type { Clock } from '@clowder/tribes'

/** What time it is, where the wall clock may have been set, forward or back, since this process began: by that clock, or by what has gone by since. */
export class TimeOfDay {
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>
  readonly #aheadMs: number

  constructor(clock: Pick<Clock, 'now' | 'wallTime'>) {
    this.#clock = clock
    this.#aheadMs = clock.wallTime() - clock.now()
  }

  /** Epoch milliseconds: not before it. */
  get earliestMs(): number {
    return Math.min(this.#clock.wallTime(), this.#clock.now() + this.#aheadMs)
  }

  /** Epoch milliseconds: not after it. */
  get latestMs(): number {
    return Math.max(this.#clock.wallTime(), this.#clock.now() + this.#aheadMs)
  }
}
