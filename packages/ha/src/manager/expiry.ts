import type { Clock, Member } from '@clowder/tribes'
import { textHash } from '../state/state-hash.js'
import type { Access } from '../wire/message.js'
import type { Absences } from './absences.js'
import { type AccessTimes, ANSWER_MS, graceMs, lastGivenMs, MAX_PER_MESSAGE } from './access-times.js'
import { BUCKETS } from './digest.js'
import type { Forgetting } from './forgetting.js'
import type { Newcomers } from './newcomers.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'

export interface ExpiryCounts {
  expired: number
  /** Sessions past their limit that another node had seen used: kept. */
  spared: number
}

export interface ExpiryComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly absences: Absences
  readonly forgetting: Forgetting
  readonly accessTimes: AccessTimes
  readonly placement: Placement
  readonly newcomers: Newcomers
}

/**
 * Drops idle sessions, on every node by its own monotonic clock. A session past its limit is first asked for: a node that has seen a later use says
 * so. What is still idle a grace later is dropped everywhere; one node tells its application that it is the one to tell. Works through the table a
 * few buckets at a time.
 */
export class Expiry {
  readonly counts: ExpiryCounts = { expired: 0, spared: 0 }
  readonly #components: ExpiryComponents
  /** Asked for, and when. What is gone is taken out when it is looked at next. */
  readonly #asked = new Map<SessionCopy, number>()
  /** Those among them that have not been looked at in this round. */
  #again: Iterator<SessionCopy> | undefined
  #next = 0

  constructor(components: ExpiryComponents) {
    this.#components = components
  }

  /** Looks at the next `buckets` buckets, until `isOver` says that it has taken enough time. Answers how many are left. */
  sweep(buckets: number, isOver: () => boolean): number {
    const nowMs = this.#components.clock.now()
    const doubtful: SessionCopy[] = []
    let left = buckets
    while (left > 0 && (left === buckets || !isOver())) {
      for (const copy of this.#components.replicas.table.bucket(this.#next)) this.#look(copy, nowMs, doubtful)
      this.#next = (this.#next + 1) % BUCKETS
      left--
    }
    if (doubtful.length > 0) this.#ask(doubtful, nowMs)
    return left
  }

  /** Past their limit, and nobody is to have them: the others are asked for them before it is their turn. */
  hurry(copies: readonly SessionCopy[]): void {
    const unasked = copies.filter(copy => !this.#asked.has(copy))
    if (unasked.length > 0) this.#ask(unasked, this.#components.clock.now())
  }

  /** What has been asked for is not left to its next turn: all of it is looked at, until `isOver` says that this has taken enough time. True: there is more. */
  lookAgain(isOver: () => boolean): boolean {
    const nowMs = this.#components.clock.now()
    this.#again ??= this.#asked.keys()
    for (let next = this.#again.next(); !next.done; next = this.#again.next()) {
      this.#lookAgain(next.value, nowMs)
      if (isOver()) return true
    }
    this.#again = undefined
    return false
  }

  /** Another node is about to drop these: the ones used more recently, as this node knows. */
  knownBetter(accesses: readonly Access[]): readonly Access[] {
    const { accessTimes } = this.#components
    const better: Access[] = []
    for (const { id, idleMs } of accesses) {
      const knownMs = accessTimes.idleMs(id)
      if (knownMs < idleMs) better.push({ id, idleMs: knownMs })
    }
    return better
  }

  #lookAgain(copy: SessionCopy, nowMs: number): void {
    if (this.#components.replicas.table.get(copy.id) === copy) this.#look(copy, nowMs, [])
    else this.#asked.delete(copy)
  }

  #look(copy: SessionCopy, nowMs: number, doubtful: SessionCopy[]): void {
    const overMs = copy.idleMs(nowMs) - copy.idleLimitMs
    if (copy.kind === 'dead') {
      this.#asked.delete(copy)
    } else if (overMs < 0) {
      if (this.#asked.delete(copy)) this.counts.spared++
      this.#components.forgetting.look(copy)
    } else if (!this.#asked.has(copy)) {
      doubtful.push(copy)
    } else if (overMs >= graceMs(copy.idleLimitMs) && nowMs - this.#asked.get(copy)! >= ANSWER_MS) {
      this.#expire(copy)
    }
  }

  #ask(copies: readonly SessionCopy[], nowMs: number): void {
    const { peers } = this.#components
    for (const copy of copies) this.#asked.set(copy, nowMs)
    const accesses = copies.map(copy => ({ id: copy.id, idleMs: copy.idleMs(nowMs) }))
    for (let i = 0; i < accesses.length; i += MAX_PER_MESSAGE) {
      const message = { type: 'EXPIRING', accesses: accesses.slice(i, i + MAX_PER_MESSAGE) } as const
      peers.send(peers.members(), message, 'asynchronous')
    }
  }

  #expire(copy: SessionCopy): void {
    this.counts.expired++
    const { absences, replicas } = this.#components
    replicas.expire(copy, this.#isPrimary(copy), absences.isAnybodyOut())
  }

  /**
   * Highest random weight among the members (Thaler and Ravishankar 1998): all agree on one node without talking. Who came after the session was given to anybody has nothing to tell
   * (seed 1997537): the others do without him. Who may have been given it in its last moment is the one, although he may not have been: otherwise two would be (seeds 2738, 6514).
   */
  #isPrimary({ id, bucket, accessedAtMs, idleLimitMs }: SessionCopy): boolean {
    const { newcomers, peers, placement } = this.#components
    const givenUntilMs = accessedAtMs + lastGivenMs(idleLimitMs, placement.isSingle)
    const lacks = (memberId: string) => newcomers.lacks(memberId, accessedAtMs, givenUntilMs)
    if (!placement.isEverywhere) return placement.isPrimary(bucket, lacks)
    const own = textHash(id + peers.localId)
    return peers.members().every((m: Member) => lacks(m.id) || textHash(id + m.id) < own)
  }
}
