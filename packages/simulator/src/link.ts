import type { SimEvent } from './event-queue.js'
import type { Physics } from './physics.js'

/** Lets the events that waited happen now. */
export type Release = (event: SimEvent) => void

/**
 * The way from one host to another, which its way back is no part of. A host's link to itself is never harmed.
 *
 *     cut      datagrams, SYNs and resets vanish, streams stall          both this and being clogged
 *     clogged  everything waits, in its order, and nothing is lost       hold until they are healed
 */
export class Link {
  readonly from: string
  readonly to: string
  readonly fromNumber: number
  readonly toNumber: number
  /** What applies here: the whole network's, but for what was changed on this link alone. */
  physics: Physics
  /** What was changed on this link alone. */
  own: Partial<Physics> = {}
  isCut = false
  isDatagramCut = false
  isClogged = false
  /** One of its ends has no network. */
  isDown = false
  /** How many more bytes pass before the connection that brought the last of them is reset. */
  resetAfterBytes = Infinity
  readonly #isInside: boolean
  #freeAtMs = 0
  #waiting: SimEvent[] = []

  constructor(ends: { from: string; to: string; fromNumber: number; toNumber: number }, physics: Physics) {
    this.from = ends.from
    this.to = ends.to
    this.fromNumber = ends.fromNumber
    this.toNumber = ends.toNumber
    this.physics = physics
    this.#isInside = ends.from === ends.to
  }

  /** Whether what arrives now is lost. */
  get loses(): boolean {
    return (this.isCut || this.isDown) && !this.#isInside
  }

  get losesDatagrams(): boolean {
    return (this.isDatagramCut || this.isCut || this.isDown) && !this.#isInside
  }

  /** Whether what arrives now has to wait. */
  get isHolding(): boolean {
    return this.isClogged && !this.#isInside
  }

  /** Whether a stream gets its bytes through. */
  get isPassable(): boolean {
    return this.#isInside || !(this.isCut || this.isClogged || this.isDown)
  }

  /** Keeps it until the link is unclogged. */
  hold(event: SimEvent): void {
    this.#waiting.push(event)
  }

  /** The machine at one of its ends has another address now: what rested on its former link rests on this one, and nothing on that. */
  takeOver(former: Link, release: Release): void {
    this.isCut ||= former.isCut
    this.isDatagramCut ||= former.isDatagramCut
    this.isClogged ||= former.isClogged
    this.own = { ...former.own, ...this.own }
    former.own = {}
    former.heal(release)
  }

  heal(release: Release): void {
    this.isCut = false
    this.isDatagramCut = false
    this.unclog(release)
  }

  unclog(release: Release): void {
    this.isClogged = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const event of waiting) release(event)
  }

  /** When the last of `bytes` has left, if they are sent now: all streams of a link share its bandwidth, first come, first served. */
  sentAtMs(nowMs: number, bytes: number): number {
    const { bytesPerMs } = this.physics
    if (bytesPerMs === Infinity) return nowMs
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + bytes / bytesPerMs
    return this.#freeAtMs
  }
}
