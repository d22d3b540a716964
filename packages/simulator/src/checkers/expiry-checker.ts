import type { HistoryEvent, RequestEvent } from '../history/history-event.js'
import type { FinalCopies } from './final-copies.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface ExpiryComponents {
  readonly timeline: Timeline
  readonly copies: FinalCopies
}

export interface ExpiryOptions {
  /** How long the last holder may take to drop a session whose limit is over: the grace of the protocol, and its sweep, ms. @default 26000 and half the limit */
  readonly graceMs: number
}

/** The whole table is looked at in about ten seconds; a session is asked for in one round and dropped in a later one. */
const DEFAULT_GRACE_MS = 26_000

/**
 * I9, of sessions: what nobody uses goes. At the end no process holds a session live that nobody has used for its idle limit and a grace, when the cluster has been
 * quiet for as long.
 *
 * A request that names no session may have used any that its client has ever had.
 */
export class ExpiryChecker implements Checker {
  readonly figures = { idleSessionsChecked: 0 }
  readonly #components: ExpiryComponents
  readonly #options: Partial<ExpiryOptions>
  readonly #findings = new Findings('I9')
  readonly #usedAt = new Map<string, number>()
  readonly #ofClient = new Map<string, Set<string>>()
  readonly #clients = new Map<number, string>()

  constructor(components: ExpiryComponents, options: Partial<ExpiryOptions> = {}) {
    this.#components = components
    this.#options = options
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'request') this.#begin(event)
    if (event.kind !== 'response') return
    const client = this.#clients.get(event.request)
    this.#clients.delete(event.request)
    if (client !== undefined && event.session !== undefined) this.#used(client, event.session, event.at)
    else if (client !== undefined) this.#usedAny(client, event.at)
  }

  finish(): readonly Violation[] {
    const { timeline, copies } = this.#components
    const limit = timeline.run?.idleLimitMs ?? null
    if (limit === null || timeline.settledAt === undefined) return []
    // What got no answer may still be using its session.
    const dueMs = limit + (this.#options.graceMs ?? DEFAULT_GRACE_MS + limit / 2)
    if (this.#clients.size > 0 || timeline.nowMs - timeline.disturbedAt < dueMs) return []
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
    return this.#findings.all
  }

  #begin({ request, client, session, at }: RequestEvent): void {
    this.#clients.set(request, client)
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
