import type { HistoryEvent, ResponseEvent, SessionLifecycleEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, sessionOf } from './exchanges.js'
import type { FinalCopies } from './final-copies.js'
import type { Interference } from './interference.js'
import { type Holders, type Holding, isHeld } from './obligation.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface LogoutComponents {
  readonly timeline: Timeline
  readonly interference: Interference
  readonly exchanges: Exchanges
  readonly holders: Holders
  readonly copies: FinalCopies
}

export interface LogoutOptions {
  /** Also while the cluster is whole and quiet no process may answer with a session that was ended more than `graceMs` ago. @default true */
  readonly isStrict: boolean
  /** Whether such an answer may be flagged: on a machine that others use as well somebody may have been asked in vain. @default counted */
  readonly flaggedInQuiet: 'counted' | 'forbidden'
  /** How long the news may take to come to everybody in a quiet cluster, ms. @default 1000 */
  readonly graceMs: number
  /** For how long nothing must have been wrong for the cluster to be quiet, ms. @default 5000 */
  readonly quietMs: number
}

/** A process that has stood still for so long knows it, ms. */
const NOTICED_STALL_MS = 1_800
/** An answer that has left takes less than this to its client, ms. */
const ON_ITS_WAY_MS = 20
/** For so long after something came between processes they may not have found each other again, ms. */
const AFTERMATH_MS = 5_000

interface HeldEnd {
  readonly session: string
  readonly holding: Holding
  readonly exchange: Exchange
}

/** An answer with a session that had been ended. */
interface Revival {
  readonly exchange: Exchange
  readonly session: string
  readonly end: HeldEnd
}

/**
 * I3. Logout is final: after an acknowledged invalidation no live node ever serves that id again, whatever was partitioned, slow or paused.
 *
 * Claims, at any time and whatever was wrong: a process that has told its application that a session is destroyed does not answer, unflagged, a request with it
 * that came later; nor does a page that has only read show one that has ended there before its answer left. Claims, for every end that was answered with `held` and of which some holder must still be there (see `Holders`): at the end of the
 * history no process holds the session live; and while the cluster is quiet nobody answers with it, unflagged (`flaggedInQuiet`: or flagged, for somebody who knows of it can be asked), a request that was sent more than a grace after
 * the end had been answered. Nor does a process that has stood still meanwhile, unflagged, unless something had come between it and the others: it asks before it answers.
 */
export class LogoutChecker implements Checker {
  readonly figures = { logoutsChecked: 0, logoutsLostWithHolders: 0, answersAfterLogoutFlagged: 0 }
  readonly #components: LogoutComponents
  readonly #options: LogoutOptions
  readonly #findings = new Findings('I3')
  readonly #ends = new Map<string, HeldEnd>()
  readonly #revivals: Revival[] = []
  /** By session: each process that knows it to be dead, and since when. */
  readonly #destroyed = new Map<string, Map<Process, number>>()

  constructor(components: LogoutComponents, options: Partial<LogoutOptions> = {}) {
    this.#components = components
    this.#options = { isStrict: true, flaggedInQuiet: 'counted', graceMs: 1_000, quietMs: 5_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'destroyed') this.#seeDestroyed(event)
    if (event.kind === 'response') this.#seeResponse(event)
  }

  finish(): readonly Violation[] {
    const { holders, timeline } = this.#components
    for (const { exchange, session, end } of this.#revivals)
      if (holders.mustLast(end.holding, end.exchange.request.at, end.session))
        this.#add(exchange, `${session}, ended and acknowledged ${since(end)}`)
    if (timeline.settledAt !== undefined) for (const end of this.#ends.values()) this.#checkEnd(end)
    return this.#findings.all
  }

  #seeDestroyed({ session, incarnation, at }: SessionLifecycleEvent): void {
    const process = this.#components.timeline.process(incarnation)
    if (!process) return
    const where = this.#destroyed.get(session) ?? new Map<Process, number>()
    this.#destroyed.set(session, where)
    if (!where.has(process)) where.set(process, at)
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    if (!exchange) return
    const session = sessionOf(exchange)
    if (response.outcome === 'ok' && session !== undefined) this.#checkAnswer(exchange, session)
    if (!isHeld(response)) return
    const holding = this.#components.holders.of(exchange)
    if (holding)
      for (const id of response.ended ?? [])
        if (!this.#ends.has(id)) this.#ends.set(id, { session: id, holding, exchange })
  }

  #checkAnswer(exchange: Exchange, session: string): void {
    const { request, response, process } = exchange
    const end = this.#ends.get(session)
    const knownAt = process && this.#destroyed.get(session)?.get(process)
    if (response.isStale) {
      if (end) this.figures.answersAfterLogoutFlagged++
      const isForbidden = this.#options.flaggedInQuiet === 'forbidden'
      if (end && isForbidden && this.#isPastGrace(exchange, end) && this.#isQuiet(exchange))
        this.#revivals.push({ exchange, session, end })
      return
    }
    if (knownAt !== undefined && this.#isShownInVain(exchange, session, knownAt))
      return this.#add(exchange, `${session}, which has ended there at ${knownAt}, while this was being answered`)
    // Learned of before this request came: what a request had begun with is its own until it is over.
    if (knownAt !== undefined && knownAt < request.at && !response.ended?.includes(session))
      return this.#add(exchange, `${session}, which it has known to be dead since ${knownAt}`)
    if (end && this.#isLate(exchange, end)) this.#revivals.push({ exchange, session, end })
  }

  /**
   * A page that has only read, and takes no cookie away: what it shows was over when its answer went out. Where copies move, the page may have a copy that was given
   * away.
   */
  #isShownInVain({ request, response }: Exchange, session: string, knownAt: number): boolean {
    if (knownAt < request.at || response.at - knownAt < ON_ITS_WAY_MS) return false
    if (this.#components.timeline.run?.copies !== undefined || response.session !== session) return false
    return Object.keys(response.read ?? {}).length > 0 && response.wrote?.length === 0
  }

  #isLate(exchange: Exchange, end: HeldEnd): boolean {
    return this.#isPastGrace(exchange, end) && (this.#isQuiet(exchange) || this.#hasSlept(exchange, end))
  }

  #isPastGrace({ request }: Exchange, end: HeldEnd): boolean {
    const { isStrict, graceMs } = this.#options
    return isStrict && request.at - end.exchange.response.at > graceMs
  }

  #isQuiet({ request }: Exchange): boolean {
    const { timeline } = this.#components
    const { quietMs } = this.#options
    if (timeline.phase === 'settled') return true
    return timeline.quietMs >= quietMs && timeline.disturbedAt + quietMs <= request.at
  }

  /** The session was ended elsewhere while the process that answers stood still, and somebody who knows of it was there to be asked when it woke. */
  #hasSlept({ response, process }: Exchange, end: HeldEnd): boolean {
    const { interference } = this.#components
    const still = process && interference.lastStandstill(process)
    const endedAt = end.exchange.response.at
    if (!still || still.from > endedAt || still.to < endedAt || still.to - still.from < NOTICED_STALL_MS) return false
    if (interference.hasBeenSince(still.from - AFTERMATH_MS)) return false
    return end.holding.holders.some(
      holder =>
        holder !== process &&
        !holder.ended &&
        holder.stoppingAt === undefined &&
        interference.stoodStillMs(holder, still.to - AFTERMATH_MS, response.at) === 0,
    )
  }

  #checkEnd(end: HeldEnd): void {
    const { copies, holders, timeline } = this.#components
    const live = copies.of(end.session).filter(({ copy }) => copy.standing === 'live')
    const mustLast = holders.mustLast(end.holding, end.exchange.request.at, end.session)
    if (mustLast) this.figures.logoutsChecked++
    else if (live.length > 0) this.figures.logoutsLostWithHolders++
    if (!mustLast || live.length === 0) return
    const nodes = live.map(({ process }) => process.node)
    const { request } = end.exchange
    this.#findings.add(
      timeline.nowMs,
      `the end of session ${end.session}, asked for by ${request.client} on ${request.node} and acknowledged ${since(end)}, was undone: it is live on ${nodes.join(', ')}`,
      nodes,
    )
  }

  #add({ request, response }: Exchange, what: string): void {
    this.#findings.add(
      response.at,
      `${request.node} answered ${request.client} (request ${request.request}), ${response.isStale ? 'flagged' : 'unflagged'}, with session ${what}`,
      [request.node],
    )
  }
}

function since({ exchange }: HeldEnd): string {
  return `at ${exchange.response.at} (request ${exchange.request.request})`
}
