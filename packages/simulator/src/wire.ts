import type { SimEvent } from './event-queue.js'
import type { Link } from './link.js'
import { Links } from './links.js'
import { Signal } from './passage.js'
import type { Physics, Range } from './physics.js'
import { ReadBuffer } from './read-buffer.js'
import type { SeededRandom } from './seeded-random.js'
import type { TraceHash } from './trace-hash.js'
import type { VirtualClock } from './virtual-clock.js'

/** Where nothing else is said. */
export const WINDOW_BYTES = 131_072

export interface SimNetworkOptions extends Partial<Physics> {
  /** Share of reads that bring only a part of what has arrived. @default 0.25 */
  readonly splitReads?: number
  /** False: no datagram reaches anybody, not even its sender. @default true */
  readonly hasMulticast?: boolean
  /** Datagrams of more bytes vanish, all the time. @default Infinity */
  readonly mtuBytes?: number
  /** Bytes that kernels and cable hold per direction of a stream. @default WINDOW_BYTES */
  readonly windowBytes?: number
}

/** What may change while the simulation runs. */
export type NetworkFaults = Omit<SimNetworkOptions, 'windowBytes' | 'hasMulticast' | 'mtuBytes'>

/** A datagram that is overtaken by later ones arrives this much later at most. */
const HELD_BACK_MS = 1000

/** The physics that all streams and datagrams share. The faults may be changed while the simulation runs. */
export class Wire {
  readonly clock: VirtualClock
  readonly trace: TraceHash
  readonly links: Links
  readonly reads = new ReadBuffer()
  readonly windowBytes: number
  readonly #random: SeededRandom
  readonly #options: SimNetworkOptions
  /** Larger datagrams never arrive. */
  readonly mtuBytes: number
  readonly #hasMulticast: boolean
  #splitReads: number

  constructor(components: { clock: VirtualClock; random: SeededRandom; trace: TraceHash }, options: SimNetworkOptions) {
    const {
      windowBytes = WINDOW_BYTES,
      splitReads = 0.25,
      hasMulticast = true,
      mtuBytes = Infinity,
      ...physics
    } = options
    this.clock = components.clock
    this.trace = components.trace
    this.#random = components.random
    this.#options = options
    this.links = new Links(event => this.clock.schedule(0, event), physics)
    this.windowBytes = windowBytes
    this.mtuBytes = mtuBytes
    this.#hasMulticast = hasMulticast
    this.#splitReads = splitReads
  }

  change({ splitReads, ...physics }: NetworkFaults): void {
    if (splitReads !== undefined) this.#splitReads = splitReads
    this.links.change(physics)
  }

  /** As at first, without any fault. */
  restore(): void {
    this.#splitReads = this.#options.splitReads ?? 0.25
    this.links.restore(this.#options.latencyMs ? { latencyMs: this.#options.latencyMs } : {})
  }

  // ── datagrams ──

  /** How many copies of a datagram arrive. */
  datagramCopies({ physics }: Link, bytes: number): number {
    if (!this.#hasMulticast || bytes > this.mtuBytes || bytes > physics.datagramMaxBytes) return 0
    if (this.#random.chance(physics.datagramLoss)) return 0
    return this.#random.chance(physics.datagramDuplication) ? 2 : 1
  }

  datagramTravelMs({ physics }: Link): number {
    const ms = this.#within(physics.latencyMs) + this.#within(physics.datagramDelayMs)
    return this.#random.chance(physics.datagramReorder) ? ms + this.#random.between(0, HELD_BACK_MS) : ms
  }

  // ── streams ──

  streamTravelMs({ physics }: Link): number {
    return this.#within(physics.latencyMs) + this.#within(physics.streamDelayMs)
  }

  /** After how many bytes a new connection is reset in this direction. */
  resetAfterBytes({ physics }: Link): number {
    return physics.resetAfterBytes ? Math.floor(this.#within(physics.resetAfterBytes)) : Infinity
  }

  /** How much of `available` bytes one read brings: all, or one to sixteen bytes, or any part. */
  readSize(available: number): number {
    if (available < 2 || !this.#random.chance(this.#splitReads)) return available
    return 1 + this.#random.below(Math.min(available, this.#random.chance(0.5) ? 16 : available))
  }

  /** How many of `bytes` on the way still arrive before a reset. */
  partOf(bytes: number): number {
    return this.#random.below(bytes + 1)
  }

  /** Whether a destroyed socket is noticed as a reset or as an orderly end: real kernels do either. */
  resetsOnDestroy(): boolean {
    return this.#random.chance(0.5)
  }

  /** Calls `arrived` at the other end of the link after the latency, unless the link is cut then. */
  travel(link: Link, arrived: () => void): void {
    this.schedule(this.streamTravelMs(link), new Signal(link, arrived))
  }

  schedule(delayMs: number, event: SimEvent): void {
    this.clock.schedule(delayMs, event)
  }

  #within({ min, max }: Range): number {
    return min === max ? min : this.#random.between(min, max)
  }
}
