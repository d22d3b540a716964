/** More than any cluster loses in a minute: somebody who says goodbye under thousands of ids makes others be forgotten, and no more. */
const MOST_REMEMBERED = 4096

/**
 * Incarnations that said goodbye. They never come back (a restarted process has a new id), but a heartbeat of theirs may still be on its way:
 * it must not bring them back to life.
 */
export class DepartedMembers {
  readonly #untilMs = new Map<string, number>()
  readonly #retentionMs: number

  constructor(options: { retentionMs: number }) {
    this.#retentionMs = options.retentionMs
  }

  /** Also forgets those whose last datagram must have arrived long ago. */
  add(id: string, nowMs: number): void {
    this.#untilMs.delete(id)
    this.#untilMs.set(id, nowMs + this.#retentionMs)
    // A map keeps its order of insertion: those that are over come first.
    for (const [other, untilMs] of this.#untilMs) {
      if (untilMs > nowMs && this.#untilMs.size <= MOST_REMEMBERED) return
      this.#untilMs.delete(other)
    }
  }

  has(id: string): boolean {
    return this.#untilMs.has(id)
  }
}
