import { monotonicUs } from '../process/monotonic.js'
import { Latencies, type LatencyFigures } from './latencies.js'
import { laneOf, sentAtUsOf, sequenceOf } from './message-body.js'

export interface ArrivalCount {
  readonly received: number
  readonly lastAtUs: number
}

export interface ArrivalFigures {
  /** Messages that came right behind a later one of the same lane: a lower bound. */
  readonly outOfOrder: number
  readonly oneWay: LatencyFigures
}

const MAX_LANES = 1024

/** What the receiving side notes of each message. */
export class Arrivals {
  readonly #oneWay = new Latencies()
  readonly #lastOfLane = new Int32Array(MAX_LANES).fill(-1)
  #received = 0
  #outOfOrder = 0
  #lastAtUs = 0

  add(body: Uint8Array): void {
    const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
    const lane = laneOf(view)
    const sequence = sequenceOf(view)
    if (sequence < this.#lastOfLane[lane]!) this.#outOfOrder++
    this.#lastOfLane[lane] = sequence
    this.#received++
    this.#lastAtUs = monotonicUs()
    this.#oneWay.add(this.#lastAtUs - sentAtUsOf(view))
  }

  count(): ArrivalCount {
    return { received: this.#received, lastAtUs: this.#lastAtUs }
  }

  /** And begins anew. */
  figures(): ArrivalFigures {
    const figures = { outOfOrder: this.#outOfOrder, oneWay: this.#oneWay.figures() }
    this.#received = 0
    this.#outOfOrder = 0
    this.#lastOfLane.fill(-1)
    return figures
  }
}
