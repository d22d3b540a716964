import type { CopiesEvent, HistoryEvent, RequestEvent, ResponseEvent } from '../history/history-event.js'
import { type Exchanges, isCommitted } from './exchanges.js'
import { DRIFT, ON_ITS_WAY_MS } from './idle-tolerance.js'
import type { Interference } from './interference.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface UsesComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly interference: Interference
}

/** An answer with a session, and who gave it. */
interface Use {
  readonly at: number
  readonly process: Process
  /** A commit tells of it at once. */
  readonly isTold: boolean
}

/** So long after everything has healed who was used meanwhile is known again, ms. */
const HEALED_MS = 6_000
/** The protocol tells of uses after a twentieth of the idle limit, within these, ms, and looks once a second. */
const MIN_TOLD_MS = 1_000
const MAX_TOLD_MS = 60_000
const TOLD_SHARE = 20
const LOOKED_EVERY_MS = 1_000

/**
 * I7 and I9, of what copies believe: that a session expires when nobody has used it for its limit, and not before, rests on it.
 *
 * Looks at what each process says, once everything has healed, of how long its copies have been idle. Claims that none was used, by what it says, after the last request about its session: unless something has come
 * between processes since, or one has stood still. And that each was used, by what it says, when somebody answered with its session who is still there, if that is long enough ago to have been
 * told of, and nothing has been wrong for a while. Who has joined since knows what it was given by somebody, and asks before it lets a session expire.
 *
 * A request that names no session may have used any.
 */
export class UsesChecker implements Checker {
  readonly figures = { usesCompared: 0, usesAwaited: 0 }
  readonly #components: UsesComponents
  readonly #tooLate = new Findings('I9')
  readonly #unheard = new Findings('I7')
  /** When somebody last had to do with it. */
  readonly #touchedAt = new Map<string, number>()
  readonly #uses = new Map<string, Use[]>()
  readonly #asked = new Map<number, string | undefined>()
  #obscureAt = Number.NEGATIVE_INFINITY
  #stoodStillAt = Number.NEGATIVE_INFINITY

  constructor(components: UsesComponents) {
    this.#components = components
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && ['pause', 'stall', 'resume'].includes(event.what)) this.#stoodStillAt = event.at
    else if (event.kind === 'request') this.#seeRequest(event)
    else if (event.kind === 'response') this.#seeResponse(event)
    else if (event.kind === 'copies') this.#seeCopies(event)
  }

  finish(): readonly Violation[] {
    return [...this.#tooLate.all, ...this.#unheard.all]
  }

  #seeCopies({ incarnation, sessions }: CopiesEvent): void {
    const { timeline } = this.#components
    const process = timeline.process(incarnation)
    if (!process || timeline.healedAt === undefined) return
    for (const session of this.#asked.values()) this.#touch(session, timeline.nowMs)
    for (const [id, { standing, idleMs }] of Object.entries(sessions))
      if (standing === 'live' && idleMs !== undefined) {
        this.#checkNotLater(id, process, idleMs)
        this.#checkHeard(id, process, idleMs)
      }
  }

  #checkNotLater(id: string, process: Process, idleMs: number): void {
    const { timeline, interference } = this.#components
    const touchedAt = this.#touchedAt.get(id)
    if (touchedAt === undefined || this.#obscureAt > touchedAt) return
    if (this.#stoodStillAt >= touchedAt || interference.hasBeenSince(touchedAt)) return
    this.figures.usesCompared++
    const unusedMs = timeline.nowMs - touchedAt
    if (idleMs >= unusedMs * (1 - DRIFT) - ON_ITS_WAY_MS) return
    this.#tooLate.add(
      timeline.nowMs,
      `session ${id} was used ${Math.round(idleMs)} ms ago, says ${process.node}: nobody has asked for it for ${Math.round(unusedMs)} ms`,
      [process.node],
    )
  }

  #checkHeard(id: string, process: Process, idleMs: number): void {
    const { timeline } = this.#components
    const knownAt = timeline.nowMs - ON_ITS_WAY_MS
    const use = this.#uses.get(id)?.findLast(({ at, isTold }) => at + (isTold ? 0 : this.#toldWithinMs) <= knownAt)
    if (!use || use.process.ended || timeline.nowMs - timeline.disturbedAt < HEALED_MS) return
    if (process.readyAt === undefined || process.readyAt > use.at) return
    this.figures.usesAwaited++
    const unusedMs = timeline.nowMs - use.at
    if (idleMs <= unusedMs * (1 + DRIFT) + ON_ITS_WAY_MS) return
    this.#unheard.add(
      timeline.nowMs,
      `session ${id} has been idle for ${Math.round(idleMs)} ms, says ${process.node}: ${use.process.node} has answered with it ${Math.round(unusedMs)} ms ago`,
      [process.node, use.process.node],
    )
  }

  get #toldWithinMs(): number {
    const limit = this.#components.timeline.run?.idleLimitMs ?? Number.POSITIVE_INFINITY
    return Math.min(MAX_TOLD_MS, Math.max(MIN_TOLD_MS, limit / TOLD_SHARE)) + LOOKED_EVERY_MS
  }

  #seeRequest({ at, request, session }: RequestEvent): void {
    this.#asked.set(request, session)
    this.#touch(session, at)
  }

  #seeResponse(response: ResponseEvent): void {
    const { at, request, session, outcome, isStale } = response
    this.#touch(this.#asked.get(request), at)
    this.#asked.delete(request)
    if (session !== undefined) this.#touch(session, at)
    const exchange = this.#components.exchanges.of(response)
    if (outcome !== 'ok' || isStale || session === undefined || !exchange?.process) return
    const uses = this.#uses.get(session) ?? []
    this.#uses.set(session, uses)
    // Where few hold a session, only they are told of a commit.
    const isTold = isCommitted(response) && this.#components.timeline.run?.copies === undefined
    uses.push({ at: exchange.request.at, process: exchange.process, isTold })
  }

  #touch(session: string | undefined, at: number): void {
    if (session === undefined) this.#obscureAt = at
    else this.#touchedAt.set(session, at)
  }
}
