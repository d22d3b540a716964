import type { HistoryEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isCommitted, sessionOf } from './exchanges.js'
import type { Process } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

/**
 * I6, of those who lock. Claims: of two requests that had their session to themselves, the second reads what the first has written. So no two of them have replaced the same value, where the process of
 * the first lives when the second is answered, and neither has stood still since its request came: a holder that did may find that its lease has ended, after its commit was made and before anybody
 * heard of it. For schedules without cuts: where members are cut off from each other each side locks for itself.
 */
export class LocksChecker implements Checker {
  readonly figures = { lockedWritesChecked: 0 }
  readonly #exchanges: Exchanges
  readonly #findings = new Findings('I6')
  /** Who has replaced a value, under the lock of its session; by session, name and version. */
  readonly #replaced = new Map<string, Exchange>()

  constructor(exchanges: Exchanges) {
    this.#exchanges = exchanges
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'response' || !event.isLocked || event.outcome !== 'ok' || event.isStale) return
    const exchange = this.#exchanges.of(event)
    if (!exchange || !isCommitted(event) || hasStoodStill(exchange)) return
    for (const { name, version, base } of event.wrote ?? []) {
      if (version === null || base === null) continue
      this.figures.lockedWritesChecked++
      this.#check(exchange, `${name} = ${base} of session ${sessionOf(exchange)}`)
    }
  }

  finish(): readonly Violation[] {
    return this.#findings.all
  }

  #check(exchange: Exchange, replaced: string): void {
    const before = this.#replaced.get(replaced)
    this.#replaced.set(replaced, exchange)
    if (!before || !isRunning(before.process)) return
    const { request, response } = exchange
    this.#findings.add(
      response.at,
      `requests ${before.request.request} (${before.request.node}) and ${request.request} (${request.node}) had the lock, and both have replaced ${replaced}`,
      [before.request.node, request.node],
    )
  }
}

function hasStoodStill({ request, process }: Exchange): boolean {
  return !isRunning(process) || process.impairedAt >= request.at
}

function isRunning(process: Process | undefined): process is Process {
  return process !== undefined && !process.ended && !process.isPaused
}
