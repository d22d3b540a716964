import type { IncomingMessage } from 'node:http'
import { type Commit, type HaError, SessionLockLostError } from '@clowder/ha'
import { loggedPath } from './request-filter.js'
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

  /** `id`: of the session. */
  committed(commit: Commit, id: string): void {
    const { statistics } = this.#context
    if (commit.changed && !this.#hasSent) {
      this.#hasSent = true
      statistics.nrOfSendRequests++
    }
    for (const error of commit.refused) this.#attributeRefused(error, id)
    void commit.acknowledged?.then(outcome => {
      if (outcome === 'degraded') statistics.nrOfDegradedCommits++
    })
  }

  failed(error: unknown, id?: string): void {
    this.#context.statistics.nrOfFailedCommits++
    if (error instanceof SessionLockLostError) this.#context.statistics.nrOfLostLocks++
    this.#context.logger.error({ err: error, ...this.#about(id) }, 'the changes of a request could not be committed')
  }

  answerFailed(error: unknown): void {
    this.#context.statistics.nrOfFailedAnswers++
    this.#context.logger.error({ err: error, ...this.#about() }, 'an answer that had waited for its session failed')
  }

  /** Which session it was, for those who can tell, and on which path; neither its id nor what the client sent along. */
  #about(id?: string) {
    const session = id === undefined ? undefined : this.#context.manager.labelOf?.(id)
    return { url: loggedPath(this.#req), ...(session !== undefined && { session }) }
  }

  /** Each attribute once, though a request may commit several times. */
  #attributeRefused(error: HaError, id: string): void {
    this.#refused ??= new Set()
    if (this.#refused.has(error.message)) return
    this.#refused.add(error.message)
    const { statistics, logger, options } = this.#context
    statistics.nrOfRefusedAttributes++
    logger.error({ err: error, ...this.#about(id) }, error.message)
    try {
      options.onRefused?.(error, this.#req)
    } catch (thrown) {
      logger.error({ err: thrown }, 'onRefused threw')
    }
  }
}
