import type { HistoryEvent, RequestEvent, TroubleEvent } from '../history/history-event.js'
import type { Exchange, Exchanges } from './exchanges.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface WaitingComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
}

export interface WaitingOptions {
  /** How long the cluster's own work may hold up an event loop, ms. @default 50 */
  readonly maxLoopDelayMs: number
  /** A stall that was told of so long before a request came may still have been going on then, ms. @default 10000 */
  readonly maxStallMs: number
  /** Every process that stands still, and its going on, is named in events of its own: the others have no excuse. @default false */
  readonly areStandstillsTold: boolean
}

/** How much a request may take beyond the bound: the history's clock is read in whole milliseconds. */
const ROUNDING_MS = 1
/** An answer's way to the client, and what an onlooker needs to write it down. */
const NOTICED_MS = 1_000
/** While such a fault is open nobody can say who is running: pause, stall, want of memory or of file descriptors. */
const STOPPING = ['F07', 'F08', 'F09', 'F10', 'F12']

/**
 * I11. The app keeps answering: no request fails or waits longer than the stated bound because of cluster trouble. And the event loop is free.
 *
 * Claims: no outcome is `failed`. No answer takes longer than the run's `maxWaitMs`, unless its process was paused, stalled or ended meanwhile. No request stays
 * without an answer, or is lost, at a process that runs all the while with no fault open. No process reports its event loop held up for longer than its limit by
 * the cluster's own work, unless it was paused or stalled. Where nobody tells which process stands still, any may have, as long as such a fault is open.
 */
export class WaitingChecker implements Checker {
  readonly figures = { waitsChecked: 0, waitsExcused: 0, lost: 0, refused: 0, maxWaitMs: 0 }
  readonly #components: WaitingComponents
  readonly #options: WaitingOptions
  readonly #findings = new Findings('I11')
  /** Lost answers whose reason may still be on its way into the history. */
  readonly #lost: Exchange[] = []
  #stoppingAt = Number.NEGATIVE_INFINITY

  constructor(components: WaitingComponents, options: Partial<WaitingOptions> = {}) {
    this.#components = components
    this.#options = { maxLoopDelayMs: 50, maxStallMs: 10_000, areStandstillsTold: false, ...options }
  }

  see(event: HistoryEvent): void {
    while (this.#lost[0] && event.at > this.#lost[0].response.at + NOTICED_MS) this.#checkLost(this.#lost.shift()!)
    if (event.kind === 'fault' && STOPPING.includes(event.fault)) this.#stoppingAt = event.at
    if (event.kind === 'trouble' && event.trouble === 'loop-delay') this.#checkDelay(event)
    if (event.kind !== 'response') return
    const exchange = this.#components.exchanges.of(event)
    if (exchange) this.#checkAnswer(exchange)
  }

  finish(): readonly Violation[] {
    const { timeline, exchanges } = this.#components
    const maxWaitMs = timeline.run?.maxWaitMs ?? Number.POSITIVE_INFINITY
    for (const exchange of this.#lost) this.#checkLost(exchange)
    for (const { request, process } of exchanges.unanswered()) {
      const waitedMs = timeline.nowMs - request.at
      if (waitedMs > maxWaitMs + NOTICED_MS && !this.#isImpaired(request, process) && !this.#mayBeCut(request))
        this.#add(timeline.nowMs, request, `has had no answer for ${Math.round(waitedMs)} ms`)
    }
    return this.#findings.all
  }

  #checkAnswer({ request, response, process }: Exchange): void {
    if (response.outcome === 'failed') this.#add(response.at, request, `failed: ${response.error ?? 'nobody says why'}`)
    if (response.outcome === 'refused') this.figures.refused++
    if (response.isAbandoned) return
    if (response.outcome === 'lost') this.#lost.push({ request, response, process })
    else this.#checkWait({ request, response, process })
  }

  #checkLost({ request, response, process }: Exchange): void {
    this.figures.lost++
    if (!this.#isImpaired(request, process) && !this.#mayBeCut(request))
      this.#add(response.at, request, 'was lost, although its process ran all the while and nothing was wrong')
  }

  #checkWait({ request, response, process }: Exchange): void {
    const bound = this.#components.timeline.run?.maxWaitMs ?? Number.POSITIVE_INFINITY
    const waitedMs = response.at - request.at
    this.figures.waitsChecked++
    if (this.#isImpaired(request, process)) {
      if (waitedMs > bound) this.figures.waitsExcused++
      return
    }
    this.figures.maxWaitMs = Math.max(this.figures.maxWaitMs, waitedMs)
    if (waitedMs > bound + ROUNDING_MS)
      this.#add(response.at, request, `waited ${Math.round(waitedMs)} ms for its answer; the bound is ${bound} ms`)
  }

  #checkDelay({ at, node, incarnation, what, ms = Number.POSITIVE_INFINITY }: TroubleEvent): void {
    const { maxLoopDelayMs } = this.#options
    if (ms <= maxLoopDelayMs || this.#isImpaired({ at }, this.#components.timeline.process(incarnation))) return
    this.#findings.add(
      at,
      `the event loop of ${node} was held up for ${ms} ms (${what}); the limit is ${maxLoopDelayMs} ms`,
      [node],
    )
  }

  /** Not there, or not running, at some time since `at`. */
  #isImpaired({ at }: { readonly at: number }, process: Process | undefined): boolean {
    if (!process || process.ended || process.isPaused || process.readyAt === undefined || process.readyAt > at)
      return true
    const { areStandstillsTold, maxStallMs } = this.#options
    if (areStandstillsTold) return process.impairedAt >= at
    return (
      process.impairedAt >= at - maxStallMs || this.#stoppingAt >= at || this.#components.timeline.isOpen(...STOPPING)
    )
  }

  /** The way between the client and its process may have been broken. */
  #mayBeCut({ at }: RequestEvent): boolean {
    const { timeline } = this.#components
    return timeline.isDisturbed || timeline.disturbedAt >= at
  }

  #add(at: number, request: RequestEvent, what: string): void {
    this.#findings.add(at, `request ${request.request} of ${request.client} to ${request.node} ${what}`, [request.node])
  }
}
