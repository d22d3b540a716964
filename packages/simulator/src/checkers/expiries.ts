import type { HistoryEvent, SessionLifecycleEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isCommitted, sessionOf } from './exchanges.js'
import type { Holding } from './obligation.js'
import { isThere } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import type { Write, WriteForest } from './write-forest.js'

/** A process has told that it let a session expire, or that another one had ended it. */
interface Expiry {
  readonly at: number
  readonly process: Process
}

/** What was acknowledged as held. */
interface Held {
  readonly holding: Holding
  readonly at: number
  /** One of the writes; nobody asks for one when absent, but for the session. */
  readonly write?: Write
}

export interface ExpiriesComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly forest: WriteForest
}

/** No copy may be dropped for being idle before so much of the idle limit is over: clocks drift. */
const EARLIEST_EXPIRY = 0.9

/**
 * Which sessions have expired and are there all the same. While somebody is missing, a client whose session has expired keeps its id and begins empty: then what
 * was in the session before is gone, although under its id there is one.
 */
export class Expiries {
  readonly #components: ExpiriesComponents
  readonly #expiries = new Map<string, Expiry[]>()
  readonly #endedByOthers = new Map<string, Expiry[]>()
  readonly #uses = new Map<string, Exchange[]>()
  /** By version. */
  readonly #writtenAt = new Map<number, number>()
  /** Since when somebody has written to them who may not have had what was there: of a copy that may have begun without its beginning only one process tells. */
  readonly #begunAnewAt = new Map<string, number>()

  constructor(components: ExpiriesComponents) {
    this.#components = components
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'expired') this.#note(this.#expiries, event)
    if (event.kind === 'session' && event.event === 'destroyed' && !event.isLocal)
      this.#note(this.#endedByOthers, event)
    if (event.kind !== 'response' || event.outcome !== 'ok') return
    const exchange = this.#components.exchanges.of(event)
    const session = exchange && sessionOf(exchange)
    if (session === undefined) return
    listIn(this.#uses, session).push(exchange!)
    for (const { version } of event.wrote ?? []) if (version !== null) this.#writtenAt.set(version, event.at)
    if (event.isStale && isCommitted(event) && !this.#begunAnewAt.has(session)) this.#begunAnewAt.set(session, event.at)
  }

  /**
   * Whether the session expired with this in it, before `until`, as it had to: nobody who is still there had used it for its idle limit, other than in answers that
   * were flagged, on processes that it did not hear of; it was never read again, but on processes that have taken that along; and where all hold all, each of its holders that lives has told that it
   * let it expire, or heard afterwards that it has ended: whoever let it expire says so to somebody who still brings it. Where each is on a few, see `#hasLapsed` as well.
   * Ask at the end only.
   */
  hasEnded({ write, at, holding }: Held, session: string, until = Number.POSITIVE_INFINITY): boolean {
    const { timeline } = this.#components
    const limit = timeline.run?.idleLimitMs ?? null
    if (limit === null) return false
    const uses = (this.#uses.get(session) ?? []).filter(({ response }) => response.at < until)
    const expiries = (this.#expiries.get(session) ?? [])
      .filter(expiry => expiry.at > at && expiry.at < until)
      .filter(expiry => this.#wasIdle(uses, expiry, expiry.at - limit * EARLIEST_EXPIRY, write))
    const firstAt = Math.min(...expiries.map(expiry => expiry.at))
    const endings = (this.#endedByOthers.get(session) ?? []).filter(end => end.at > firstAt && end.at < until)
    const isKept = (holder: Process) =>
      !holder.ended && ![...expiries, ...endings].some(({ process }) => process === holder)
    const isOneEnough =
      timeline.run?.copies !== undefined || at >= (this.#begunAnewAt.get(session) ?? Number.POSITIVE_INFINITY)
    if (expiries.length > 0 && (isOneEnough || !holding.holders.some(isKept))) return true
    return timeline.run?.copies !== undefined && this.#hasLapsed(uses, at, limit * EARLIEST_EXPIRY, write)
  }

  /** Where each session is on a few: whoever leaves hands over nothing that has been idle for the limit, and nobody tells of that. Nothing of it was read afterwards. */
  #hasLapsed(uses: readonly Exchange[], heldAt: number, limit: number, write: Write | undefined): boolean {
    let idleSince = heldAt
    for (const [i, { request, response }] of uses.entries()) {
      const isOver = request.at - idleSince >= limit
      if (isOver) return !uses.slice(i).some(use => this.#reads(use, write, request.at))
      idleSince = Math.max(idleSince, response.at)
    }
    return false
  }

  #wasIdle(uses: readonly Exchange[], { at, process }: Expiry, since: number, write: Write | undefined): boolean {
    return uses.every(use => {
      if (use.response.at < since || this.#isForgotten(use, at)) return true
      return !this.#reads(use, write, at) && !(use.request.at < at && mustBeKnown(use, process, at))
    })
  }

  /** It was before `at`, and all who knew of it have died since, or left in a cut. */
  #isForgotten({ process, response }: Exchange, at: number): boolean {
    if (response.at >= at || process === undefined) return false
    const holders = (response.holders ?? []).map(name => this.#components.timeline.process(name))
    return ![process, ...holders].some(holder => holder && isThere(holder))
  }

  /** The write, or what has come knowingly after it; where no write is asked for, anything that was there before the session expired. */
  #reads({ response }: Exchange, write: Write | undefined, expiredAt: number): boolean {
    const { forest } = this.#components
    const versions = Object.values(response.read ?? {}).flatMap(value => value ?? [])
    if (write === undefined) return versions.some(version => (this.#writtenAt.get(version) ?? 0) < expiredAt)
    return versions.some(version => {
      const read = forest.of(version)
      return read === write || forest.isBefore(write, read)
    })
  }

  #note(where: Map<string, Expiry[]>, { at, incarnation, session }: SessionLifecycleEvent): void {
    const process = this.#components.timeline.process(incarnation)
    if (process) listIn(where, session).push({ at, process })
  }
}

/**
 * An answer that was flagged came perhaps from a copy that began empty, of which only those know who were sent something of it: when it was given at the latest, and before that
 * perhaps not, for whoever gave it may have stood still since the request came.
 */
function mustBeKnown({ process, response }: Exchange, by: Process, at: number): boolean {
  if (process === by) return !response.isStale || response.at <= at
  if (response.at <= at && response.holders?.includes(by.incarnation)) return true
  return process !== undefined && !response.isStale && isThere(process)
}

function listIn<T>(lists: Map<string, T[]>, key: string): T[] {
  let list = lists.get(key)
  if (!list) lists.set(key, (list = []))
  return list
}
