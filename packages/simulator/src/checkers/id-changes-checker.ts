import type { HistoryEvent, ResponseEvent, SessionLifecycleEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isRename } from './exchanges.js'
import type { LifecycleOptions } from './lifecycle-checker.js'
import { isHeld } from './obligation.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface IdChangesComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
}

/**
 * I7, of changed ids: whoever keeps something under a session's id hears of the new one.
 *
 * Claims, whatever was wrong: where the history has all that processes are told, a change that was acknowledged as held, of a session that was not flagged as old, is told of as its own doing by the process that made it, with the id before; no other
 * process tells of it as its own doing; and none tells of it twice.
 */
export class IdChangesChecker implements Checker {
  readonly figures = { idChangesChecked: 0 }
  readonly #components: IdChangesComponents
  readonly #options: LifecycleOptions
  readonly #findings = new Findings('I7')
  /** By the new id: who has told of it, and who of these as its own doing, with which id before. */
  readonly #tellers = new Map<string, Set<Process>>()
  readonly #makers = new Map<string, { readonly process: Process; readonly oldSession: string | undefined }>()
  readonly #owed: Exchange[] = []

  constructor(components: IdChangesComponents, options: Partial<LifecycleOptions> = {}) {
    this.#components = components
    this.#options = { mayLoseEvents: false, isAllTold: false, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'id-changed') this.#seeTold(event)
    if (event.kind === 'response') this.#seeResponse(event)
  }

  finish(): readonly Violation[] {
    if (this.#options.isAllTold) for (const exchange of this.#owed) this.#checkOwed(exchange)
    return this.#findings.all
  }

  #seeTold(event: SessionLifecycleEvent): void {
    const { session, oldSession, isLocal } = event
    const process = this.#components.timeline.process(event.incarnation)
    if (!process) return
    const tellers = this.#tellers.get(session) ?? new Set<Process>()
    this.#tellers.set(session, tellers)
    if (tellers.has(process)) this.#add(event, 'a second time')
    tellers.add(process)
    if (!isLocal) return
    const maker = this.#makers.get(session)
    if (maker && maker.process !== process) this.#add(event, `as its own doing, as ${maker.process.node} has,`)
    this.#makers.set(session, { process, oldSession })
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    if (exchange && isRename(exchange) && isHeld(response) && !response.isStale) this.#owed.push(exchange)
  }

  #checkOwed({ request, response, process }: Exchange): void {
    if (this.#options.mayLoseEvents && process?.ended) return
    this.figures.idChangesChecked++
    const maker = this.#makers.get(response.session!)
    if (maker?.oldSession === request.session) return
    this.#findings.add(
      response.at,
      `no process has told as its own doing that session ${request.session} is ${response.session} now (request ${request.request} on ${request.node})`,
      [request.node],
    )
  }

  #add({ at, node, session, oldSession }: SessionLifecycleEvent, how: string): void {
    this.#findings.add(at, `${node} told ${how} that session ${oldSession} is ${session} now`, [node])
  }
}
