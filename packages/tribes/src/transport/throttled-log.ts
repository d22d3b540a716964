import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'

const PERIOD_MS = 60_000
const MOST_TOPICS = 256

/** At most one line a minute per topic, so that a peer that errs a thousand times a second does not fill the disk. Holds 256 topics at most. */
export class ThrottledLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #loggedAtMs = new Map<string, number>()

  constructor(components: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = components.clock
    this.#logger = components.logger
  }

  warn(topic: string, fields: object, message: string): void {
    if (this.#isDue(topic)) this.#logger.warn(fields, message)
  }

  error(topic: string, fields: object, message: string): void {
    if (this.#isDue(topic)) this.#logger.error(fields, message)
  }

  #isDue(topic: string): boolean {
    const nowMs = this.#clock.now()
    const loggedAtMs = this.#loggedAtMs.get(topic)
    if (loggedAtMs !== undefined && nowMs - loggedAtMs < PERIOD_MS) return false
    this.#loggedAtMs.delete(topic)
    if (this.#loggedAtMs.size >= MOST_TOPICS) this.#forgetOldest()
    this.#loggedAtMs.set(topic, nowMs)
    return true
  }

  /** A map keeps its order of insertion, and a topic is inserted anew each time it is logged. */
  #forgetOldest(): void {
    for (const topic of this.#loggedAtMs.keys()) {
      this.#loggedAtMs.delete(topic)
      return
    }
  }
}
