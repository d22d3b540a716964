import type { HistoryEvent, ResponseEvent, SessionLifecycleEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isCommitted, isRename } from './exchanges.js'
import { KEPT_AT_LEAST } from './kept-at-least.js'
import { isHeld } from './obligation.js'
import { isShownEmpty, type SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface LifecycleComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly fates: SessionFates
}

export interface LifecycleOptions {
  /** The last events of a process that was killed may never have reached the history. @default false */
  readonly mayLoseEvents: boolean
  /** The history has all that processes are told of sessions, also of what others did, and of changed ids. @default false */
  readonly isAllTold: boolean
}

type Told = 'created' | 'destroyed' | 'expired'

/** What a request's answer says must have been told. */
interface Owed {
  readonly event: Told
  readonly session: string
  readonly exchange: Exchange
}

interface ToldInQuiet {
  readonly at: number
  readonly quietSince: number
}

/** An expiry that is told of while the session is in use is too early; clocks may drift by so much. */
const EARLIEST_EXPIRY = 0.8
/** Between the first node's dropping an idle session and the last one's. */
const EXPIRY_SPREAD_MS = 10_000
/** After so much quiet all agree on who is there, and so on who is to tell. */
const QUIET_MS = 10_000

/**
 * I7. Lifecycle events (created, destroyed, expired) fire once in the cluster while it is whole, at least once otherwise, and never after destroy.
 *
 * Counts the events with `isLocal` over all processes. Claims, in a history without any fault: `created` is told exactly once of each session that was made,
 * `destroyed` exactly once of each that was ended (where two requests end a session, each may have been the first), `expired` exactly once of each that expired.
 * In any history: at least once for what was acknowledged as held; and within one period of quiet no more than once (of an expiry once more after a write that was
 * flagged stale, and once more an idle limit after it was shown empty and flagged before all can have dropped it: to whoever still has it that is a use), and of an
 * expiry not only by others.
 * Where all hold all, who tells of an end that is not its own doing has told of the beginning.
 * One process tells neither of the creation nor of the expiry of, nor of a conflict in, a session after it has told of its end, and tells of the end once; where few hold
 * a session, within the retention.
 * In a quiet cluster no session expires that was answered with less than its idle limit ago, unless it had expired before and was shown empty and flagged since, without a
 * write: then the others drop what has expired.
 */
export class LifecycleChecker implements Checker {
  readonly figures = { created: 0, destroyed: 0, expired: 0, idChanged: 0, toldChecked: 0 }
  readonly #components: LifecycleComponents
  readonly #options: LifecycleOptions
  readonly #findings = new Findings('I7')
  readonly #local: Record<Told, Map<string, number>> = { created: new Map(), destroyed: new Map(), expired: new Map() }
  readonly #destroyed = new Map<Process, Map<string, number>>()
  /** Of whose creation a process has told. */
  readonly #begun = new Map<Process, Set<string>>()
  readonly #expiredAt = new Map<string, number>()
  /** Somebody has let them expire, and nobody has used them since but in a flagged answer that changed nothing. */
  readonly #over = new Set<string>()
  /** By event and session: when it was told last in a quiet, and when that had begun. */
  readonly #toldInQuiet = new Map<string, ToldInQuiet>()
  /** Shown empty and flagged so soon after their expiry was told of that somebody may have had them still: when. */
  readonly #wentOnAt = new Map<string, number>()
  readonly #twice: SessionLifecycleEvent[] = []
  readonly #owed = new Map<string, Owed>()

  constructor(components: LifecycleComponents, options: Partial<LifecycleOptions> = {}) {
    this.#components = components
    this.#options = { mayLoseEvents: false, isAllTold: false, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session') this.#seeTold(event)
    if (event.kind === 'response') this.#seeResponse(event)
  }

  finish(): readonly Violation[] {
    const isWhole = !this.#components.timeline.hadFaults
    for (const owed of this.#owed.values()) this.#checkOwed(owed, isWhole)
    if (isWhole) this.#checkOnce()
    else for (const event of this.#twice) this.#addTwice(event.event, event.session, event.at)
    this.#checkExpiriesTold()
    return this.#findings.all
  }

  #seeTold(event: SessionLifecycleEvent): void {
    const { session, isLocal } = event
    const process = this.#components.timeline.process(event.incarnation)
    if (event.event === 'id-changed') this.figures.idChanged++
    if (process) this.#checkAfterDestroyed(event, process)
    if (process && !isLocal && this.#options.isAllTold) this.#checkBegun(event, process)
    if (process && event.event === 'created')
      this.#begun.set(process, (this.#begun.get(process) ?? new Set()).add(session))
    if (event.event === 'id-changed' || event.event === 'conflict') return
    if (event.event === 'expired') this.#checkEarly(event)
    if (event.event === 'expired') this.#toldInQuiet.delete(keyOf('created', session))
    if (!isLocal) return
    this.#checkTwice(event.event, event)
    this.figures[event.event]++
    const counts = this.#local[event.event]
    counts.set(session, (counts.get(session) ?? 0) + 1)
  }

  #checkAfterDestroyed(event: SessionLifecycleEvent, process: Process): void {
    const dead = this.#destroyed.get(process) ?? new Map<string, number>()
    this.#destroyed.set(process, dead)
    const since = dead.get(event.session)
    const isEnded = since !== undefined && !this.#mayBegin(since, event.at)
    if (isEnded)
      this.#add(
        event,
        `${event.node} told of '${event.event}' of session ${event.session}, of whose end it had told at ${since}`,
      )
    else if (event.event === 'destroyed') dead.set(event.session, event.at)
  }

  /** Where copies move, somebody may have heard of the beginning when the session was not his to tell of. */
  #checkBegun(event: SessionLifecycleEvent, process: Process): void {
    const isEnd = event.event === 'destroyed' || event.event === 'expired'
    if (this.#components.timeline.run?.copies !== undefined || !isEnd) return
    if (!this.#begun.get(process)?.has(event.session))
      this.#add(
        event,
        `${event.node} told of '${event.event}' of session ${event.session}, of whose beginning it had not told`,
      )
  }

  /** Who does not hold everything holds nobody for dead without a certificate: an old cookie may begin anew what ended longer ago than those are kept. */
  #mayBegin(since: number, at: number): boolean {
    const { copies, retentionMs } = this.#components.timeline.run ?? {}
    return copies !== undefined && at - since >= KEPT_AT_LEAST * (retentionMs ?? Number.POSITIVE_INFINITY)
  }

  #checkEarly(event: SessionLifecycleEvent): void {
    const { timeline, fates } = this.#components
    // Used since the cluster is whole: so all have it, and the one who is to tell of its end is among them.
    const isWhole = timeline.quietMs >= QUIET_MS && fates.lastUsedAt(event.session) > timeline.disturbedAt
    if (isWhole && !this.#expiredAt.has(event.session)) this.#expiredAt.set(event.session, event.at)
    const isOver = this.#over.has(event.session)
    this.#over.add(event.session)
    const limit = timeline.run?.idleLimitMs ?? null
    if (isOver || limit === null || timeline.quietMs < limit + 5_000) return
    const idle = event.at - fates.lastHadAt(event.session)
    if (idle < limit * EARLIEST_EXPIRY)
      this.#add(
        event,
        `${event.node} let session ${event.session} expire ${idle} ms after its last use; the limit is ${limit} ms`,
      )
  }

  /** Whatever has happened before: while the cluster is whole and stays so, there is one to tell. */
  #checkTwice(told: Told, event: SessionLifecycleEvent): void {
    const { timeline } = this.#components
    if (timeline.quietMs < QUIET_MS) return
    const key = keyOf(told, event.session)
    const isTwice = this.#toldInQuiet.get(key)?.quietSince === timeline.disturbedAt
    this.#toldInQuiet.set(key, { at: event.at, quietSince: timeline.disturbedAt })
    const hasGoneOn = told === 'expired' && this.#hasGoneOn(event)
    if (isTwice && !hasGoneOn) this.#twice.push(event)
  }

  /** It was used after its last expiry, and not for an idle limit since: what is told sooner is the same expiry a second time. */
  #hasGoneOn({ session, at }: SessionLifecycleEvent): boolean {
    const wentOnAt = this.#wentOnAt.get(session)
    this.#wentOnAt.delete(session)
    const limit = this.#components.timeline.run?.idleLimitMs ?? Number.POSITIVE_INFINITY
    return wentOnAt !== undefined && at - wentOnAt >= limit * EARLIEST_EXPIRY
  }

  /** Whoever had to answer without a session tells the others of that use: those that have not dropped it yet keep it. */
  #noteUse(session: string, at: number): void {
    const told = this.#toldInQuiet.get(keyOf('expired', session))
    if (told && at - told.at <= EXPIRY_SPREAD_MS) this.#wentOnAt.set(session, at)
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    if (!exchange || response.outcome !== 'ok') return
    const { session, isNew } = response
    const hasChanged = isCommitted(response)
    if (session !== undefined && (hasChanged || !response.isStale)) this.#over.delete(session)
    if (session !== undefined && hasChanged && (isNew || isRename(exchange))) this.#owe('created', session, exchange)
    // Nobody within reach had it, somebody else might have: it has begun anew under its id, and will expire once more.
    if (session !== undefined && hasChanged && response.isStale) this.#toldInQuiet.delete(keyOf('expired', session))
    if (session !== undefined && isShownEmpty(response)) this.#noteUse(session, response.at)
    // A client that comes over with a session that is not known here ends what this process never had.
    if (!response.isStale && hasChanged) for (const id of response.ended ?? []) this.#owe('destroyed', id, exchange)
  }

  #owe(event: Told, session: string, exchange: Exchange): void {
    const key = keyOf(event, session)
    const before = this.#owed.get(key)
    if (!before || (!isHeld(before.exchange.response) && isHeld(exchange.response)))
      this.#owed.set(key, { event, session, exchange })
  }

  #checkOwed({ event, session, exchange }: Owed, isWhole: boolean): void {
    const { request, response, process } = exchange
    if (!isWhole && (!isHeld(response) || (this.#options.mayLoseEvents && process?.ended))) return
    this.figures.toldChecked++
    if (this.#local[event].has(session) || (event === 'destroyed' && this.#wasEndedBlindly(session, response))) return
    this.#findings.add(
      response.at,
      `no process has told of '${event}' of session ${session} as its own doing (request ${request.request} on ${request.node})`,
      [request.node],
    )
  }

  /** By somebody who had nothing of it, and so had nothing to tell: where that end was heard of first, and told, this one was none any more. */
  #wasEndedBlindly(session: string, { at }: ResponseEvent): boolean {
    const endings = this.#components.fates.get(session)?.endings ?? []
    const isBlind = ({ request, response, process }: Exchange) =>
      response.isStale && request.at < at && !(process && this.#begun.get(process)?.has(session))
    const wasHeardOf = [...this.#destroyed.values()].some(told => (told.get(session) ?? at) < at)
    return wasHeardOf && endings.some(({ exchange }) => isBlind(exchange))
  }

  #checkOnce(): void {
    const { nowMs } = this.#components.timeline
    for (const [event, counts] of Object.entries(this.#local))
      for (const [session, n] of counts) if (n > 1) this.#addTwice(event, session, nowMs)
  }

  #addTwice(event: string, session: string, at: number): void {
    // Two requests that end one session at the same time, on two nodes: each has ended it.
    const endings = this.#components.fates.get(session)?.endings.length ?? 0
    if (event === 'destroyed' && endings > 1) return
    this.#findings.add(
      at,
      `'${event}' of session ${session} was told twice as a process's own doing, in a whole cluster`,
    )
  }

  #checkExpiriesTold(): void {
    for (const [session, at] of this.#expiredAt)
      if (this.#components.timeline.nowMs - at > EXPIRY_SPREAD_MS && !this.#local.expired.has(session))
        this.#findings.add(at, `session ${session} expired and no process told of it as its own doing`)
  }

  #add({ at, node }: SessionLifecycleEvent, what: string): void {
    this.#findings.add(at, what, [node])
  }
}

function keyOf(event: Told, session: string): string {
  return `${event} ${session}`
}
