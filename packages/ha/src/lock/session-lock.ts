import type { Clock } from '@clowder/tribes'
import type { Peers } from '../manager/peers.js'
import type { SessionCopy } from '../manager/session-copy.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { heardOf } from '../state/session-state.js'
import { actorPrefix, type VersionToken } from '../state/version-token.js'
import { counterOf } from '../state/version-vector.js'

export interface SessionLockComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly peers: Pick<Peers, 'ownName'>
  readonly replicas: { readonly hybridClock: { readonly last: Stamp } }
  /** Gives it back to its home. */
  release(lock: SessionLock): void
}

export interface LockTerms {
  readonly id: string
  readonly number: number
  readonly fence: Stamp
  /** When its lease ends unless it is renewed, monotonic ms. */
  readonly endsMs: number
  /** What the last holder left. */
  readonly seen: VersionToken
  readonly isCertain: boolean
}

/** The lock of one session in the hands of one request. Given to `DeltaSession.lock`, its commits look at the lease. */
export class SessionLock {
  readonly id: string
  readonly number: number
  readonly fence: Stamp
  /** What its holder must have seen before it reads: the last commit of the holder before it. */
  readonly seen: VersionToken
  /** Whether that is known. If not, everybody is asked for the session. */
  isCertain: boolean
  readonly #components: SessionLockComponents
  #endsMs: number
  #state: 'held' | 'lost' | 'released' = 'held'
  #left: VersionToken

  constructor(components: SessionLockComponents, { id, number, fence, endsMs, seen, isCertain }: LockTerms) {
    this.#components = components
    this.id = id
    this.number = number
    this.fence = fence
    this.seen = seen
    this.isCertain = isCertain
    this.#endsMs = endsMs
    this.#left = seen
  }

  get isHeld(): boolean {
    return this.#state === 'held' && this.#components.clock.now() < this.#endsMs
  }

  /** What the next holder must have seen. */
  get left(): VersionToken {
    return this.#left
  }

  /** What is left of the lease, ms. */
  get remainingMs(): number {
    return this.isHeld ? this.#endsMs - this.#components.clock.now() : 0
  }

  /** Idempotent. A lost lock is given back too: whoever waits need not wait for the end of the lease. */
  release(): void {
    if (this.#state === 'released') return
    this.#state = 'released'
    this.#components.release(this)
  }

  // What follows is for those that deal with locks.

  /** A commit was made under it. */
  wrote({ state, odd }: SessionCopy): void {
    if (state.kind === 'dead') return
    const { peers, replicas } = this.#components
    const { actor } = peers.ownName(odd.ownName)
    const counter = counterOf(heardOf(state), actor)
    if (counter > 0) this.#left = { dots: [{ actor: actorPrefix(actor), counter }], stamp: replicas.hybridClock.last }
  }

  renewed(endsMs: number): void {
    this.#endsMs = Math.max(this.#endsMs, endsMs)
  }

  /** Its home has given it to somebody else. */
  lost(): void {
    if (this.#state === 'held') this.#state = 'lost'
  }
}
