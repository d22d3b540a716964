import type { HistoryEvent, RequestEvent } from '../history/history-event.js'
import type { Calm } from './calm.js'
import { type Exchange, type Exchanges, isStored, sessionOf } from './exchanges.js'
import { type Holders, type Holding, isHeld } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface StalenessComponents {
  readonly timeline: Timeline
  readonly calm: Calm
  readonly exchanges: Exchanges
  readonly holders: Holders
  readonly fates: SessionFates
}

export interface StalenessOptions {
  /** For how long nothing must have been wrong before no answer may be stale, ms. @default 5000 */
  readonly calmMs: number
  /** For so long a process that has just started and not met anybody cannot know who is missing, ms. @default 10000 */
  readonly unsureMs: number
}

/** All that is known of the commits of one session. */
interface Commits {
  /** Some were promised to nobody, degraded or asynchronous. */
  isWeak: boolean
  /** It was asked for when it had not been used for its idle limit: what was committed may be gone, though it lives on under its id. */
  mayHaveExpired: boolean
  /** Since when, by who held it. */
  readonly held: Map<Holding, number>
}

/** A stale or refused answer that came when there was no reason for it but lost commits. */
interface Doubt {
  readonly exchange: Exchange
  readonly session: string
  readonly isOrderly: boolean
  readonly mayHaveExpired: boolean
}

/**
 * I5 and I11: an answer is flagged stale, or refused for being stale, only when something is wrong.
 *
 * Claims of an answer that came after some calm, or after nothing but orderly ends, in a session all of whose commits were acknowledged as held and have a holder
 * that must still be there, be they made in answers that were flagged themselves: it is neither flagged, unless another request ended its session before it went out, nor refused. After a kill or a cut somebody who had an expired session may be missing for long, and
 * somebody who has just started cannot know; after orderly ends nobody is.
 */
export class StalenessChecker implements Checker {
  readonly figures = { calmAnswersChecked: 0, staleInCalm: 0 }
  readonly #components: StalenessComponents
  readonly #options: StalenessOptions
  readonly #findings = new Findings('I5')
  readonly #commits = new Map<string, Commits>()
  readonly #doubts: Doubt[] = []
  /** By node and session, and by session alone: when it was last told there that the session is over. */
  readonly #overAt = new Map<string, number>()
  /** Sessions in flagged answers of processes that had just started: they may have begun anew there. */
  readonly #shownByYoung = new Set<string>()

  constructor(components: StalenessComponents, options: Partial<StalenessOptions> = {}) {
    this.#components = components
    this.#options = { calmMs: 5_000, unsureMs: 10_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && (event.event === 'destroyed' || event.event === 'expired'))
      for (const key of [`${event.node} ${event.session}`, event.session]) this.#overAt.set(key, event.at)
    if (event.kind === 'request') this.#seeRequest(event)
    if (event.kind !== 'response') return
    const exchange = this.#components.exchanges.of(event)
    if (!exchange) return
    // What is flagged is the session that was asked for.
    const { session } = exchange.request
    if (session !== undefined) this.#look(exchange, session)
    this.#note(exchange)
  }

  finish(): readonly Violation[] {
    for (const doubt of this.#doubts) if (this.#isWhole(doubt)) this.#add(doubt)
    return this.#findings.all
  }

  /** As things stand before it is answered: its own answer is a use of the session as well. */
  #seeRequest({ session, at }: RequestEvent): void {
    const commits = session === undefined ? undefined : this.#commits.get(session)
    if (commits && this.#components.fates.mayBeExpired(session!, at)) commits.mayHaveExpired = true
  }

  #look(exchange: Exchange, session: string): void {
    const { request, response, process } = exchange
    if (response.isBusy) return
    const { calm, timeline } = this.#components
    const { calmMs, unsureMs } = this.#options
    const isYoung = request.at - (process?.readyAt ?? 0) < unsureMs
    if (isYoung && response.isStale) this.#shownByYoung.add(session)
    const isOrderly = calm.isOrderly && timeline.live().length > 1 && !isYoung
    if (!isOrderly && !calm.hasLasted(calmMs, request.at)) return
    this.figures.calmAnswersChecked++
    if (response.outcome !== 'refused' && (!response.isStale || this.#endedMeanwhile(exchange, session))) return
    this.figures.staleInCalm++
    const mayHaveExpired = this.#commits.get(session)?.mayHaveExpired ?? false
    this.#doubts.push({ exchange, session, isOrderly, mayHaveExpired })
  }

  /**
   * What an answer shows is rightly flagged when another request has ended it before the answer went out. Who does not hold the session for good, where copies
   * move, hears of its end as well, and leaves it to the holders to tell.
   */
  #endedMeanwhile({ request }: Exchange, session: string): boolean {
    const isToldByAll = this.#components.timeline.run?.copies === undefined
    const overAt = this.#overAt.get(isToldByAll ? `${request.node} ${session}` : session)
    return (overAt ?? Number.NEGATIVE_INFINITY) >= request.at
  }

  #note(exchange: Exchange): void {
    const { request, response } = exchange
    const session = sessionOf(exchange)
    if (session === undefined || !isStored(response) || response.acknowledged === undefined) return
    const commits = this.#commits.get(session) ?? { isWeak: false, mayHaveExpired: false, held: new Map() }
    this.#commits.set(session, commits)
    const holding = isHeld(response) ? this.#components.holders.of(exchange) : undefined
    if (holding) commits.held.set(holding, Math.min(request.at, commits.held.get(holding) ?? request.at))
    else commits.isWeak = true
  }

  /** Whether all that was ever committed in it must be there. */
  #isWhole({ exchange, session, isOrderly, mayHaveExpired }: Doubt): boolean {
    const { fates, holders } = this.#components
    const commits = this.#commits.get(session)
    if (!commits || commits.isWeak || fates.isObscure(session)) return false
    const isExpired = mayHaveExpired || fates.mayBeExpired(session, exchange.response.at)
    const mayHaveBegunAnew = !isOrderly || this.#shownByYoung.has(session)
    if (mayHaveBegunAnew && (isExpired || fates.mayBeEnded(session))) return false
    return [...commits.held].every(([holding, begunAt]) => holders.mustLast(holding, begunAt, session))
  }

  #add({ exchange, session, isOrderly }: Doubt): void {
    const { request, response } = exchange
    const what = response.outcome === 'refused' ? 'refused' : 'flagged as stale'
    const why = isOrderly ? 'nobody has gone without a goodbye' : 'nothing has been wrong for some time'
    this.#findings.add(
      response.at,
      `the answer of ${request.node} to ${request.client} (request ${request.request}) with session ${session} is ${what}, although ${why} and all of it is there`,
      [request.node],
    )
  }
}
