/** So long after it a process may still go by what it knew before, ms. */
const CAUGHT_UP_WITHIN_MS = 5_000

/** When a process last stood still, by the clock of the run, ms. */
export class Standstill {
  #fromMs = Number.NEGATIVE_INFINITY
  #untilMs = Number.NEGATIVE_INFINITY

  /** Standstills may overlap: they are one. */
  began(nowMs: number): void {
    if (this.#untilMs >= nowMs) return
    this.#fromMs = nowMs
    this.#untilMs = Number.POSITIVE_INFINITY
  }

  ended(nowMs: number): void {
    this.#untilMs = nowMs
  }

  /** What has happened since then the process may not know of. */
  knowsUpToMs(nowMs: number): number {
    return nowMs - this.#untilMs < CAUGHT_UP_WITHIN_MS ? this.#fromMs : nowMs
  }
}
