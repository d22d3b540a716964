import type { Clock, Timer } from '@clowder/tribes'
import { BUCKETS } from './digest.js'
import type { Expiry } from './expiry.js'
import type { SessionReplicas } from './session-replicas.js'

export interface TableRoundsComponents {
  readonly clock: Clock
  readonly expiry: Expiry
  readonly replicas: SessionReplicas
}

/** The whole table is looked through for idle sessions in so many ticks. */
const TICKS_PER_SWEEP = 8
const BUCKETS_PER_TICK = Math.ceil(BUCKETS / TICKS_PER_SWEEP)
const PACKED_AT_A_TIME = 20
/** No request waits longer than this for it, ms; and then the others have their turn. */
const SLICE_MS = 1
const PAUSE_MS = 4

/** What is to be done with every copy now and then: idle ones expire, or are packed. A million of them hold up nobody: it is done a little at a time. */
export class TableRounds {
  readonly #components: TableRoundsComponents
  #bucketsLeft = 0
  /** Not all that has been asked for has been looked at again. */
  #isLookingAgain = false
  #again: Timer | undefined

  constructor(components: TableRoundsComponents) {
    this.#components = components
  }

  /** Called every second. */
  tick(): void {
    this.#isLookingAgain = true
    this.#bucketsLeft = Math.min(BUCKETS, this.#bucketsLeft + BUCKETS_PER_TICK)
    if (!this.#again) this.#work()
  }

  stop(): void {
    this.#again?.cancel()
    this.#again = undefined
    this.#bucketsLeft = 0
    this.#isLookingAgain = false
  }

  #work(): void {
    const { clock, expiry, replicas } = this.#components
    const untilMs = clock.now() + SLICE_MS
    const isOver = () => clock.now() >= untilMs
    if (this.#isLookingAgain) this.#isLookingAgain = expiry.lookAgain(isOver)
    this.#bucketsLeft = expiry.sweep(this.#bucketsLeft, isOver)
    let hasMore = this.#isLookingAgain || this.#bucketsLeft > 0
    while (!isOver() && (hasMore = replicas.table.packIdle(clock.now(), PACKED_AT_A_TIME)));
    this.#again = hasMore ? clock.setTimer(PAUSE_MS, () => this.#work()) : undefined
  }
}
