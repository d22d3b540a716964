/**
 * Members that see others than this process does. One that sees both sides of a cut may miss nobody, and yet not everybody hears what it hears: who holds what
 * is another question for each of them, and what has ended may be alive where this process would not look.
 */
export class OtherViews {
  /** By incarnation: when the views became the same again, monotonic ms; infinite as long as they differ. */
  readonly #untilMs = new Map<string, number>()

  heard(actor: string, isOurs: boolean, nowMs: number): void {
    if (!isOurs) this.#untilMs.set(actor, Number.POSITIVE_INFINITY)
    else if (this.#untilMs.get(actor) === Number.POSITIVE_INFINITY) this.#untilMs.set(actor, nowMs)
  }

  gone(actor: string): void {
    this.#untilMs.delete(actor)
  }

  /** Whether there is one that has seen others since then. */
  hasAnySince(sinceMs: number): boolean {
    for (const [actor, untilMs] of this.#untilMs) if (untilMs < sinceMs) this.#untilMs.delete(actor)
    return this.#untilMs.size > 0
  }
}
