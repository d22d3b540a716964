import type { HistoryEvent, ResponseEvent, SessionLifecycleEvent, ViewEvent } from '../history/history-event.js'
import { type Exchanges, sessionOf } from './exchanges.js'
import type { Interference } from './interference.js'
import { KEPT_AT_LEAST } from './kept-at-least.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import type { TwinSessions } from './twin-sessions.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface FalseEndsComponents {
  readonly timeline: Timeline
  readonly interference: Interference
  readonly exchanges: Exchanges
  readonly fates: SessionFates
  readonly twins: TwinSessions
}

/** Clocks drift: a session that was used less than this share of its idle limit ago is in use. */
const IN_USE = 0.9
/** A question about a session that is past its limit is asked this long before it is dropped at least, ms: the grace of the protocol, and a turn of its sweep. */
const GRACE_MS = 5_000
const GRACE_SHARE = 0.1
/** Who has answered that it knows of no use, and is asked for the session then, tells of it within this time, ms, or share of the limit. */
const UNTOLD_MS = 1_500
const UNTOLD_SHARE = 0.06
/** So long it takes members to find each other again when something has come between them, ms. */
const AFTERMATH_MS = 4_000

/** `isApart`: some could not hear of it. */
interface Beginning {
  readonly at: number
  readonly isApart: boolean
}

/**
 * I2 and I7: a session is not over before its time.
 *
 * Claims, whatever was wrong: nobody tells that a session is destroyed before anybody has begun to end it. Where it has expired somewhere, only whoever has answered
 * with it since, within its idle limit, is held to that, and only as long as nobody has joined who could not know that it had, or was about to, and nobody who was cut off when it began has forgotten what
 * else has ended (docs/design/0004). What
 * a process made while it had an incarnation in common with another one may be taken for something of that one's that has ended (see `TwinSessions`).
 *
 * Claims of an expiry, where all hold all: the process itself has not answered with the session, unflagged, within its limit, nor has any other that lives, if nothing
 * had come between the two for longer than it takes to ask, and there was time to tell of it. Who has stood still itself asks when it goes on, and is excused only if one of the two had dropped the other.
 */
export class FalseEndsChecker implements Checker {
  readonly figures = { endsChecked: 0, expiriesChecked: 0 }
  readonly #components: FalseEndsComponents
  readonly #deaths = new Findings('I2')
  readonly #expiries = new Findings('I7')
  /** By session and process: when the last unflagged answer with it was asked for there. */
  readonly #uses = new Map<string, Map<Process, number>>()
  /** When a session was first heard of, and by whom it was let expire. */
  readonly #first = new Map<string, Beginning>()
  readonly #expired = new Map<string, Set<Process>>()
  readonly #destroyed: (SessionLifecycleEvent & { readonly isInUse: boolean })[] = []
  #joinedAt = Number.NEGATIVE_INFINITY
  readonly #views = new Map<Process, readonly string[]>()
  /** By observer and name: when the one last came into the other's view, or left it. */
  readonly #missedAt = new Map<string, number>()

  constructor(components: FalseEndsComponents) {
    this.#components = components
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && event.what === 'start') this.#joinedAt = event.at
    else if (event.kind === 'response') this.#seeResponse(event)
    else if (event.kind === 'view') this.#seeView(event)
    else if (event.kind !== 'session') return
    else if (event.event === 'expired') this.#seeExpired(event)
    else if (event.event === 'destroyed' && !event.isLocal) this.#seeDestroyed(event)
  }

  finish(): readonly Violation[] {
    const { fates, twins } = this.#components
    for (const { session, at, node, isInUse } of this.#destroyed) {
      const fate = fates.get(session)
      if (!fate || fate.isObscure || fate.endings.some(({ exchange }) => exchange.request.at <= at)) continue
      this.figures.endsChecked++
      if (isInUse && !twins.mayBeTakenForEnded(session, at))
        this.#deaths.add(at, `${node} told that session ${session} is destroyed, and nobody had begun to end it`, [
          node,
        ])
    }
    return [...this.#deaths.all, ...this.#expiries.all]
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    const session = exchange && sessionOf(exchange)
    if (response.outcome !== 'ok' || session === undefined) return
    if (!this.#first.has(session)) this.#first.set(session, this.#begun(response.at))
    if (!exchange?.process || response.isStale) return
    const uses = this.#uses.get(session) ?? new Map<Process, number>()
    this.#uses.set(session, uses.set(exchange.process, exchange.request.at))
  }

  #seeExpired(event: SessionLifecycleEvent): void {
    const process = this.#components.timeline.process(event.incarnation)
    if (!process) return
    const by = this.#expired.get(event.session) ?? new Set()
    this.#expired.set(event.session, by.add(process))
    this.#checkExpiry(event, process)
  }

  #checkExpiry({ session, at, node }: SessionLifecycleEvent, process: Process): void {
    const { idleLimitMs, copies } = this.#components.timeline.run ?? {}
    if (typeof idleLimitMs !== 'number' || copies !== undefined) return
    const since = at - GRACE_MS - GRACE_SHARE * idleLimitMs - AFTERMATH_MS
    this.figures.expiriesChecked++
    const toldBy = at - Math.max(UNTOLD_MS, UNTOLD_SHARE * idleLimitMs)
    const mustKnow = (user: Process, usedAt: number) =>
      user === process || (usedAt <= toldBy && this.#couldAsk(process, user, since))
    for (const [user, usedAt] of this.#uses.get(session) ?? [])
      if (usedAt > at - IN_USE * idleLimitMs && mustKnow(user, usedAt))
        this.#expiries.add(
          at,
          `${node} let session ${session} expire, which ${user.node} had answered with ${Math.round(at - usedAt)} ms before; the limit is ${idleLimitMs} ms`,
          [node, user.node],
        )
  }

  /** Whether both have been there, and within each other's reach, since then. */
  #couldAsk(process: Process, user: Process, since: number): boolean {
    const { interference } = this.#components
    if (interference.hasBeenSince(since) || !this.#hasRun(user, since)) return false
    return (
      this.#hasRun(process, since) || (this.#isThere(process, since) && this.#haveSeenEachOther(process, user, since))
    )
  }

  #haveSeenEachOther(one: Process, other: Process, since: number): boolean {
    return [[one, other] as const, [other, one] as const].every(
      ([observer, { node }]) =>
        this.#views.get(observer)?.includes(node) &&
        (this.#missedAt.get(`${observer.incarnation} ${node}`) ?? Number.NEGATIVE_INFINITY) < since,
    )
  }

  #seeView({ at, incarnation, members }: ViewEvent): void {
    const process = this.#components.timeline.process(incarnation)
    if (!process) return
    const before = this.#views.get(process) ?? []
    this.#views.set(process, members)
    for (const name of [...before, ...members])
      if (!before.includes(name) || !members.includes(name)) this.#missedAt.set(`${process.incarnation} ${name}`, at)
  }

  #isThere(process: Process, since: number): boolean {
    const { timeline } = this.#components
    return !process.ended && process.stoppingAt === undefined && (process.readyAt ?? timeline.nowMs) <= since
  }

  #hasRun(process: Process, since: number): boolean {
    const { interference, timeline } = this.#components
    return this.#isThere(process, since) && interference.stoodStillMs(process, since, timeline.nowMs) === 0
  }

  #seeDestroyed(event: SessionLifecycleEvent): void {
    const process = this.#components.timeline.process(event.incarnation)
    if (process) this.#destroyed.push({ ...event, isInUse: this.#isInUse(event, process) })
  }

  #isInUse({ session, at }: SessionLifecycleEvent, process: Process): boolean {
    const expiredBy = this.#expired.get(session)
    const limit = this.#components.timeline.run?.idleLimitMs ?? 0
    if (!expiredBy) return !this.#components.fates.mayBeExpired(session, at) && !this.#joinedLate(session, limit)
    const usedAt = this.#uses.get(session)?.get(process) ?? Number.NEGATIVE_INFINITY
    const begun = this.#first.get(session) ?? this.#begun(at)
    const isUsed = !expiredBy.has(process) && usedAt > at - IN_USE * limit
    return isUsed && this.#joinedAt < begun.at && !this.#mayBeDisbelieved(begun, at)
  }

  #begun(at: number): Beginning {
    return { at, isApart: this.#components.interference.hasBeenSince(at - AFTERMATH_MS) }
  }

  /** Who has forgotten ends, and was out of reach when the session began, does not believe that it has only expired where he has not been. */
  #mayBeDisbelieved({ isApart }: Beginning, at: number): boolean {
    const { retentionMs = Number.POSITIVE_INFINITY, maxDeathCertificates } = this.#components.timeline.run ?? {}
    const mayForget = at >= KEPT_AT_LEAST * retentionMs || maxDeathCertificates !== undefined
    return mayForget && isApart
  }

  /** Who joins when a session is past its limit with all that it meets is not given it, nor told that it is about to expire. */
  #joinedLate(session: string, limit: number): boolean {
    const usedAt = Math.max(Number.NEGATIVE_INFINITY, ...(this.#uses.get(session)?.values() ?? []))
    return limit > 0 && this.#joinedAt - usedAt >= IN_USE * limit
  }
}
