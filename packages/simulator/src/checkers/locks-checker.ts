import type { HistoryEvent } from '../history/history-event.js'
import { type Exchange, type Exchanges, isCommitted, sessionOf } from './exchanges.js'
import { isHeld } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface LocksComponents {
  readonly exchanges: Exchanges
  readonly fates: SessionFates
  readonly timeline: Timeline
}

/**
 * I6, of those who lock. Claims: of two requests that had their session to themselves, the second reads what the first has written. So no two of them have replaced the same value, where the process of
 * the first lives when the second is answered, or another that holds what the first wrote, and neither has stood still since its request came: a holder that did may find that its lease has ended,
 * after its commit was made and before anybody heard of it. And where something was written under the lock by requests that had found nothing there, all but one of them came after a removal; where one of them was not acknowledged as held, its
 * process is gone, or the session was shown as old or has expired, nobody can tell. For schedules without cuts: where members are cut off from each other each side locks for itself.
 */
export class LocksChecker implements Checker {
  readonly figures = { lockedWritesChecked: 0, lockedFillsChecked: 0 }
  readonly #exchanges: Exchanges
  readonly #fates: SessionFates
  readonly #timeline: Timeline
  readonly #findings = new Findings('I6')
  /** Who has replaced a value, under the lock of its session; by session, name and version. */
  readonly #replaced = new Map<string, Exchange>()

  /** Those who have written where nothing was, and how many have removed what was there; by session and name. */
  readonly #cells = new Map<string, { readonly session: string; readonly filled: Exchange[]; removed: number }>()
  /** Sessions that were shown as old, or have expired. */
  readonly #doubtful = new Set<string | undefined>()

  constructor({ exchanges, fates, timeline }: LocksComponents) {
    this.#exchanges = exchanges
    this.#fates = fates
    this.#timeline = timeline
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'expired') this.#doubtful.add(event.session)
    if (event.kind !== 'response') return
    const exchange = this.#exchanges.of(event)
    if (!exchange) return
    if (event.isStale) this.#doubtful.add(exchange.request.session).add(event.session)
    for (const { name, version } of event.wrote ?? []) if (version === null) this.#cellOf(exchange, name).removed++
    if (event.isLocked && event.outcome === 'ok' && !event.isStale && isCommitted(event) && !hasStoodStill(exchange))
      this.#checkWrites(exchange)
  }

  #cellOf(exchange: Exchange, name: string) {
    const session = sessionOf(exchange) ?? ''
    const key = `${session} ${name}`
    const cell = this.#cells.get(key) ?? { session, filled: [], removed: 0 }
    this.#cells.set(key, cell)
    return cell
  }

  #checkWrites(exchange: Exchange): void {
    const { acknowledged, read, wrote = [] } = exchange.response
    for (const { name, version, base } of wrote) {
      // What is merged replaces nothing.
      const isFilled = version !== null && base === null && !Array.isArray(read?.[name])
      if (isFilled && acknowledged === 'held') this.#cellOf(exchange, name).filled.push(exchange)
      if (version === null || base === null) continue
      this.figures.lockedWritesChecked++
      this.#check(exchange, `${name} = ${base} of session ${sessionOf(exchange)}`)
    }
  }

  finish(): readonly Violation[] {
    for (const { request } of this.#exchanges.unanswered()) this.#doubtful.add(request.session)
    for (const [cell, { session, filled, removed }] of this.#cells) {
      if (filled.length < 2 || this.#doubtful.has(session) || this.#fates.isObscure(session)) continue
      const there = filled.filter(({ process }) => process && !process.ended)
      this.figures.lockedFillsChecked += there.length
      if (there.length > 1 + removed) this.#addFilled(cell, there, removed)
    }
    return this.#findings.all
  }

  #addFilled(cell: string, there: readonly Exchange[], removed: number): void {
    const requests = there.map(({ request }) => `${request.request} (${request.node})`).join(', ')
    this.#findings.add(
      there.at(-1)!.response.at,
      `requests ${requests} had the lock, and found nothing under ${cell}, which was removed ${removed} times`,
    )
  }

  #check(exchange: Exchange, replaced: string): void {
    const before = this.#replaced.get(replaced)
    this.#replaced.set(replaced, exchange)
    if (!before || !this.#isKnown(before)) return
    const { request, response } = exchange
    this.#findings.add(
      response.at,
      `requests ${before.request.request} (${before.request.node}) and ${request.request} (${request.node}) had the lock, and both have replaced ${replaced}`,
      [before.request.node, request.node],
    )
  }

  /** Whether somebody is there to be asked what it wrote. */
  #isKnown({ request, response, process }: Exchange): boolean {
    if (isRunning(process)) return true
    const holders = isHeld(response) ? (response.holders ?? []) : []
    return holders.some(name => {
      const holder = this.#timeline.process(name)
      return isRunning(holder) && holder.impairedAt < request.at
    })
  }
}

function hasStoodStill({ request, process }: Exchange): boolean {
  return !isRunning(process) || process.impairedAt >= request.at
}

function isRunning(process: Process | undefined): process is Process {
  return process !== undefined && !process.ended && !process.isPaused
}
