import type { Logger } from '@clowder/tribes'
import type { ValveStatistics } from './valve-statistics.js'

const QUIET_MS = 60_000

/** Counts cookies with a wrong signature, and says so once a minute: the usual reason is not an attack but two nodes with different secrets. */
export class ForgeryWatch {
  readonly #logger: Logger
  readonly #statistics: ValveStatistics
  #saidAtMs = Number.NEGATIVE_INFINITY

  constructor(logger: Logger, statistics: ValveStatistics) {
    this.#logger = logger
    this.#statistics = statistics
  }

  noticed(): void {
    this.#statistics.nrOfForgedCookies++
    const nowMs = performance.now()
    if (nowMs - this.#saidAtMs < QUIET_MS) return
    this.#saidAtMs = nowMs
    const text =
      'a session cookie is signed with another secret, or was tampered with; its client gets a new session. Is `secret` the same on all nodes?'
    this.#logger.warn({ forgedCookies: this.#statistics.nrOfForgedCookies }, text)
  }
}
