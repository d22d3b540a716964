import { percentile } from '../figures/spread.js'

export interface LatencyFigures {
  readonly p50Us: number
  readonly p99Us: number
}

const MAX_SAMPLES = 4_000_000

/** Samples in a buffer of its own: recording costs a store, sorting waits until CPU time has been read. */
export class Latencies {
  readonly #samplesUs = new Float64Array(MAX_SAMPLES)
  #length = 0

  add(us: number): void {
    if (this.#length < MAX_SAMPLES) this.#samplesUs[this.#length++] = us
  }

  /** And begins anew. */
  figures(): LatencyFigures {
    const sorted = this.#samplesUs.subarray(0, this.#length).sort()
    this.#length = 0
    return { p50Us: percentile(sorted, 0.5), p99Us: percentile(sorted, 0.99) }
  }
}
