import type { ServerResponse } from 'node:http'
import { StaleSessionError } from '../errors.js'
import type { RequestPolicy } from './request-policy.js'
import { markStale, refuseStale } from './stale-answer.js'
import type { ValveContext } from './valve-context.js'

/** Whether one request's session is older than what its client has seen, and what becomes of the request then. */
export class Staleness {
  readonly #context: ValveContext
  readonly #res: ServerResponse | undefined
  #isAdmitted = false

  constructor(context: ValveContext, res: ServerResponse | undefined) {
    this.#context = context
    this.#res = res
  }

  /** The request goes on with it. */
  get isAdmitted(): boolean {
    return this.#isAdmitted
  }

  /** It is. False: the request has been refused. Throws StaleSessionError where there is nobody to tell. */
  admit({ whenStale }: RequestPolicy): boolean {
    if (whenStale === 'refuse') return this.#refuse()
    this.count()
    this.#isAdmitted = true
    return true
  }

  /** Another policy holds from here on. False: the request has been refused. */
  admitStill(policy: RequestPolicy): boolean {
    return !this.#isAdmitted || policy.whenStale !== 'refuse' || this.#refuse()
  }

  /** Another session is in its place. */
  reset(): void {
    this.#isAdmitted = false
  }

  /** The answer says so. */
  count(): void {
    this.#context.statistics.nrOfStaleAnswers++
    if (this.#res) markStale(this.#res)
  }

  #refuse(): false {
    this.#context.statistics.nrOfRefusedRequests++
    if (!this.#res) throw new StaleSessionError()
    refuseStale(this.#res)
    return false
  }
}
