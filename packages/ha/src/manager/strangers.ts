import { processOf } from '../state/version-vector.js'

/** Of so many at a time; those heard of beyond that are not waited for. */
const MAX_STRANGERS = 256

/**
 * Writers that cookies name and that nobody here has ever met: they are out there with sessions that may have ended here. It happens when all that had met them
 * have died, and new processes began on another side of a cut.
 */
export class Strangers {
  /** By the first bytes of the process's name: when a cookie named it last, monotonic ms. */
  readonly #heardAtMs = new Map<string, number>()

  heard(names: readonly string[], nowMs: number): void {
    for (const name of names) {
      const process = processOf(name)
      if (this.#heardAtMs.size < MAX_STRANGERS || this.#heardAtMs.has(process)) this.#heardAtMs.set(process, nowMs)
    }
  }

  /** It is here, or others know what has become of it. Returns whether it was one of these. */
  met(actor: string): boolean {
    return this.#heardAtMs.delete(processOf(actor))
  }

  /** Whether there is one that was heard of since then. */
  hasAnySince(sinceMs: number): boolean {
    for (const [process, atMs] of this.#heardAtMs) if (atMs < sinceMs) this.#heardAtMs.delete(process)
    return this.#heardAtMs.size > 0
  }
}
