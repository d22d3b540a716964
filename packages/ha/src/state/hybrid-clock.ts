import type { Clock } from '@clowder/tribes'

/**
 * A hybrid logical clock (Kulkarni et al. 2014): milliseconds since 2020 times 4096, plus a counter, in one safe integer (good until 2089).
 * Stamps only decide between concurrent writes, and every write is stamped above the entry it replaces, so the greater stamp is also the later one
 * wherever one write has seen the other.
 */
export type Stamp = number

/** Of what is taken from outside no stamp is greater: there is room above it, so that it can always be superseded within the safe integers. */
export const MAX_STAMP: Stamp = Number.MAX_SAFE_INTEGER - 2 ** 32

const EPOCH_MS = Date.UTC(2020, 0, 1)
const TICKS_PER_MS = 4096

/** Epoch milliseconds of a stamp. */
export function stampTime(stamp: Stamp): number {
  return EPOCH_MS + Math.floor(stamp / TICKS_PER_MS)
}

function stampAt(wallTimeMs: number): Stamp {
  return Math.max(0, Math.floor(wallTimeMs) - EPOCH_MS) * TICKS_PER_MS
}

export interface HybridClockOptions {
  /** How far a received stamp may be ahead of this host's clock and still be followed, ms. */
  readonly maxAheadMs: number
  /** Called with the milliseconds that a received stamp is ahead, when it is too far: some host's clock is wrong. */
  readonly tooFarAhead: (aheadMs: number) => void
}

export class HybridClock {
  readonly #clock: Pick<Clock, 'wallTime'>
  readonly #options: HybridClockOptions
  #last: Stamp = 0
  #first: Stamp = Number.POSITIVE_INFINITY

  constructor(components: { readonly clock: Pick<Clock, 'wallTime'> }, options: HybridClockOptions) {
    this.#clock = components.clock
    this.#options = options
  }

  /**
   * A stamp greater than every one followed before and than `above`. What `above` adds is not kept: an entry that a wrong clock stamped far ahead can
   * be superseded without moving this clock there too.
   */
  next(above: Stamp = 0): Stamp {
    this.#last = Math.max(this.#last + 1, stampAt(this.#clock.wallTime()))
    this.#first = Math.min(this.#first, this.#last)
    return Math.max(this.#last, above + 1)
  }

  /** None given here is smaller. Infinite as long as none has been. */
  get first(): Stamp {
    return this.#first
  }

  /** The greatest stamp given or followed so far. */
  get last(): Stamp {
    return this.#last
  }

  /** The stamp that it was so many milliseconds ago. */
  before(ms: number): Stamp {
    return stampAt(this.#clock.wallTime() - ms)
  }

  /** Follows a stamp of another host. One that is too far ahead is followed only as far as allowed: one wrong clock must not move all others. */
  observe(stamp: Stamp): void {
    if (stamp <= this.#last) return
    const wall = this.#clock.wallTime()
    const limit = stampAt(wall + this.#options.maxAheadMs)
    if (stamp > limit) this.#options.tooFarAhead(stampTime(stamp) - wall)
    this.#last = Math.max(this.#last, Math.min(stamp, limit))
  }
}

/** What a clock that gives `stamp` now can give in `ms`. */
export function stampLater(stamp: Stamp, ms: number): Stamp {
  return stamp + Math.ceil(ms) * TICKS_PER_MS
}
