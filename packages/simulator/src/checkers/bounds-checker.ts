import type { HistoryEvent, LoadEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface BoundsOptions {
  /** Figure → how much of it may be left at the end of the run, when nobody asks any more and everything is settled. */
  readonly baseline: Readonly<Record<string, number>>
}

/** What must be gone when there is nothing left to do. */
export const BASELINE: BoundsOptions['baseline'] = {
  ...{ queuedBytes: 0, unsentBytes: 0, dispatchedBytes: 0, waitingBytes: 0, membersBehind: 0, laggingMembers: 0 },
  ...{ openPulls: 0, openQuestions: 0, openExchanges: 0 },
  ...{ locksAsked: 0, locksHeld: 0 },
  // Heartbeats or the look at static members, or both; the look who is silent; what the transport sweeps; the interceptors' heartbeat; the manager's housekeeping.
  timers: 6,
}

const LEFT = 'what may be left at the end'

/**
 * I9. Queues, memory, timers, sockets and tombstones stay under stated caps at all times, and return to baseline.
 *
 * Claims: no figure of any load event is above the bound of the same name in the run's first line. Of each process that lives at the end, the last load
 * told after `settled` is not above the baseline, and it has no more `sockets` than there are others. A figure without a bound is not judged; but nothing is ever counted as less than none.
 */
export class BoundsChecker implements Checker {
  readonly figures = { loadsChecked: 0, baselinesChecked: 0 }
  readonly #timeline: Timeline
  readonly #baseline: Readonly<Record<string, number>>
  readonly #findings = new Findings('I9')
  readonly #last = new Map<Process, LoadEvent>()
  /** Told of once: what is above its bound usually stays there. */
  readonly #told = new Set<string>()

  constructor(timeline: Timeline, options: Partial<BoundsOptions> = {}) {
    this.#timeline = timeline
    this.#baseline = options.baseline ?? BASELINE
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'load') return
    this.figures.loadsChecked++
    for (const [name, bound] of Object.entries(this.#timeline.run?.bounds ?? {}))
      if (bound !== null) this.#check(event, name, bound, 'its bound')
    for (const name of Object.keys(event.figures)) this.#checkNotNegative(event, name)
    const process = this.#timeline.process(event.incarnation)
    if (process && this.#timeline.settledAt !== undefined) this.#last.set(process, event)
  }

  finish(): readonly Violation[] {
    for (const [process, load] of this.#last) {
      if (process.ended) continue
      this.figures.baselinesChecked++
      for (const [name, rest] of Object.entries(this.#baseline)) this.#check(load, name, rest, LEFT)
      this.#check(load, 'sockets', this.#timeline.live().length - 1, LEFT)
    }
    return this.#findings.all
  }

  #checkNotNegative({ at, node, incarnation, figures }: LoadEvent, name: string): void {
    const key = `${incarnation} ${name} negative`
    if (figures[name]! >= 0 || this.#told.has(key)) return
    this.#told.add(key)
    this.#findings.add(at, `${name} of ${node} is ${figures[name]}, less than none`, [node])
  }

  #check({ at, node, incarnation, figures }: LoadEvent, name: string, bound: number, kind: string): void {
    const figure = figures[name]
    const key = `${incarnation} ${name} ${kind}`
    if (figure === undefined || figure <= bound || this.#told.has(key)) return
    this.#told.add(key)
    this.#findings.add(at, `${name} of ${node} is ${figure}, above ${kind}: ${bound}`, [node])
  }
}
