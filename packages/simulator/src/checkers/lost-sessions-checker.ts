import type { HistoryEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isRename } from './exchanges.js'
import type { Expiries } from './expiries.js'
import { type Holders, type Holding, isHeld } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface LostSessionsComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly holders: Holders
  readonly fates: SessionFates
  readonly expiries: Expiries
}

export interface LostSessionsOptions {
  /**
   * When an answer "there is no such session" about a session that lives is a violation. `quiet`: while nothing has been wrong for some time. `always`: even
   * in the midst of faults; the answer should have been flagged instead. `never`: it is only counted. @default always
   */
  readonly demand: 'quiet' | 'always' | 'never'
  /** For how long nothing must have been wrong, ms. @default 5000 */
  readonly quietMs: number
}

/** What was acknowledged last of a session. */
interface Held {
  readonly holding: Holding
  readonly begunAt: number
  readonly at: number
}

interface Denial {
  readonly exchange: Exchange
  readonly session: string
  readonly held: Held
  readonly isQuiet: boolean
  /** The history was shorter than the idle limit and the retention then: nobody can have given up those who are missing, nor what has ended. */
  readonly isEarly: boolean
}

/**
 * I5, of whole sessions: a session that a client has is not denied to it while somebody holds it.
 *
 * Looks at answers that there is no session, or a new one, to requests whose cookie named one that had been answered with before and of which something was
 * acknowledged as held. Claims: somebody had begun to end it, or it had been idle for its limit, or all who held it are dead. Whoever cannot reach a holder has to
 * flag its answer, and does so for as long as a session may live idle and its certificate is kept: in a history that is longer than that, the claim is made only
 * while the cluster is quiet.
 */
export class LostSessionsChecker implements Checker {
  readonly figures = { lostSessionsInQuiet: 0, lostSessionsUnderFaults: 0, answersNone: 0 }
  readonly #components: LostSessionsComponents
  readonly #options: LostSessionsOptions
  readonly #findings = new Findings('I5')
  /** By session: who held the last of it that was acknowledged. */
  readonly #held = new Map<string, Held>()
  readonly #denials: Denial[] = []
  /** Requests whose session was over when they came: one that is begun empty while others are asked for it is another one. */
  readonly #lateRequests = new Set<number>()

  constructor(components: LostSessionsComponents, options: Partial<LostSessionsOptions> = {}) {
    this.#components = components
    this.#options = { demand: 'always', quietMs: 5_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'request' && event.session !== undefined && this.#isOver(event.session))
      this.#lateRequests.add(event.request)
    if (event.kind !== 'response') return
    const exchange = this.#components.exchanges.of(event)
    if (!exchange) return
    if (event.outcome === 'none') this.figures.answersNone++
    this.#look(exchange)
    const holding = isHeld(event) && event.session !== undefined ? this.#components.holders.of(exchange) : undefined
    if (holding) this.#held.set(event.session!, { holding, begunAt: exchange.request.at, at: event.at })
  }

  finish(): readonly Violation[] {
    const { holders } = this.#components
    for (const denial of this.#denials)
      if (!this.#mayBeEnded(denial) && holders.mustLast(denial.held.holding, denial.held.begunAt, denial.session))
        this.#lost(denial)
    return this.#findings.all
  }

  #look(exchange: Exchange): void {
    const { request } = exchange
    const { fates, timeline } = this.#components
    const held = request.session !== undefined && isDenial(exchange) ? this.#held.get(request.session) : undefined
    if (!held || fates.mayBeExpired(request.session!, timeline.nowMs)) return
    if (this.#lateRequests.delete(request.request) || this.#isOver(request.session!)) return
    const isQuiet = timeline.disturbedAt + this.#options.quietMs <= request.at && !timeline.isDisturbed
    const { idleLimitMs, retentionMs } = timeline.run ?? {}
    const isEarly =
      timeline.nowMs < Math.min(idleLimitMs ?? Number.POSITIVE_INFINITY, retentionMs ?? Number.POSITIVE_INFINITY)
    this.#denials.push({ exchange, session: request.session!, held, isQuiet, isEarly })
  }

  /** It had been idle for too long, whoever had dropped it by then and told of that, before somebody began it empty. */
  #isOver(session: string): boolean {
    const { fates, timeline } = this.#components
    const idleMs = fates.lastUsedAt(session) - fates.lastHadAt(session)
    return idleMs >= (timeline.run?.idleLimitMs ?? Number.POSITIVE_INFINITY)
  }

  #mayBeEnded({ exchange, held, session }: Denial): boolean {
    const { expiries, fates } = this.#components
    const fate = fates.get(session)
    if (!fate || fate.isObscure || expiries.hasEnded(held, session, exchange.response.at)) return true
    return fate.endings.some(ending => ending.exchange.request.at <= exchange.response.at)
  }

  #lost({ exchange, session, isQuiet, isEarly }: Denial): void {
    if (isQuiet) this.figures.lostSessionsInQuiet++
    else this.figures.lostSessionsUnderFaults++
    const { demand } = this.#options
    if (demand === 'never' || (!isQuiet && (demand === 'quiet' || !isEarly))) return
    const { request, response } = exchange
    this.#findings.add(
      response.at,
      `${request.node} told ${request.client} (request ${request.request}) that there is no session ${session}, which lives`,
      [request.node],
    )
  }
}

function isDenial(exchange: Exchange): boolean {
  const { request, response } = exchange
  if (response.outcome === 'none') return true
  if (response.outcome !== 'ok' || response.session === undefined || response.session === request.session) return false
  return !isRename(exchange) && !response.isStale
}
