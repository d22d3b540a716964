import type { CopiesEvent, CopyEvent, HistoryEvent, ResponseEvent } from '../history/history-event.js'
import { type Exchanges, sessionOf } from './exchanges.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface TimelyComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly fates: SessionFates
}

/** Where queues are bounded by so little that it is worth a bound in the history, a table takes its time. */
const SHORT_QUEUES = 'queuedBytes'

/**
 * I1, in time: some seconds after the heal, while clients go on, copies are equal of each session that nobody has used since the heal.
 *
 * Looks at what processes tell of their copies between `healed` and `settled`, all at one moment, some seconds after the heal. Claims of a session without a
 * request since: no copy is live on one and dead on another, all live copies have the same bytes (those that know of commits that they lack aside: they may still
 * wait for them), and it is on all that tell (without `copies: K`), unless it may have expired. A request that was being answered at that moment has used whatever
 * its answer names later, be it a session that it was only just beginning.
 */
export class TimelyChecker implements Checker {
  readonly figures = { timelySessionsChecked: 0 }
  readonly #components: TimelyComponents
  readonly #findings = new Findings('I1')
  readonly #told = new Map<Process, CopiesEvent>()
  /** Sessions that somebody has used since the heal. */
  readonly #used = new Set<string>()
  /** What may have been dropped for being idle when the copies were looked at: later it may have been used again. */
  readonly #idle = new Set<string>()
  /** Requests that were being answered when the copies were looked at. */
  readonly #open = new Set<number>()

  constructor(components: TimelyComponents) {
    this.#components = components
  }

  see(event: HistoryEvent): void {
    const { healedAt, settledAt } = this.#components.timeline
    if (healedAt === undefined || settledAt !== undefined) return
    // What has expired on one is about to expire on the others.
    if (event.kind === 'session' && event.event === 'expired') this.#use(event.session)
    else if (event.kind === 'copies') this.#seeCopies(event)
    else if (event.kind === 'response' && (this.#told.size === 0 || this.#open.has(event.request)))
      this.#seeResponse(event)
  }

  finish(): readonly Violation[] {
    // What is forgotten after so short a time may be forgotten on one and not yet on another.
    const { run, nowMs } = this.#components.timeline
    if (nowMs >= (run?.retentionMs ?? Number.POSITIVE_INFINITY) || run?.bounds[SHORT_QUEUES] !== undefined) return []
    const told = [...this.#told]
    const ids = new Set(told.flatMap(([, { sessions }]) => Object.keys(sessions)))
    for (const id of ids) if (!this.#used.has(id)) this.#check(id, told)
    return this.#findings.all
  }

  #seeCopies(event: CopiesEvent): void {
    const { timeline, exchanges, fates } = this.#components
    const process = timeline.process(event.incarnation)
    if (process) this.#told.set(process, event)
    for (const id of Object.keys(event.sessions))
      if (fates.get(id) && fates.mayBeExpired(id, event.at)) this.#idle.add(id)
    for (const { request } of exchanges.unanswered()) {
      this.#open.add(request.request)
      this.#use(request.session)
    }
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    if (!exchange) return
    this.#use(exchange.request.session)
    this.#use(sessionOf(exchange))
    for (const id of response.ended ?? []) this.#use(id)
  }

  #use(id: string | undefined): void {
    if (id !== undefined) this.#used.add(id)
  }

  #check(id: string, told: readonly (readonly [Process, CopiesEvent])[]): void {
    const found = told.flatMap(([process, { sessions }]) => (sessions[id] ? [[process, sessions[id]] as const] : []))
    const live = found.filter(([, copy]) => copy.standing === 'live')
    if (live.length === 0 || live.some(([, { hasGap }]) => hasGap)) return
    this.figures.timelySessionsChecked++
    const isSame = found.every(([, copy]) => copy.state === live[0]![1].state)
    if (!isSame) return this.#add(`copies of session ${id} differ: ${found.map(shown).join('; ')}`, told)
    const isOwed = this.#components.timeline.run?.copies === undefined && !this.#idle.has(id)
    if (isOwed && live.length < told.length)
      this.#add(`session ${id} is on ${live.map(([{ node }]) => node).join(', ')} only`, told)
  }

  #add(what: string, [first]: readonly (readonly [Process, CopiesEvent])[]): void {
    const { at } = first![1]
    const afterMs = Math.round(at - this.#components.timeline.healedAt!)
    this.#findings.add(at, `${afterMs} ms after the heal, and nobody has used it since, ${what}`)
  }
}

function shown([{ node }, { standing, state, values }]: readonly [Process, CopyEvent]): string {
  return `${node}: ${standing === 'dead' ? 'dead' : values ? JSON.stringify(values) : state.slice(0, 16)}`
}
