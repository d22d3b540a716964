import type { HistoryEvent, TroubleEvent } from '../history/history-event.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface TroubleOptions {
  /** Trouble that the schedule itself makes, such as an application's listener that throws on purpose. */
  readonly isExpected: (event: TroubleEvent) => boolean
}

/**
 * I10. No uncaught error and no exit, whatever bytes or faults arrive; nothing is logged as an error; no listener of the cluster's own throws.
 *
 * Claims: there is no such trouble event at all, at any time, other than what the schedule expects. Held-up event loops are the WaitingChecker's.
 */
export class TroubleChecker implements Checker {
  readonly figures = { troubleExpected: 0 }
  readonly #findings = new Findings('I10')
  readonly #isExpected: (event: TroubleEvent) => boolean

  constructor(options: Partial<TroubleOptions> = {}) {
    this.#isExpected = options.isExpected ?? (() => false)
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'trouble' || event.trouble === 'loop-delay') return
    if (this.#isExpected(event)) this.figures.troubleExpected++
    else this.#findings.add(event.at, `${event.trouble} on ${event.node}: ${event.what}`, [event.node])
  }

  finish(): readonly Violation[] {
    return this.#findings.all
  }
}
