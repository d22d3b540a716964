import type { Clock, Member, Timer } from '@clowder/tribes'
import type { Peers } from '../manager/peers.js'
import type { Placement } from '../manager/placement.js'
import { StallWatch } from '../manager/stall-watch.js'
import { leaseAtHomeMs, REMEMBERED_MS } from './lock-table.js'

export interface LockHearingComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  /** Everybody has been heard, or waited for long enough. */
  settled(): void
}

/** A change of the view: who has come, said goodbye, or gone without. */
export interface ViewChange {
  readonly id: string
  readonly is: 'here' | 'leaving' | 'lost'
}

interface Gone {
  readonly id: string
  readonly atMs: number
  readonly hasLeft: boolean
}

/** Members that are gone are remembered one by one up to so many: each is weighed for every lock that is given. */
const MOST_GONE = 256
/** Who has not answered is asked again, ms. */
const ASK_EVERY_MS = 100
/** Having stood still for so long, this process may soon have been excluded, and another be the home of its sessions, ms. */
const STALL_MS = 1_500

/**
 * What a home must know before it gives a lock: which locks the others hold that another home had given. Asked for when the first lock is wanted after a change
 * of the view, so that nothing is sent where nobody locks.
 */
export class LockHearing {
  readonly #components: LockHearingComponents
  readonly #leaseMs: number
  readonly #stalls: StallWatch
  /** Ids of the members that have answered since the view changed. */
  readonly #heard = new Set<string>()
  /** Members that are gone: their sessions may still be locked by requests of theirs, and what was left in them is not known. */
  #gone: Gone[] = []
  /** When the last of those went that are not remembered one by one, and the last of them that had not left: they may have been the home of any session. */
  #namelessGoneAtMs = Number.NEGATIVE_INFINITY
  #namelessLostAtMs = Number.NEGATIVE_INFINITY
  #changedAtMs: number
  /** When it went on without having heard everybody. */
  #gaveUpAtMs = Number.NEGATIVE_INFINITY
  #question = 0
  #timer: Timer | undefined
  #isStopped = false

  constructor(components: LockHearingComponents, leaseMs: number) {
    this.#components = components
    this.#leaseMs = leaseAtHomeMs(leaseMs)
    this.#stalls = new StallWatch(components, STALL_MS)
    this.#changedAtMs = components.clock.now()
  }

  /** Called at least once a second. True: this process did not run for a while, and its view may be an old one. */
  ran(): boolean {
    return this.#stalls.ran() && this.#components.peers.members().length > 0
  }

  viewChanged(change?: ViewChange): void {
    const nowMs = this.#components.clock.now()
    this.#heard.clear()
    this.#question++
    this.#changedAtMs = nowMs
    this.#timer?.cancel()
    this.#timer = undefined
    const longestMs = Math.max(REMEMBERED_MS, this.#leaseMs)
    const isOver = (gone: Gone) => nowMs - gone.atMs >= longestMs
    this.#gone = this.#gone.filter(gone => gone.id !== change?.id && !isOver(gone))
    if (change && change.is !== 'here')
      this.#gone.push({ id: change.id, atMs: nowMs, hasLeft: change.is === 'leaving' })
    while (this.#gone.length > MOST_GONE) this.#forgetName(this.#gone.shift()!)
  }

  /** A member has told all that it knows. */
  heard(question: number, { id }: Member): void {
    if (question !== this.#question) return
    this.#heard.add(id)
    if (this.#unheard().length > 0) return
    this.#timer?.cancel()
    this.#timer = undefined
    this.#components.settled()
  }

  /** From when on locks of this bucket may be given, monotonic ms. Infinity: when everybody has been heard; they are asked now. */
  freeAtMs(bucket: number): number {
    const endMs = this.#changedAtMs + this.#leaseMs
    if (this.#unheard().length > 0 && this.#components.clock.now() < endMs) {
      this.#ask()
      return Number.POSITIVE_INFINITY
    }
    const lostAtMs = this.#formerHomes(bucket).map(({ atMs, hasLeft }) => (hasLeft ? Number.NEGATIVE_INFINITY : atMs))
    return Math.max(0, Math.max(this.#namelessLostAtMs, ...lostAtMs) + this.#leaseMs)
  }

  /** Whether this node would know if somebody had held a lock of this bucket lately. */
  isCertain(bucket: number): boolean {
    const nowMs = this.#components.clock.now()
    if (this.#unheard().length > 0 || nowMs - this.#gaveUpAtMs < REMEMBERED_MS) return false
    if (nowMs - this.#namelessGoneAtMs < REMEMBERED_MS) return false
    return this.#formerHomes(bucket).every(({ atMs }) => nowMs - atMs >= REMEMBERED_MS)
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #forgetName({ atMs, hasLeft }: Gone): void {
    this.#namelessGoneAtMs = Math.max(this.#namelessGoneAtMs, atMs)
    if (!hasLeft) this.#namelessLostAtMs = Math.max(this.#namelessLostAtMs, atMs)
  }

  /** Those that are gone and would give the locks of this bucket if they were here. */
  #formerHomes(bucket: number) {
    return this.#gone.filter(({ id }) => this.#components.placement.outranks(id, bucket))
  }

  /** Who is about to leave has given back what it held, and answers no more. */
  #unheard(): readonly Member[] {
    const isGone = (id: string) => this.#gone.some(gone => gone.id === id)
    return this.#components.peers.members().filter(({ id }) => !this.#heard.has(id) && !isGone(id))
  }

  #ask(): void {
    if (this.#timer || this.#isStopped) return
    const { clock, peers } = this.#components
    peers.send(this.#unheard(), { type: 'WHOSE', question: this.#question }, 'use-ack')
    this.#timer = clock.setTimer(ASK_EVERY_MS, () => this.#askAgain())
  }

  #askAgain(): void {
    this.#timer = undefined
    const nowMs = this.#components.clock.now()
    if (this.#unheard().length > 0 && nowMs < this.#changedAtMs + this.#leaseMs) return this.#ask()
    if (this.#unheard().length > 0) this.#gaveUpAtMs = nowMs
    this.#components.settled()
  }
}
