import type { Clock } from './ports/clock.js'
import type { Logger } from './ports/logger.js'

const PERIOD_MS = 60_000
const MOST_TOPICS = 256

export interface ThrottledLogOptions {
  /**
   * Lines a minute, in all.
   * @default 256
   */
  readonly mostTopics?: number
}

/**
 * At most one line a minute per topic, and a limit for all of them, so that neither a peer that errs a thousand times a second fills the disk nor one that does so from a thousand
 * addresses. What is said no more in such a minute is counted by whoever says it.
 */
export class ThrottledLog {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #mostTopics: number
  readonly #loggedAtMs = new Map<string, number>()

  constructor(
    components: { readonly clock: Clock; readonly logger: Logger },
    { mostTopics = MOST_TOPICS }: ThrottledLogOptions = {},
  ) {
    this.#mostTopics = mostTopics
    this.#clock = components.clock
    this.#logger = components.logger
  }

  info(topic: string, fields: object, message: string): void {
    if (this.#isDue(topic)) this.#logger.info(fields, message)
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
    this.#forgetOld(nowMs)
    if (this.#loggedAtMs.size >= this.#mostTopics) return false
    this.#loggedAtMs.set(topic, nowMs)
    return true
  }

  /** A map keeps its order of insertion, and a topic is inserted anew each time it is logged: the oldest come first. */
  #forgetOld(nowMs: number): void {
    for (const [topic, loggedAtMs] of this.#loggedAtMs) {
      if (nowMs - loggedAtMs < PERIOD_MS) return
      this.#loggedAtMs.delete(topic)
    }
  }
}
