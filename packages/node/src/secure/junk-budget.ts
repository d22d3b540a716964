/** In one slice. A heartbeat that is read and dropped costs 4 µs, so this is about 1 % of a core; 500 members of other clusters say as much. */
const UNITS = 250
const SLICE_MS = 250

/** How much may be spent on datagrams that turn out to be nobody's. Has no clock. */
export class JunkBudget {
  #left = UNITS
  #endsAtMs = Number.NEGATIVE_INFINITY

  /** How long nothing more should be looked at, in ms; 0: there is some left. */
  spend(units: number, nowMs: number): number {
    if (nowMs >= this.#endsAtMs) {
      this.#left = UNITS
      this.#endsAtMs = nowMs + SLICE_MS
    }
    this.#left -= units
    return this.#left > 0 ? 0 : this.#endsAtMs - nowMs
  }
}
