import type { HistoryEvent } from '../history/history-event.js'
import type { Calm } from './calm.js'
import { type Exchange, type Exchanges, sessionOf } from './exchanges.js'
import { isHeld } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface AcknowledgementComponents {
  readonly timeline: Timeline
  readonly calm: Calm
  readonly exchanges: Exchanges
  readonly fates: SessionFates
}

export interface AcknowledgementOptions {
  /** Whether an answer may be degraded when nothing has been wrong for `calmMs`: on a machine that others use as well it may be. @default counted */
  readonly degradedInCalm: 'counted' | 'forbidden'
  /** @default 5000 */
  readonly calmMs: number
  /** Death certificates may go before their time, because there are more than a cap allows. @default false */
  readonly areCertificatesCapped: boolean
}

/** A write of a process, in a session. */
interface Write {
  readonly process: Process | undefined
  readonly from: number
  readonly to: number
}

/** The one that answered, and one more; where only one is to hold a session, that one. */
const LEAST_HOLDERS = 2
/** What another process writes so shortly before or after may be what a holder has in its place. */
const OVERTAKEN_MS = 5_000

/**
 * I2, of the word itself: an answer that says `held` tells the truth.
 *
 * Where an onlooker can say who held what was written when the answer left: claims that these are at least two, unless a process has ended meanwhile, or another
 * process was writing in the same session (what a holder was sent may have been overtaken there by something greater), and that the one that answered is among
 * them.
 *
 * An answer that says `degraded` while nothing is wrong and there are others is no lie, but it should not be (`degradedInCalm`).
 */
export class AcknowledgementChecker implements Checker {
  readonly figures = { heldChecked: 0, heldByFewExcused: 0, degradedInCalm: 0 }
  readonly #components: AcknowledgementComponents
  readonly #options: AcknowledgementOptions
  readonly #findings = new Findings('I2')
  readonly #writes = new Map<string, Write[]>()
  readonly #few: Exchange[] = []
  readonly #without: Exchange[] = []
  #endedAt = Number.NEGATIVE_INFINITY

  constructor(components: AcknowledgementComponents, options: Partial<AcknowledgementOptions> = {}) {
    this.#components = components
    this.#options = { degradedInCalm: 'counted', calmMs: 5_000, areCertificatesCapped: false, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && ['stop', 'kill', 'off', 'start'].includes(event.what)) this.#endedAt = event.at
    if (event.kind !== 'response' || event.outcome !== 'ok') return
    const exchange = this.#components.exchanges.of(event)
    if (!exchange) return
    this.#note(exchange)
    if (isHeld(event) && event.holders) this.#check(exchange, event.holders)
    if (event.acknowledged === 'degraded') this.#checkDegraded(exchange)
  }

  finish(): readonly Violation[] {
    for (const exchange of this.#without)
      if (!this.#mayBeForgotten(exchange)) this.#add(exchange, 'it had not even got it itself')
    for (const exchange of this.#few) {
      if (this.#mayBeOvertaken(exchange)) this.figures.heldByFewExcused++
      else this.#add(exchange, `only ${exchange.response.holders?.join(', ')} had it`)
    }
    return this.#findings.all
  }

  #note(exchange: Exchange): void {
    const { request, response, process } = exchange
    const session = sessionOf(exchange)
    if (session === undefined || response.acknowledged === undefined || response.acknowledged === 'nothing') return
    const writes = this.#writes.get(session) ?? []
    this.#writes.set(session, writes)
    writes.push({ process, from: request.at, to: response.at })
  }

  #check(exchange: Exchange, holders: readonly string[]): void {
    const { request, process } = exchange
    const { run } = this.#components.timeline
    this.figures.heldChecked++
    if (this.#endedAt >= request.at) return
    // Where copies move, it may have given its own to those that are to have it.
    const hasIt = run?.copies !== undefined || holders.some(name => this.#components.timeline.process(name) === process)
    if (!hasIt) this.#without.push(exchange)
    else if (holders.length < Math.min(LEAST_HOLDERS, run?.copies ?? LEAST_HOLDERS)) this.#few.push(exchange)
  }

  #checkDegraded({ request, response }: Exchange): void {
    const { calm, timeline } = this.#components
    const { calmMs, degradedInCalm } = this.#options
    const hasOthers = timeline.live().length > 1 && timeline.run?.copies !== 1
    if (!hasOthers || !calm.hasLasted(calmMs, request.at)) return
    this.figures.degradedInCalm++
    if (degradedInCalm === 'counted') return
    this.#findings.add(
      response.at,
      `${request.node} told ${request.client} (request ${request.request}) that nobody else has acknowledged it, although nothing has been wrong for some time`,
      [request.node],
    )
  }

  /** Where certificates are few, an end may be forgotten before its answer goes out: this request's own, or that of another one that came meanwhile. */
  #mayBeForgotten(exchange: Exchange): boolean {
    if (!this.#options.areCertificatesCapped) return false
    const session = sessionOf(exchange)
    return exchange.response.ended?.length ? true : session !== undefined && this.#components.fates.mayBeEnded(session)
  }

  #mayBeOvertaken(exchange: Exchange): boolean {
    const { request, response, process } = exchange
    return this.#writesBeside(exchange).some(
      other =>
        other.process !== process && other.to >= request.at - OVERTAKEN_MS && other.from <= response.at + OVERTAKEN_MS,
    )
  }

  /** Where certificates are few, a holder that has forgotten the end takes what is still on its way of the session that has ended, for a moment. */
  #writesBeside(exchange: Exchange): readonly Write[] {
    const ended = this.#options.areCertificatesCapped ? (exchange.response.ended ?? []) : []
    return [sessionOf(exchange) ?? '', ...ended].flatMap(session => this.#writes.get(session) ?? [])
  }

  #add({ request, response }: Exchange, what: string): void {
    this.#findings.add(
      response.at,
      `${request.node} told ${request.client} (request ${request.request}) that what it did is held, and ${what}`,
      [request.node],
    )
  }
}
