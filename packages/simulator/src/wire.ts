import type { Clock } from '@clowder/tribes'
import type { Links } from './links.js'
import type { SeededRandom } from './seeded-random.js'
import type { TraceHash } from './trace-hash.js'

export interface SimNetworkOptions {
  /** How long anything travels one way. @default { min: 0.1, max: 1 } */
  readonly latencyMs?: { readonly min: number; readonly max: number }
  /** Share of datagrams that vanish. @default 0 */
  readonly datagramLoss?: number
  /** Share of datagrams that arrive twice. @default 0 */
  readonly datagramDuplication?: number
  /** Share of reads that bring only a part of what has arrived. @default 0.25 */
  readonly splitReads?: number
  /** Bytes that kernels and cable hold per direction of a stream. @default 131_072 */
  readonly windowBytes?: number
}

/** The physics that all streams and datagrams share. The faults may be changed while the simulation runs. */
export class Wire {
  readonly clock: Clock
  readonly links: Links
  readonly trace: TraceHash
  readonly windowBytes: number
  readonly #random: SeededRandom
  #options: Required<SimNetworkOptions>

  constructor(
    components: { clock: Clock; random: SeededRandom; links: Links; trace: TraceHash },
    options: SimNetworkOptions,
  ) {
    this.clock = components.clock
    this.links = components.links
    this.trace = components.trace
    this.#random = components.random
    this.#options = {
      latencyMs: { min: 0.1, max: 1 },
      datagramLoss: 0,
      datagramDuplication: 0,
      splitReads: 0.25,
      windowBytes: 131_072,
      ...options,
    }
    this.windowBytes = this.#options.windowBytes
  }

  change(faults: Omit<SimNetworkOptions, 'windowBytes'>): void {
    this.#options = { ...this.#options, ...faults }
  }

  latencyMs(): number {
    const { min, max } = this.#options.latencyMs
    return this.#random.between(min, max)
  }

  /** How many copies of a datagram arrive. */
  datagramCopies(): number {
    if (this.#random.chance(this.#options.datagramLoss)) return 0
    return this.#random.chance(this.#options.datagramDuplication) ? 2 : 1
  }

  /** How much of `available` bytes one read brings: all, or one to sixteen bytes, or any part. */
  readSize(available: number): number {
    if (available < 2 || !this.#random.chance(this.#options.splitReads)) return available
    return 1 + this.#random.below(Math.min(available, this.#random.chance(0.5) ? 16 : available))
  }

  /** Whether a destroyed socket is noticed as a reset or as an orderly end: real kernels do either. */
  resetsOnDestroy(): boolean {
    return this.#random.chance(0.5)
  }

  /** Calls `arrive` at `to` after the latency, unless the link is cut then. */
  travel(from: string, to: string, arrive: () => void): void {
    this.clock.setTimer(this.latencyMs(), () => {
      if (!this.links.isCut(from, to)) arrive()
    })
  }
}
