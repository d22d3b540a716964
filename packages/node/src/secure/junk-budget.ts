export interface JunkBudgetOptions {
  readonly unitsPerSecond: number
  /** What is left is not saved up for longer. */
  readonly sliceMs: number
}

/** How much may be spent on datagrams and connections that turn out to be nobody's. Has no clock. */
export class JunkBudget {
  readonly #sliceMs: number
  readonly #perSlice: number
  #left = 0
  #endsAtMs = Number.NEGATIVE_INFINITY

  constructor({ unitsPerSecond, sliceMs }: JunkBudgetOptions) {
    this.#sliceMs = sliceMs
    this.#perSlice = (unitsPerSecond * sliceMs) / 1000
  }

  /** How long nothing more should be looked at, in ms; 0: there is some left. */
  spend(units: number, nowMs: number): number {
    if (nowMs >= this.#endsAtMs) {
      this.#left = this.#perSlice
      this.#endsAtMs = nowMs + this.#sliceMs
    }
    this.#left -= units
    return this.#left > 0 ? 0 : this.#endsAtMs - nowMs
  }

  /** What was spent in vain was none of it. */
  refund(units: number): void {
    this.#left = Math.min(this.#perSlice, this.#left + units)
  }
}
