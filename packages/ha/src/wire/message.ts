import type { Creation, DeadState } from '../state/death.js'
import type { Stamp } from '../state/hybrid-clock.js'
import type { Delta, SessionState } from '../state/session-state.js'
import type { Hash64 } from '../state/state-hash.js'
import type { VersionVector } from '../state/version-vector.js'
import type { LockMessage } from './lock-message.js'

/** A session on its way to another copy. `idleMs`: since its last use; an age, so that no two hosts' clocks are compared. */
export interface SentState {
  readonly id: string
  readonly idleMs: number
  readonly state: SessionState
  /** The state's canonical bytes, where they are at hand. */
  readonly packed?: Uint8Array
}

/** A session's id and how long it has been idle, ms. */
export interface Access {
  readonly id: string
  readonly idleMs: number
}

export interface BucketHash {
  readonly bucket: number
  readonly hash: Hash64
}

/** All sessions of one bucket, each by its hash. */
export interface BucketRows {
  readonly bucket: number
  readonly rows: readonly Hash64[]
}

/** Everything that an incarnation created from one stamp to another has been in a table. A process and its clone have one incarnation: `since` tells them apart. */
export interface Known extends Creation {
  readonly since: Stamp
}

/** What a node remembers of sessions that may have been forgotten since: see `KnownSessions`. */
export interface Memory {
  readonly known: readonly Known[]
  /** The greatest stamp of a death certificate that has been forgotten. */
  readonly collected: Stamp
}

/** An incarnation and for how long it has been no member. */
export interface Departure {
  readonly actor: string
  readonly goneMs: number
  /** It had said goodbye. */
  readonly hasLeft: boolean
}

/** Everything one manager says to another. `docs/wire-format.md` has the bytes. */
export type Message =
  /** One commit. */
  | { readonly type: 'DELTA'; readonly id: string; readonly delta: Delta }
  | { readonly type: 'DEATH'; readonly id: string; readonly death: DeadState }
  /** The death of an old id and the first commit of a new one, in one frame: no moment with both or neither. */
  | {
      readonly type: 'REGEN'
      readonly oldId: string
      readonly death: DeadState
      readonly id: string
      readonly delta: Delta
    }
  /** Whole sessions: the answer to a PULL (`exchange` is its number) or a part of an exchange. */
  | { readonly type: 'STATE'; readonly exchange: number; readonly states: readonly SentState[] }
  /** "Send me this session if you have anything that this vector does not include, or have seen it used more recently." */
  | {
      readonly type: 'PULL'
      readonly exchange: number
      readonly id: string
      readonly vector: VersionVector
      readonly idleMs: number
    }
  /** The answer to a PULL: nothing newer here. */
  /** `isHere`: the session is, and is no newer than what was asked with. */
  | { readonly type: 'NOTHING'; readonly exchange: number; readonly isHere: boolean }
  | { readonly type: 'TOUCH'; readonly accesses: readonly Access[] }
  /** "About to drop these as expired: has anybody seen them used more recently?" Answered with TOUCH. */
  | { readonly type: 'EXPIRING'; readonly accesses: readonly Access[] }
  /** Opens an exchange about one share of the table. `isReady`: the opener has finished joining. `asksWhoIsGone`: nobody has told it yet. `view`: a hash of whom it sees. */
  | {
      readonly type: 'DIGEST'
      readonly exchange: number
      readonly share: number
      readonly shares: number
      readonly isReady: boolean
      readonly asksWhoIsGone: boolean
      readonly view: number
      readonly root: Hash64
    }
  /** The answer when the roots differ. */
  | { readonly type: 'BUCKETS'; readonly exchange: number; readonly buckets: readonly BucketHash[] }
  /** The opener's rows of the buckets that differ. `known`: what it remembers, so that it is not told that it has had what it is not given. */
  | {
      readonly type: 'LIST'
      readonly exchange: number
      readonly lists: readonly BucketRows[]
      readonly isLast: boolean
      readonly known: readonly Known[]
    }
  /** Rows that the opener has and the answerer lacks. */
  | { readonly type: 'WANT'; readonly exchange: number; readonly buckets: readonly BucketRows[] }
  /**
   * The answerer has sent everything that it had when it made `memory`. `isReady`: it has finished joining itself, and did not break off. `departures`: for an
   * opener that asks who is gone, or whose table differs. `canTell`: the answerer is not itself so new, or has not stood still so lately, that it need not
   * know any of them.
   */
  | {
      readonly type: 'DONE'
      readonly exchange: number
      readonly sent: number
      readonly isReady: boolean
      readonly canTell: boolean
      readonly memory: Memory
      readonly departures: readonly Departure[]
    }
  /** "I stop now; whatever I held, you hold." Tells an orderly leave from a loss. Nothing that it did is stamped above `stamp`; 0, of a former version: it does not say. */
  | { readonly type: 'LEAVING'; readonly stamp: Stamp }
  /** Sessions that expired while somebody was missing, who may be using them: for an opener that asks who is gone. */
  | { readonly type: 'EXPIRED'; readonly ids: readonly string[] }
  | LockMessage

export type MessageType = Message['type']
