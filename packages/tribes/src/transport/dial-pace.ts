/** So many dials in a row cost nothing: a member that died is asked at once, and again. */
const BURST = 5
/** Then one more is earned in this time. */
const EARNED_MS = 400

/**
 * How often one member is dialled, whoever wants it: five times in a row, then 2.5 times a second. A link that breaks as soon as it is up, or a peer that
 * accepts and hangs up, must not be dialled in a tight loop (it was: 200 times a second).
 */
export class DialPace {
  #left = BURST
  #countedAtMs = 0

  /** How long the next dial has to wait; 0: it may go, and is counted. */
  take(nowMs: number): number {
    this.#left = Math.min(BURST, this.#left + (nowMs - this.#countedAtMs) / EARNED_MS)
    this.#countedAtMs = nowMs
    if (this.#left < 1) return (1 - this.#left) * EARNED_MS
    this.#left--
    return 0
  }
}
