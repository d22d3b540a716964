const SLICE_MS = 250

/** How much may be spent on datagrams and connections that turn out to be nobody's. Has no clock. */
export class JunkBudget {
  readonly #perSlice: number
  #left = 0
  #endsAtMs = Number.NEGATIVE_INFINITY

  constructor(options: { readonly unitsPerSecond: number }) {
    this.#perSlice = (options.unitsPerSecond * SLICE_MS) / 1000
  }

  /** How long nothing more should be looked at, in ms; 0: there is some left. */
  spend(units: number, nowMs: number): number {
    if (nowMs >= this.#endsAtMs) {
      this.#left = this.#perSlice
      this.#endsAtMs = nowMs + SLICE_MS
    }
    this.#left -= units
    return this.#left > 0 ? 0 : this.#endsAtMs - nowMs
  }
}
