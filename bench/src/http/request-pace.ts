/**
 * Lets requests start evenly, so many a second, by whoever is free. It spins on the event loop: a timer's millisecond would send them in bunches, and the bunch
 * would be what is measured.
 */
export class RequestPace {
  readonly #msApart: number
  readonly #endsAt: number
  #nextAt = performance.now()

  /** `endsAt`: by performance.now. */
  constructor(perSecond: number, endsAt: number) {
    this.#msApart = 1000 / perSecond
    this.#endsAt = endsAt
  }

  /** Resolves when the next request is due, false when the time is over. */
  async isDue(): Promise<boolean> {
    const dueAt = Math.max(this.#nextAt, performance.now())
    this.#nextAt = dueAt + this.#msApart
    while (performance.now() < dueAt) await nextTurn()
    return performance.now() < this.#endsAt
  }
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
