import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { percentile } from '../figures/spread.js'

export interface LoopFigures {
  /** By how much a timer of 1 ms was late, its own millisecond included. */
  readonly p99Ms: number
  readonly maxMs: number
  /** Of what the garbage collector held up the program for. */
  readonly gcP99Ms: number
  readonly gcMaxMs: number
  /** Of the time, 0 to 1. */
  readonly gcShare: number
}

const NS_PER_MS = 1_000_000

/** What holds up the event loop of this process, garbage collection told apart. */
export class LoopWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: 1 })
  readonly #pausesMs: number[] = []
  #sinceMs = performance.now()

  constructor() {
    this.#delay.enable()
    const observer = new PerformanceObserver(list => {
      for (const { duration } of list.getEntries()) this.#pausesMs.push(duration)
    })
    observer.observe({ entryTypes: ['gc'] })
  }

  /** Since it was asked last; and begins anew. */
  figures(): LoopFigures {
    const nowMs = performance.now()
    const sorted = this.#pausesMs.splice(0).sort((a, b) => a - b)
    const figures = {
      p99Ms: this.#delay.percentile(99) / NS_PER_MS,
      maxMs: this.#delay.max / NS_PER_MS,
      gcP99Ms: percentile(sorted, 0.99),
      gcMaxMs: sorted.at(-1) ?? 0,
      gcShare: sorted.reduce((sum, ms) => sum + ms, 0) / (nowMs - this.#sinceMs),
    }
    this.#delay.reset()
    this.#sinceMs = nowMs
    return figures
  }
}
