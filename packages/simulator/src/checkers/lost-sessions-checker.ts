import type { HistoryEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isRename } from './exchanges.js'
import { type Holders, type Holding, isHeld } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface LostSessionsComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly holders: Holders
  readonly fates: SessionFates
}

export interface LostSessionsOptions {
  /**
   * When an answer "there is no such session" about a session that lives is a violation. `quiet`: while nothing has been wrong for some time. `always`: even
   * in the midst of faults; the answer should have been flagged instead. `never`: it is only counted. @default quiet
   */
  readonly demand: 'quiet' | 'always' | 'never'
  /** For how long nothing must have been wrong, ms. @default 5000 */
  readonly quietMs: number
}

/** What was acknowledged last of a session. */
interface Held {
  readonly holding: Holding
  readonly at: number
}

interface Denial {
  readonly exchange: Exchange
  readonly session: string
  readonly held: Held
  readonly isQuiet: boolean
}

/**
 * I5, of whole sessions: a session that a client has is not denied to it while somebody holds it.
 *
 * Looks at answers that there is no session, or a new one, to requests whose cookie named one that had been answered with before and of which something was
 * acknowledged as held. Claims, while the cluster is quiet: somebody had begun to end it, or it had been idle for its limit, or all who held it are dead.
 */
export class LostSessionsChecker implements Checker {
  readonly figures = { lostSessionsInQuiet: 0, lostSessionsUnderFaults: 0, answersNone: 0 }
  readonly #components: LostSessionsComponents
  readonly #options: LostSessionsOptions
  readonly #findings = new Findings('I5')
  /** By session: who held the last of it that was acknowledged. */
  readonly #held = new Map<string, Held>()
  readonly #denials: Denial[] = []

  constructor(components: LostSessionsComponents, options: Partial<LostSessionsOptions> = {}) {
    this.#components = components
    this.#options = { demand: 'quiet', quietMs: 5_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'response') return
    const exchange = this.#components.exchanges.of(event)
    if (!exchange) return
    if (event.outcome === 'none') this.figures.answersNone++
    this.#look(exchange)
    const holding = isHeld(event) && event.session !== undefined ? this.#components.holders.of(exchange) : undefined
    if (holding) this.#held.set(event.session!, { holding, at: event.at })
  }

  finish(): readonly Violation[] {
    const { holders } = this.#components
    for (const denial of this.#denials)
      if (!this.#mayBeEnded(denial) && holders.mustLast(denial.held.holding, denial.held.at, denial.session))
        this.#lost(denial)
    return this.#findings.all
  }

  #look(exchange: Exchange): void {
    const { request } = exchange
    const { fates, timeline } = this.#components
    const held = request.session !== undefined && isDenial(exchange) ? this.#held.get(request.session) : undefined
    if (!held || fates.mayBeExpired(request.session!, timeline.nowMs)) return
    const isQuiet = timeline.disturbedAt + this.#options.quietMs <= request.at && !timeline.isDisturbed
    this.#denials.push({ exchange, session: request.session!, held, isQuiet })
  }

  #mayBeEnded({ exchange, session }: Denial): boolean {
    const fate = this.#components.fates.get(session)
    if (!fate || fate.isObscure) return true
    return fate.endings.some(ending => ending.exchange.request.at <= exchange.response.at)
  }

  #lost({ exchange, session, isQuiet }: Denial): void {
    if (isQuiet) this.figures.lostSessionsInQuiet++
    else this.figures.lostSessionsUnderFaults++
    const { demand } = this.#options
    if (demand === 'never' || (demand === 'quiet' && !isQuiet)) return
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
