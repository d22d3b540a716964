import type { Clock, Member, Timer } from '@clowder/tribes'
import { actorNamed, idOfActor, type Peers } from '../manager/peers.js'
import type { Placement } from '../manager/placement.js'
import type { SessionReplicas } from '../manager/session-replicas.js'
import { StallWatch } from '../manager/stall-watch.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { MOST_GONE } from '../wire/lists.js'
import type { Departure } from '../wire/message.js'
import { highestOf, leaseAtHomeMs, REMEMBERED_MS } from './lock-table.js'

export interface LockHearingComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  readonly replicas: Pick<SessionReplicas, 'hybridClock'>
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
  /** It was never beside this node for long, so it may have given locks that it would have left to this node. */
  readonly isStranger: boolean
}

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
  readonly #leaseAtHomeMs: number
  readonly #stalls: StallWatch
  /** Ids of the members that have answered since the view changed. */
  readonly #heard = new Set<string>()
  /** Members that are gone, the ones gone longest first: their sessions may still be locked by requests of theirs, and what was left in them is not known. */
  #gone: Gone[] = []
  /** Since when the others have been members, by id. */
  readonly #metAtMs = new Map<string, number>()
  /** When the last of those went that are not remembered one by one, and the last of them that had not left: they may have been the home of any session. */
  #namelessGoneAtMs = Number.NEGATIVE_INFINITY
  #namelessLostAtMs = Number.NEGATIVE_INFINITY
  #changedAtMs: number
  /** When it went on without having heard everybody. */
  #gaveUpAtMs = Number.NEGATIVE_INFINITY
  /** When this process stood still the last time: who has come meanwhile it sees a little later. */
  #stalledAtMs = Number.NEGATIVE_INFINITY
  #hasMetOthers = false
  /** Until then locks run that members hold which were lost before they had told of them: given by whoever was the home before the last change. */
  #silentEndMs = Number.NEGATIVE_INFINITY
  /** Whoever holds a lock that this node has not heard of, and will not hear of any more, has made no stamp above it. */
  #highestUnheard: Stamp = 0
  #question = 0
  #timer: Timer | undefined
  #isStopped = false

  constructor(components: LockHearingComponents, leaseMs: number) {
    this.#components = components
    this.#leaseMs = leaseMs
    this.#leaseAtHomeMs = leaseAtHomeMs(leaseMs)
    this.#stalls = new StallWatch(components, STALL_MS)
    this.#changedAtMs = components.clock.now()
  }

  /** Called at least once a second. True: this process did not run for a while, and its view may be an old one. */
  ran(): boolean {
    if (!this.#stalls.ran()) return false
    this.#stalledAtMs = this.#components.clock.now()
    return this.#components.peers.members().length > 0
  }

  viewChanged(change?: ViewChange): void {
    const nowMs = this.#components.clock.now()
    if (change?.is === 'lost' && !this.#heard.has(change.id))
      this.#silentEndMs = this.#changedAtMs + this.#leaseAtHomeMs
    this.#heard.clear()
    this.#question++
    this.#changedAtMs = nowMs
    this.#timer?.cancel()
    this.#timer = undefined
    const isOver = (gone: Gone) => nowMs - gone.atMs >= this.#longestMs
    const isStranger = change !== undefined && this.#isStranger(change.id, nowMs)
    this.#gone = this.#gone.filter(gone => gone.id !== change?.id && !isOver(gone))
    if (change?.is === 'here') this.#met(change.id, nowMs)
    else if (change) this.#add({ id: change.id, atMs: nowMs, hasLeft: change.is === 'leaving', isStranger })
  }

  /** Who may have given or held a lock and cannot be asked any more; undefined: they are too many to name them all. */
  gone(): readonly Departure[] | undefined {
    const nowMs = this.#components.clock.now()
    if (nowMs - this.#namelessGoneAtMs < REMEMBERED_MS) return undefined
    return this.#gone.map(({ id, atMs, hasLeft }) => {
      return { actor: actorNamed(id), goneMs: Math.max(0, Math.floor(nowMs - atMs)), hasLeft }
    })
  }

  /** What another member says of that. Who has come since they went has not seen it; of all others this node's own knowledge is as good. */
  learn(departures: readonly Departure[]): void {
    const nowMs = this.#components.clock.now()
    const known = new Set([...this.#gone, ...this.#components.peers.members()].map(({ id }) => id))
    for (const { actor, goneMs, hasLeft } of departures) {
      const gone = { id: idOfActor(actor), atMs: nowMs - goneMs, hasLeft, isStranger: true }
      if (goneMs < this.#longestMs && !known.has(gone.id)) this.#add(gone)
    }
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
    const endMs = this.#changedAtMs + this.#leaseAtHomeMs
    if (this.#unheard().length > 0 && this.#components.clock.now() < endMs) {
      this.#ask()
      return Number.POSITIVE_INFINITY
    }
    const homes = this.#formerHomes(bucket)
    const lostAtMs = homes.map(({ atMs, hasLeft }) => (hasLeft ? Number.NEGATIVE_INFINITY : atMs))
    lostAtMs.push(this.#overlookedAtMs)
    const silentEndMs = homes.length > 0 ? this.#silentEndMs : 0
    return Math.max(0, silentEndMs, Math.max(this.#namelessLostAtMs, ...lostAtMs) + this.#leaseAtHomeMs)
  }

  /** Whether this node would know if somebody had held a lock of this bucket lately. */
  isCertain(bucket: number): boolean {
    const nowMs = this.#components.clock.now()
    if (this.#unheard().length > 0 || nowMs - this.#gaveUpAtMs < REMEMBERED_MS) return false
    if (nowMs - this.#namelessGoneAtMs < REMEMBERED_MS) return false
    return this.#formerHomes(bucket).every(({ atMs }) => nowMs - atMs >= REMEMBERED_MS)
  }

  /** No stamp lies above it that was made under a lock of this bucket of which this node does not know. */
  highestUnheard(bucket: number): Stamp {
    return this.isCertain(bucket) ? 0 : this.#highestUnheard
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** For so long who is gone may have left a lock behind, or what was written under one. */
  get #longestMs(): number {
    return Math.max(REMEMBERED_MS, this.#leaseAtHomeMs)
  }

  /** Whether it has not seen this node for long enough to leave it what it had given itself. */
  #isStranger(id: string, nowMs: number): boolean {
    const metAtMs = this.#metAtMs.get(id)
    const known = this.#gone.find(gone => gone.id === id)
    return known?.isStranger ?? (metAtMs === undefined || nowMs - metAtMs < this.#leaseAtHomeMs)
  }

  #met(id: string, nowMs: number): void {
    this.#hasMetOthers = true
    this.#metAtMs.set(id, nowMs)
  }

  /** When it may have overlooked somebody, if there is nobody to ask: where others are, they have the same view or are asked until they do. */
  get #overlookedAtMs(): number {
    const isAlone = this.#components.peers.members().length === 0
    return isAlone && this.#hasMetOthers ? this.#stalledAtMs : Number.NEGATIVE_INFINITY
  }

  #add(gone: Gone): void {
    this.#metAtMs.delete(gone.id)
    this.#gone.push(gone)
    this.#gone.sort((a, b) => a.atMs - b.atMs)
    if (!gone.hasLeft) this.#missHearing()
    while (this.#gone.length > MOST_GONE) this.#forgetName(this.#gone.shift()!)
  }

  /** The clocks of those that will not be heard were no further than this one's when it heard of them last, a lease ago at most. Since then a lock of theirs may have been overrun once, and be held again. */
  #missHearing(): void {
    const { hybridClock } = this.#components.replicas
    const stamp = Math.max(hybridClock.last, hybridClock.before(0))
    const overrun = highestOf(stamp, this.#leaseMs, this.#leaseAtHomeMs)
    const highest = highestOf(overrun, this.#leaseMs, this.#leaseAtHomeMs)
    this.#highestUnheard = Math.max(this.#highestUnheard, highest)
  }

  #forgetName({ atMs, hasLeft }: Gone): void {
    this.#namelessGoneAtMs = Math.max(this.#namelessGoneAtMs, atMs)
    if (!hasLeft) this.#namelessLostAtMs = Math.max(this.#namelessLostAtMs, atMs)
  }

  /** Those that are gone and may have given the locks of this bucket. */
  #formerHomes(bucket: number) {
    const { placement } = this.#components
    return this.#gone.filter(({ id, isStranger }) => isStranger || placement.outranks(id, bucket))
  }

  /** Who is about to leave has given back what it held, and answers no more. */
  #unheard(): readonly Member[] {
    const isGone = (id: string) => this.#gone.some(gone => gone.id === id)
    return this.#components.peers.members().filter(({ id }) => !this.#heard.has(id) && !isGone(id))
  }

  #ask(): void {
    if (this.#timer || this.#isStopped) return
    const { clock, peers, placement } = this.#components
    peers.send(this.#unheard(), { type: 'WHOSE', question: this.#question, view: placement.view }, 'use-ack')
    this.#timer = clock.setTimer(ASK_EVERY_MS, () => this.#askAgain())
  }

  #askAgain(): void {
    this.#timer = undefined
    const nowMs = this.#components.clock.now()
    const isAllHeard = this.#unheard().length === 0
    if (!isAllHeard && nowMs < this.#changedAtMs + this.#leaseAtHomeMs) return this.#ask()
    if (!isAllHeard) {
      this.#gaveUpAtMs = nowMs
      this.#missHearing()
    }
    this.#components.settled()
  }
}
