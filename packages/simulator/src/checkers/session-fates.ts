import type { HistoryEvent, ResponseEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isCommitted, isRename, isUnknown, sessionOf } from './exchanges.js'
import type { Process, Timeline } from './timeline.js'

/** A request that meant to end a session. */
interface Ending {
  readonly exchange: Exchange
  readonly at: number
}

/** What an onlooker knows of one session. */
export interface SessionFate {
  readonly id: string
  /** Under which id its data lived before. */
  predecessor: string | undefined
  readonly endings: Ending[]
  /** By process: when the last request came to it that it answered with this session. */
  readonly usedAt: Map<Process, number>
  /** The same of answers by somebody who had something of it, or wrote something. */
  readonly hadAt: Map<Process, number>
  /** Some request about it got no answer, and may have done anything. */
  isObscure: boolean
}

/** No copy may be dropped for being idle before so much of the idle limit is over: clocks drift. */
const EARLIEST_EXPIRY = 0.9

/** What became of each session, as the clients' requests tell it: who ended it, when it was used last, whose heir it is. */
export class SessionFates {
  readonly #timeline: Timeline
  readonly #exchanges: Exchanges
  readonly #fates = new Map<string, SessionFate>()

  constructor(timeline: Timeline, exchanges: Exchanges) {
    this.#timeline = timeline
    this.#exchanges = exchanges
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'response') return
    const exchange = this.#exchanges.of(event)
    if (exchange) this.#seeExchange(exchange, event)
  }

  get(id: string): SessionFate | undefined {
    return this.#fates.get(id)
  }

  all(): Iterable<SessionFate> {
    return this.#fates.values()
  }

  /** The history is over: what got no answer may still have done something. */
  finish(): void {
    for (const { request } of this.#exchanges.unanswered())
      if (request.session !== undefined) this.#fateOf(request.session).isObscure = true
  }

  /** This session's id and those under which its data lived before. */
  *lineage(id: string): Generator<string> {
    const seen = new Set<string>()
    for (let next: string | undefined = id; next !== undefined && !seen.has(next); ) {
      seen.add(next)
      yield next
      next = this.#fates.get(next)?.predecessor
    }
  }

  /** Whether some request that got no answer may have done anything to this session's data. */
  isObscure(id: string): boolean {
    for (const each of this.lineage(id)) if (this.#fates.get(each)?.isObscure) return true
    return false
  }

  /** Whether somebody has ended it, or may have. */
  mayBeEnded(id: string): boolean {
    const fate = this.#fates.get(id)
    return !fate || fate.isObscure || fate.endings.length > 0
  }

  /** Whether it may have been dropped for being idle by `at`. Only uses that a process has survived count: the others may not know of them. */
  mayBeExpired(id: string, at: number): boolean {
    const limit = this.#timeline.run?.idleLimitMs ?? null
    return limit !== null && at - this.lastUsedAt(id) >= limit * EARLIEST_EXPIRY
  }

  /** As a process knows it that is still there, or has left what it knew to others. */
  lastUsedAt(id: string): number {
    return lastOf(this.#fates.get(id)?.usedAt)
  }

  /** The same without flagged answers by somebody who had nothing of it: they keep no copy alive. */
  lastHadAt(id: string): number {
    return lastOf(this.#fates.get(id)?.hadAt)
  }

  #seeExchange(exchange: Exchange, response: ResponseEvent): void {
    const { request, process } = exchange
    if (request.session !== undefined && isUnknown(response)) this.#fateOf(request.session).isObscure = true
    for (const id of response.ended ?? []) this.#fateOf(id).endings.push({ exchange, at: response.at })
    const id = sessionOf(exchange)
    if (response.outcome !== 'ok' || id === undefined) return
    const fate = this.#fateOf(id)
    // Whoever was sent something of it knows that it was in use.
    const holders = (response.holders ?? []).map(name => this.#timeline.process(name))
    for (const knower of [process, ...holders]) {
      if (knower) fate.usedAt.set(knower, request.at)
      if (knower && !isShownEmpty(response)) fate.hadAt.set(knower, request.at)
    }
    if (isRename(exchange)) fate.predecessor = request.session
  }

  #fateOf(id: string): SessionFate {
    let fate = this.#fates.get(id)
    if (!fate) {
      fate = { id, predecessor: undefined, endings: [], usedAt: new Map(), hadAt: new Map(), isObscure: false }
      this.#fates.set(id, fate)
    }
    return fate
  }
}

function lastOf(times: ReadonlyMap<Process, number> = new Map()): number {
  let last = Number.NEGATIVE_INFINITY
  for (const [process, at] of times) if (isThere(process)) last = Math.max(last, at)
  return last
}

/** Nobody within reach had the session: whoever answered had nothing to keep alive. */
export function isShownEmpty(response: ResponseEvent): boolean {
  if (!response.isStale || isCommitted(response)) return false
  return Object.values(response.read ?? {}).every(
    value => value === null || (Array.isArray(value) && value.length === 0),
  )
}

/** Still there, or it has left what it knew to others. */
export function isThere({ ended }: Process): boolean {
  return !ended || ended.heirs.length > 0
}
