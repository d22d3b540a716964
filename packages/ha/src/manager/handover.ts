import type { Clock, DeliveryObserver, Member } from '@clowder/tribes'
import type { SentState } from '../wire/message.js'
import { BUCKETS, sameHash } from './digest.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { Room } from './room.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { Slices } from './slices.js'
import type { StallWatch } from './stall-watch.js'
import { StateStream } from './state-stream.js'

/** Bytes of sessions in one message. */
const CHUNK_BYTES = 64 * 1024
const STRAYS_AT_A_TIME = 256

export interface HandoverCounts {
  handed: number
  dropped: number
}

export interface HandoverComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  readonly replicas: SessionReplicas
  readonly room: Room
  readonly stalls: Pick<StallWatch, 'isDoubtful'>
  /** A copy that is dropped because others have it. */
  dropped(copy: SessionCopy): void
  /** These are given to nobody, because their idle limits have passed. */
  expiring(copies: readonly SessionCopy[]): void
}

/**
 * Copies in buckets that others own: left by a request that was served here, or by a change of membership. Each is kept until all its owners have acknowledged
 * what it holds, then dropped (a hinted copy). See docs/design/0006.
 */
export class Handover {
  readonly counts: HandoverCounts = { handed: 0, dropped: 0 }
  readonly #components: HandoverComponents
  readonly #strays = new Set<SessionCopy>()
  /** Buckets of which something is on its way. */
  readonly #underWay = new Set<number>()
  readonly #slices: Slices

  constructor(components: HandoverComponents) {
    this.#components = components
    this.#slices = new Slices(components)
  }

  /** Copies that are here and belong elsewhere. */
  get size(): number {
    return this.#strays.size
  }

  /** A copy has changed. */
  changed(copy: SessionCopy): void {
    if (!this.#components.placement.isOwner(copy.bucket)) this.#strays.add(copy)
  }

  /** A member has come or gone: what was rightly here may belong elsewhere now, and what was left over here may be out of date. An end never is. */
  membershipChanged(gained: readonly number[]): void {
    this.#slices.stop()
    if (gained.length > 0) this.#dropOutdated(new Set(gained))
    if (!this.#components.placement.isEverywhere) this.#slices.run(this.#marking())
  }

  #dropOutdated(gained: ReadonlySet<number>): void {
    for (const copy of this.#strays)
      if (gained.has(copy.bucket) && !copy.isHint && copy.kind !== 'dead') this.#drop(copy)
  }

  *#marking(): Generator<void> {
    const { placement, replicas } = this.#components
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (placement.isOwner(bucket)) continue
      let isEmpty = true
      for (const copy of replicas.table.bucket(bucket)) {
        copy.isHint = true
        this.#strays.add(copy)
        isEmpty = false
      }
      if (!isEmpty) yield
    }
  }

  /** Called every second. Nothing is dropped before all that others own now is marked. */
  tick(): void {
    if (this.#slices.isIdle) this.#slices.run(this.#handing())
  }

  *#handing(): Generator<void> {
    const hints = new Map<number, SessionCopy[]>()
    const expiring: SessionCopy[] = []
    let seen = 0
    for (const copy of this.#strays) {
      if (++seen % STRAYS_AT_A_TIME === 0) yield
      if (this.#isSettled(copy)) continue
      if (this.#isExpiring(copy)) {
        expiring.push(copy)
        continue
      }
      const inBucket = hints.get(copy.bucket) ?? []
      hints.set(copy.bucket, inBucket)
      inBucket.push(copy)
    }
    if (expiring.length > 0) this.#components.expiring(expiring)
    for (const [bucket, copies] of hints) {
      if (this.#underWay.has(bucket)) continue
      this.#hand(
        bucket,
        copies.filter(copy => !this.#isSettled(copy)),
      )
      yield
    }
  }

  stop(): void {
    this.#slices.stop()
  }

  /** Before leaving: gives what this node holds to those that will hold it then and do not yet. Resolves with whether they have it. */
  async leave(): Promise<boolean> {
    this.#slices.finish()
    const { replicas } = this.#components
    const gifts = new Map<string, { readonly target: Member; readonly copies: SessionCopy[] }>()
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const heirsOf = this.#heirs(bucket)
      for (const copy of replicas.table.bucket(bucket)) {
        for (const target of heirsOf(copy)) {
          const gift = gifts.get(target.id) ?? { target, copies: [] }
          gifts.set(target.id, gift)
          gift.copies.push(copy)
        }
      }
    }
    const given = await Promise.all(Array.from(gifts.values(), gift => this.#give(gift.target, gift.copies)))
    return given.every(isGiven => isGiven)
  }

  /** Those who will own it; and of a copy that is on its way to its owners, these. */
  #heirs(bucket: number): (copy: SessionCopy) => readonly Member[] {
    const { placement } = this.#components
    if (placement.isOwner(bucket)) {
      const successors = placement.successors(bucket)
      return () => successors
    }
    const owners = placement.others(bucket)
    return ({ isHint }) => (isHint ? owners : [])
  }

  #give(target: Member, copies: readonly SessionCopy[]): Promise<boolean> {
    return new Promise(resolve => {
      const stream = new StateStream(this.#components, target, 0, sent => {
        this.counts.handed += sent ?? 0
        resolve(sent !== undefined)
      })
      stream.append(copies[Symbol.iterator]())
      stream.close()
    })
  }

  /** An observer for a change of this copy that is sent to its owners: when all of them have it, the copy is no hint any more. */
  observer(copies: readonly SessionCopy[], owners: readonly Member[], inner?: DeliveryObserver): DeliveryObserver {
    const hashes = copies.map(copy => copy.hash)
    return new UnanimousDelivery(owners, inner, isUnanimous => {
      if (!isUnanimous) return
      for (const [i, copy] of copies.entries())
        if (sameHash(copy.hash, hashes[i]!) && this.#isOwnedBy(owners, copy)) copy.isHint = false
    })
  }

  /** Others may have come to own it while the message was on its way. */
  #isOwnedBy(members: readonly Member[], { bucket }: SessionCopy): boolean {
    return this.#components.placement.others(bucket).every(owner => members.some(({ id }) => id === owner.id))
  }

  /** True when there is nothing to hand over. */
  #isSettled(copy: SessionCopy): boolean {
    const { placement, replicas } = this.#components
    if (placement.isOwner(copy.bucket) || replicas.table.get(copy.id) !== copy) return this.#strays.delete(copy)
    if (copy.isHint) return false
    // Whoever has heard of an end does not forget it before its time.
    if (copy.kind === 'dead') return this.#strays.delete(copy)
    // A process that stood still does not know who is gone: those who had a copy may have died meanwhile.
    if (this.#components.stalls.isDoubtful) return true
    // What only this node has, because a filter keeps it here, is kept here.
    if (!copy.odd.local) this.#drop(copy)
    return true
  }

  /** Its owners would not take it any more. If somebody has used it, it is theirs as soon as that is known here. */
  #isExpiring(copy: SessionCopy): boolean {
    return copy.kind !== 'dead' && copy.idleMs(this.#components.clock.now()) >= copy.idleLimitMs
  }

  #drop(copy: SessionCopy): void {
    this.#strays.delete(copy)
    this.counts.dropped++
    this.#components.replicas.table.remove(copy)
    this.#components.dropped(copy)
  }

  #hand(bucket: number, copies: readonly SessionCopy[]): void {
    const { clock, peers, placement } = this.#components
    const owners = placement.others(bucket)
    if (owners.length === 0 || copies.length === 0) return
    const chunk = firstBytes(copies)
    const nowMs = clock.now()
    const states = chunk.map((copy): SentState => ({ id: copy.id, idleMs: copy.idleMs(nowMs), state: copy.peek() }))
    this.#underWay.add(bucket)
    const marked = this.observer(chunk, owners)
    const observer = new UnanimousDelivery(owners, marked, isUnanimous => {
      this.#underWay.delete(bucket)
      if (isUnanimous) this.counts.handed += chunk.length
      else this.#putLast(chunk)
    })
    peers.send(owners, { type: 'STATE', exchange: 0, states }, 'synchronized-ack', observer)
  }

  /** What no message can take is tried again, and not in the way of the others of its bucket. */
  #putLast(copies: readonly SessionCopy[]): void {
    for (const copy of copies) if (this.#strays.delete(copy)) this.#strays.add(copy)
  }
}

/** Tells once whether every member has accepted. */
class UnanimousDelivery implements DeliveryObserver {
  readonly #inner: DeliveryObserver | undefined
  readonly #done: (isUnanimous: boolean) => void
  #open: number
  #failed = false

  constructor(members: readonly Member[], inner: DeliveryObserver | undefined, done: (isUnanimous: boolean) => void) {
    this.#open = members.length
    this.#inner = inner
    this.#done = done
  }

  memberAccepted(member: Member): void {
    this.#inner?.memberAccepted?.(member)
    this.#settle()
  }

  memberFailed(faulty: Parameters<NonNullable<DeliveryObserver['memberFailed']>>[0]): void {
    this.#failed = true
    this.#inner?.memberFailed?.(faulty)
    this.#settle()
  }

  #settle(): void {
    if (--this.#open === 0) this.#done(!this.#failed)
  }
}

function firstBytes(copies: readonly SessionCopy[]): readonly SessionCopy[] {
  let bytes = 0
  const end = copies.findIndex(copy => (bytes += copy.packedLength) > CHUNK_BYTES)
  return end < 0 ? copies : copies.slice(0, Math.max(1, end))
}
