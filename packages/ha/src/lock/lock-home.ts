import type { Clock, Member, Timer } from '@clowder/tribes'
import { actorOf, type Peers } from '../manager/peers.js'
import type { Placement } from '../manager/placement.js'
import type { SessionReplicas } from '../manager/session-replicas.js'
import { bucketOf } from '../manager/session-table.js'
import { MOST_NAMED } from '../wire/lists.js'
import type { KnownLock, LockMessage } from '../wire/lock-message.js'
import { LockHearing, type ViewChange } from './lock-hearing.js'
import { type Claimant, type Grant, type GrantTerms, LockTable } from './lock-table.js'

export interface LockHomeComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  readonly replicas: Pick<SessionReplicas, 'hybridClock'>
  /** Brings a message to whoever asks for locks in this process. */
  toOwnAsker(message: LockMessage): void
  /** The locks that this process's requests hold and that this member gives now. */
  heldFrom(home: Member): readonly KnownLock[]
}

type MessageOf<Type extends LockMessage['type']> = Extract<LockMessage, { type: Type }>

/** A lease is never longer than this, whatever is asked for, ms. */
const MAX_LEASE_MS = 600_000

/** Gives the locks of the sessions whose home this node is: the first owner of a session's bucket, as this node sees the members. */
export class LockHome {
  readonly #components: LockHomeComponents
  readonly #table = new LockTable()
  readonly #hearing: LockHearing
  /** Of locks that somebody waits for: when the lease ends, or the home may give them at all. */
  readonly #timers = new Map<string, Timer>()
  readonly #terms: GrantTerms
  #isStopped = false
  #isLeaving = false

  constructor(components: LockHomeComponents, leaseMs: number) {
    this.#components = components
    this.#hearing = new LockHearing({ ...components, settled: () => this.#grantAll() }, leaseMs)
    const { hybridClock } = components.replicas
    this.#terms = {
      fenceAbove: stamp => hybridClock.next(stamp),
      isPresent: actor => components.peers.isActor(actor),
      isCertain: id => this.#hearing.isCertain(bucketOf(id)),
      highestUnheard: id => this.#hearing.highestUnheard(bucketOf(id)),
    }
  }

  /** Plain figures. */
  inspect() {
    const { counts, held, waiting, remembered } = this.#table
    return { ...counts, held, waiting, remembered }
  }

  /** `owner`: whose message it is. */
  asked(message: MessageOf<'LOCK'>, owner: string): void {
    const { id, number, patienceMs, stamp } = message
    const { clock, replicas } = this.#components
    if (!this.#isHome(id)) return this.#tell(owner, { type: 'DENIED', id, number, why: 'notHome' })
    replicas.hybridClock.observe(stamp)
    const claim = { owner, number, patienceMs, leaseMs: Math.min(message.leaseMs, MAX_LEASE_MS), stamp }
    const nowMs = clock.now()
    const known = this.#table.grantOf(id, claim)
    if (known) return this.#told(known)
    if (!this.#table.ask(id, claim, nowMs)) return this.#tell(owner, { type: 'DENIED', id, number, why: 'full' })
    this.#grant(id)
  }

  renewed(message: MessageOf<'RENEW'>, owner: string): void {
    const { id, number, renewal, fence, stamp, isHeld } = message
    const { clock, replicas } = this.#components
    if (!this.#isHome(id)) return this.#tell(owner, { type: 'DENIED', id, number, why: 'notHome' })
    replicas.hybridClock.observe(Math.max(stamp, fence))
    const leaseMs = Math.min(message.leaseMs, MAX_LEASE_MS)
    if (!this.#table.renew(id, { owner, number, fence, leaseMs, stamp, isHeld }, clock.now()))
      return this.#tell(owner, { type: 'DENIED', id, number, why: 'lost' })
    const { left, isCertain } = this.#table.grantOf(id, { owner, number })!
    this.#tell(owner, { type: 'GRANTED', id, number, renewal, fence, leaseMs, waitedMs: 0, isCertain, left })
  }

  released(message: MessageOf<'UNLOCK'>, owner: string): void {
    const { id, number, stamp } = message
    const { clock, replicas } = this.#components
    replicas.hybridClock.observe(stamp)
    const isCertain = message.isCertain && this.#isHome(id)
    this.#table.release(id, { owner, number }, { ...message, isCertain }, clock.now())
    this.#grant(id)
  }

  /**
   * A member that is the home of some sessions now asks which of them are locked. One that sees other members than this node gets no answer, and asks again: it may not be their home, and
   * this node would not tell it of those whose home it takes another for.
   */
  whose({ question, view }: MessageOf<'WHOSE'>, source: Member): void {
    const { clock, peers, placement, heldFrom } = this.#components
    const gone = this.#hearing.gone()
    if (!peers.isMember(source) || (view ?? placement.view) !== placement.view || !gone) return
    const isIts = (id: string) => placement.primaryOf(bucketOf(id)) === source.id
    const { known, waiting } = this.#table.takeOut(isIts, clock.now())
    for (const { owner, number, id } of waiting) this.#tell(owner, { type: 'DENIED', id, number, why: 'notHome' })
    const locks = [...heldFrom(source), ...known]
    do {
      const part = locks.splice(0, MOST_NAMED)
      const isLast = locks.length === 0
      peers.send([source], { type: 'LOCKS', question, isLast, locks: part, gone: isLast ? gone : [] }, 'use-ack')
    } while (locks.length > 0)
  }

  learned({ question, isLast, locks, gone }: MessageOf<'LOCKS'>, source: Member): void {
    const { clock, replicas } = this.#components
    for (const lock of locks) {
      replicas.hybridClock.observe(lock.fence)
      // Who told has forgotten it: if another is the home by now, that one hears it from here.
      this.#table.learn(lock, clock.now(), this.#isHome(lock.id))
    }
    this.#hearing.learn(gone)
    if (isLast) this.#hearing.heard(question, source)
  }

  /** Somebody has come or gone: who gives what is found again, and asked for when it is wanted. */
  viewChanged(change?: ViewChange): void {
    this.#hearing.viewChanged(change)
    for (const id of this.#table.awaited()) this.#grant(id)
  }

  /** Once a second. */
  tick(): void {
    this.#noticeStall()
    this.#table.sweep(this.#components.clock.now())
  }

  /** It has said that it leaves: whoever has heard that gives its locks now, and asks it no more. */
  leave(): void {
    this.#isLeaving = true
  }

  stop(): void {
    this.#isStopped = true
    this.#hearing.stop()
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }

  #noticeStall(): void {
    if (this.#hearing.ran()) this.viewChanged()
  }

  #isHome(id: string): boolean {
    return !this.#isLeaving && this.#components.placement.primaryOf(bucketOf(id)) === this.#components.peers.localId
  }

  #grantAll(): void {
    for (const id of this.#table.awaited()) this.#grant(id)
  }

  #grant(id: string): void {
    if (this.#isStopped || !this.#isHome(id)) return
    this.#noticeStall()
    const nowMs = this.#components.clock.now()
    const freeAtMs = this.#hearing.freeAtMs(bucketOf(id))
    if (nowMs < freeAtMs) return this.#grantAt(id, freeAtMs)
    const grant = this.#table.grantNext(id, nowMs, this.#terms)
    if (grant) this.#told(grant)
    this.#grantAt(id, this.#table.dueMs(id))
  }

  /** `atMs` Infinity: `hearing` will say. */
  #grantAt(id: string, atMs = Number.POSITIVE_INFINITY): void {
    this.#timers.get(id)?.cancel()
    this.#timers.delete(id)
    if (atMs === Number.POSITIVE_INFINITY) return
    const { clock } = this.#components
    const again = () => {
      this.#timers.delete(id)
      // What came while this process was busy is read first: the holder may have given it back.
      clock.endOfTurn(() => this.#grant(id))
    }
    this.#timers.set(id, clock.setTimer(Math.max(1, Math.ceil(atMs - clock.now())), again))
  }

  /** How long it waited is told anew each time: never more than it is. */
  #told({ owner, id, number, fence, leaseMs, waitedMs, isCertain, left }: Grant): void {
    const waited = Math.floor(waitedMs)
    this.#tell(owner, { type: 'GRANTED', id, number, renewal: 0, fence, leaseMs, waitedMs: waited, isCertain, left })
  }

  #tell(owner: Claimant['owner'], message: LockMessage): void {
    const { peers, toOwnAsker } = this.#components
    if (owner === peers.actor) return toOwnAsker(message)
    const member = peers.members().find(m => actorOf(m) === owner)
    if (member) peers.send([member], message, 'use-ack')
  }
}
