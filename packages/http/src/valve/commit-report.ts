import type { IncomingMessage } from 'node:http'
import { type Commit, type HaError, SessionLockLostError } from '@clowder/ha'
import type { ValveContext } from './valve-context.js'

/** Counts and logs what became of one request's commits. */
export class CommitReport {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  #hasSent = false
  #refused: Set<string> | undefined

  constructor(context: ValveContext, req: IncomingMessage) {
    this.#context = context
    this.#req = req
  }

  committed(commit: Commit): void {
    const { statistics } = this.#context
    if (commit.changed && !this.#hasSent) {
      this.#hasSent = true
      statistics.nrOfSendRequests++
    }
    for (const error of commit.refused) this.#attributeRefused(error)
    void commit.acknowledged?.then(outcome => {
      if (outcome === 'degraded') statistics.nrOfDegradedCommits++
    })
  }

  failed(error: unknown): void {
    this.#context.statistics.nrOfFailedCommits++
    if (error instanceof SessionLockLostError) this.#context.statistics.nrOfLostLocks++
    this.#context.logger.error({ err: error, url: this.#req.url }, 'the changes of a request could not be committed')
  }

  answerFailed(error: unknown): void {
    this.#context.statistics.nrOfFailedAnswers++
    this.#context.logger.error({ err: error, url: this.#req.url }, 'an answer that had waited for its session failed')
  }

  /** Each attribute once, though a request may commit several times. */
  #attributeRefused(error: HaError): void {
    this.#refused ??= new Set()
    if (this.#refused.has(error.message)) return
    this.#refused.add(error.message)
    const { statistics, logger, options } = this.#context
    statistics.nrOfRefusedAttributes++
    logger.error({ err: error, url: this.#req.url }, error.message)
    try {
      options.onRefused?.(error, this.#req)
    } catch (thrown) {
      logger.error({ err: thrown }, 'onRefused threw')
    }
  }
}
