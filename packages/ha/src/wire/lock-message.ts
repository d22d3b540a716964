import type { Stamp } from '../state/hybrid-clock.js'
import type { VersionToken } from '../state/version-token.js'
import type { Departure } from './message.js'

/** A lock as others are told of it. */
export interface KnownLock {
  readonly id: string
  /** The incarnation that holds it; empty: it is free, and this is what its last holder left. */
  readonly owner: string
  readonly number: number
  readonly fence: Stamp
  /** What is left of the lease, ms. */
  readonly leaseMs: number
  readonly left: VersionToken
}

/** `notHome`: ask another. `full`: too many wait. `lost`: the lock is not the asker's any more. */
export type Denial = 'notHome' | 'full' | 'lost'

/** What members say to each other about locks: see docs/design/0007-session-locks.md. `number` is the asker's own for one question and the lock it is answered with. */
export type LockMessage =
  /** `stamp`, here and below: how far the sender's hybrid clock is. */
  | {
      readonly type: 'LOCK'
      readonly id: string
      readonly number: number
      readonly leaseMs: number
      readonly patienceMs: number
      readonly stamp: Stamp
    }
  /** `renewal` 0: it is the asker's now, after `waitedMs`; else the answer to that renewal. `isCertain`: `left` is what the last holder left. */
  | {
      readonly type: 'GRANTED'
      readonly id: string
      readonly number: number
      readonly renewal: number
      readonly fence: Stamp
      readonly leaseMs: number
      readonly waitedMs: number
      readonly isCertain: boolean
      readonly left: VersionToken
    }
  /** `isHeld`: the lease still ran when the holder asked. */
  | {
      readonly type: 'RENEW'
      readonly id: string
      readonly number: number
      readonly renewal: number
      readonly fence: Stamp
      readonly leaseMs: number
      readonly stamp: Stamp
      readonly isHeld: boolean
    }
  /** Gives a lock back, or takes a question back (`fence` 0). */
  | {
      readonly type: 'UNLOCK'
      readonly id: string
      readonly number: number
      readonly fence: Stamp
      readonly stamp: Stamp
      readonly isCertain: boolean
      readonly left: VersionToken
    }
  | { readonly type: 'DENIED'; readonly id: string; readonly number: number; readonly why: Denial }
  /** "Which locks do you know of that are mine to give?" `view`: of whom the asker makes out the homes, for only who does so of the same can say; undefined: it is older, and does not tell. */
  | { readonly type: 'WHOSE'; readonly question: number; readonly view: number | undefined }
  /** `gone`: who may have given or held others lately. */
  | {
      readonly type: 'LOCKS'
      readonly question: number
      readonly isLast: boolean
      readonly locks: readonly KnownLock[]
      readonly gone: readonly Departure[]
    }
