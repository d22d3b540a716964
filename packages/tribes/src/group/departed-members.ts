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
    for (const [other, untilMs] of this.#untilMs) if (untilMs <= nowMs) this.#untilMs.delete(other)
    this.#untilMs.set(id, nowMs + this.#retentionMs)
  }

  has(id: string): boolean {
    return this.#untilMs.has(id)
  }
}
