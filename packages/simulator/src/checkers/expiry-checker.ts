import type { HistoryEvent, RequestEvent, ResponseEvent } from '../history/history-event.js'
import type { FinalCopies } from './final-copies.js'
import { DRIFT, ON_ITS_WAY_MS } from './idle-tolerance.js'
import type { Interference } from './interference.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface ExpiryComponents {
  readonly timeline: Timeline
  readonly copies: FinalCopies
  readonly interference: Interference
}

export interface ExpiryOptions {
  /** How long the last holder may take to drop a session whose limit is over: the grace of the protocol, and its sweep, ms. @default 26000 and half the limit */
  readonly graceMs: number
}

/** The whole table is looked at in about ten seconds; a session is asked for in one round and dropped in a later one. */
const DEFAULT_GRACE_MS = 26_000

/** A request that came when its session had been idle for so long, as far as anybody can have known. */
interface LateUse {
  readonly idleMs: number
  readonly usedAt: number
}

/**
 * I9, of sessions: what nobody uses goes. At the end no process holds a session live that nobody has used for its idle limit and a grace, when the cluster has been
 * quiet for as long. And no answer, unflagged, has a session that nobody had used for its limit, if nothing has come between processes since its last use and none
 * has stood still: it is not the copies' coming and going that keeps a session alive.
 *
 * A request that names no session may have used any that its client has ever had.
 */
export class ExpiryChecker implements Checker {
  readonly figures = { idleSessionsChecked: 0, lateUsesChecked: 0 }
  readonly #components: ExpiryComponents
  readonly #options: Partial<ExpiryOptions>
  readonly #findings = new Findings('I9')
  readonly #usedAt = new Map<string, number>()
  readonly #ofClient = new Map<string, Set<string>>()
  readonly #clients = new Map<number, string>()
  readonly #late = new Map<number, LateUse>()
  #stoodStillAt = Number.NEGATIVE_INFINITY

  constructor(components: ExpiryComponents, options: Partial<ExpiryOptions> = {}) {
    this.#components = components
    this.#options = options
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && ['pause', 'stall', 'resume'].includes(event.what)) this.#stoodStillAt = event.at
    if (event.kind === 'request') this.#begin(event)
    if (event.kind !== 'response') return
    this.#checkLate(event)
    const client = this.#clients.get(event.request)
    this.#clients.delete(event.request)
    if (client !== undefined && event.session !== undefined) this.#used(client, event.session, event.at)
    else if (client !== undefined) this.#usedAny(client, event.at)
  }

  finish(): readonly Violation[] {
    this.#checkKept()
    return this.#findings.all
  }

  #checkKept(): void {
    const { timeline, copies } = this.#components
    const limit = timeline.run?.idleLimitMs ?? null
    if (limit === null || timeline.settledAt === undefined) return
    // What got no answer may still be using its session.
    const dueMs = limit + (this.#options.graceMs ?? DEFAULT_GRACE_MS + limit / 2)
    if (this.#clients.size > 0 || timeline.nowMs - timeline.disturbedAt < dueMs) return
    for (const [id, found] of copies.sessions()) {
      const idleMs = timeline.nowMs - (this.#usedAt.get(id) ?? Number.NEGATIVE_INFINITY)
      const live = found.filter(({ copy }) => copy.standing === 'live').map(({ process }) => process.node)
      if (idleMs > dueMs) this.figures.idleSessionsChecked++
      if (idleMs > dueMs && live.length > 0)
        this.#findings.add(
          timeline.nowMs,
          `session ${id} is still on ${live.join(', ')}, ${Math.round(idleMs)} ms after its last use; the limit is ${limit} ms`,
          live,
        )
    }
  }

  #isLate(idleMs: number): boolean {
    const limit = this.#components.timeline.run?.idleLimitMs ?? null
    return limit !== null && idleMs > limit * (1 + DRIFT) + ON_ITS_WAY_MS
  }

  #checkLate({ at, request, outcome, session, isStale, isNew, read = {} }: ResponseEvent): void {
    const late = this.#late.get(request)
    this.#late.delete(request)
    const { interference, timeline } = this.#components
    if (!late || this.#stoodStillAt >= late.usedAt || interference.hasBeenSince(late.usedAt)) return
    this.figures.lateUsesChecked++
    const hasShown = outcome === 'ok' && !isStale && !isNew && Object.values(read).some(value => value !== null)
    if (!hasShown) return
    this.#findings.add(
      at,
      `request ${request} was answered, unflagged, with session ${session}, ${Math.round(late.idleMs)} ms after its last use; the limit is ${timeline.run?.idleLimitMs} ms`,
    )
  }

  #begin({ request, client, session, at }: RequestEvent): void {
    this.#clients.set(request, client)
    const usedAt = session === undefined ? undefined : this.#usedAt.get(session)
    if (usedAt !== undefined && this.#isLate(at - usedAt)) this.#late.set(request, { idleMs: at - usedAt, usedAt })
    if (session === undefined) this.#usedAny(client, at)
    else this.#used(client, session, at)
  }

  #used(client: string, session: string, at: number): void {
    this.#usedAt.set(session, at)
    const sessions = this.#ofClient.get(client) ?? new Set()
    this.#ofClient.set(client, sessions.add(session))
  }

  #usedAny(client: string, at: number): void {
    // A browser may have been handed another one's cookie.
    const sessions = this.#ofClient.get(client) ?? this.#usedAt.keys()
    for (const session of [...sessions]) this.#usedAt.set(session, at)
  }
}
