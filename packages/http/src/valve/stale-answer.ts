import type { ServerResponse } from 'node:http'
import { StaleSessionError } from '../errors.js'
import type { RequestPolicy } from './request-policy.js'
import type { ValveContext } from './valve-context.js'

const STALE = 'Clowder-Stale'
/** Seconds: the other nodes are asked within milliseconds, and what keeps them from answering seldom ends sooner. */
const RETRY_AFTER = '1'
const SENTENCE = 'The latest state of your session is out of reach. Please try again.\n'

/** Tells the client, and whoever reads access logs, that the answer may not show what this client did last. */
function markStale(res: ServerResponse): void {
  res.setHeader(STALE, '1')
}

function refuseStale(res: ServerResponse): void {
  markStale(res)
  res.writeHead(503, {
    'Retry-After': RETRY_AFTER,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(SENTENCE),
  })
  res.end(SENTENCE)
}

/** What becomes of one request whose session is older than what its client has seen. */
export class StaleAnswer {
  /** The request goes on with it. */
  isStale = false
  readonly #context: ValveContext
  readonly #res: ServerResponse | undefined
  #isMarkDue = false

  constructor(context: ValveContext, res: ServerResponse | undefined) {
    this.#context = context
    this.#res = res
  }

  /** False: the request has been answered. Throws StaleSessionError where that answer has nowhere to go. */
  admit({ whenStale }: Pick<RequestPolicy, 'whenStale'>): boolean {
    if (whenStale === 'refuse') return this.refuse()
    this.#count()
    this.isStale = true
    return true
  }

  /** Found when the request is under way; its headers may wait just now. Gives why it must not go on, if so. */
  found({ whenStale }: Pick<RequestPolicy, 'whenStale'>): StaleSessionError | undefined {
    if (whenStale === 'refuse') {
      this.#context.statistics.nrOfRefusedRequests++
      return new StaleSessionError()
    }
    this.#isMarkDue ||= !this.isStale
    this.isStale = true
    return undefined
  }

  /** `hasEnded`: another request ended the session meanwhile, so that what is shown here is over. */
  headersStarting(hasEnded: boolean): void {
    if (hasEnded || this.#isMarkDue) this.#count()
  }

  refuse(): false {
    this.#context.statistics.nrOfRefusedRequests++
    if (!this.#res) throw new StaleSessionError()
    refuseStale(this.#res)
    return false
  }

  #count(): void {
    this.#context.statistics.nrOfStaleAnswers++
    if (this.#res) markStale(this.#res)
  }
}
