import type { Clock } from '@clowder/tribes'

/**
 * Notices that this process did not run for a while: suspended, or its event loop was held up. Until it has compared with another member its copies may be old,
 * and it must not answer from them as if it had been here all the time.
 */
export class StallWatch {
  readonly #clock: Pick<Clock, 'now'>
  readonly #stallMs: number
  #ranAtMs: number
  #isDoubtful = false

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, stallMs: number) {
    this.#clock = components.clock
    this.#stallMs = stallMs
    this.#ranAtMs = components.clock.now()
  }

  /** Called every second and at every request: whichever comes first after the stall notices it. True: this call has noticed one. */
  ran(): boolean {
    const nowMs = this.#clock.now()
    const hasStalled = nowMs - this.#ranAtMs >= this.#stallMs
    this.#ranAtMs = nowMs
    if (hasStalled) this.#isDoubtful = true
    return hasStalled
  }

  /** Whether the copies may be old. */
  get isDoubtful(): boolean {
    return this.#isDoubtful
  }

  /** Compared with the others, or nobody is there to compare with. */
  settled(): void {
    this.#isDoubtful = false
  }
}
