import type { HaError } from '../errors.js'
import type { SessionLocks } from '../lock/session-locks.js'
import type { DeltaSession } from '../session/delta-session.js'
import type { VersionToken } from '../state/version-token.js'

/**
 * - `here`: the local copy covers what the client has seen.
 * - `behind`: there is a copy, but the client has seen a later one, or it may have been used elsewhere since; `loadSession` asks the other nodes.
 * - `unknown`: no copy here; `loadSession` asks the other nodes.
 * - `dead`: invalidated for ever.
 */
export type FindResult =
  | { readonly kind: 'here'; readonly session: DeltaSession }
  | { readonly kind: 'behind' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'dead' }

/** `stale`: served although it does not cover what the client has seen, because nobody reachable had it in time. */
export type LoadResult =
  | { readonly kind: 'here'; readonly session: DeltaSession; readonly stale: boolean }
  | { readonly kind: 'none' }

/** `use`: somebody uses the session, and it lives on. `look`: it is only looked at, and expires when it would have expired. */
export type Purpose = 'use' | 'look'

/** How a commit was acknowledged: `held` by as many members as asked, or `degraded`: fewer answered in time (or there was nobody to answer). */
export type Acknowledged = 'held' | 'degraded'

/** How much must hold a change before the response leaves. `async`: nobody; `backup`: one other member; `all`: every member. */
export type AcknowledgementLevel = 'async' | 'backup' | 'all'

export interface Commit {
  /** True when the session's state changed, so that the client's token must be renewed. */
  readonly changed: boolean
  /** Attributes that could not be kept, each with its path; the others were. */
  readonly refused: readonly HaError[]
  /** Absent when there is nothing to wait for. Never rejects. */
  readonly acknowledged?: Promise<Acknowledged>
}

/** What the http layer needs from whoever manages sessions. Everything but `loadSession` is synchronous: the commit is local first. */
export interface Manager {
  /** What a log calls the session of this id; undefined where there is no name for it. */
  labelOf?(id: string): string | undefined
  /** Absent where no request can have a session to itself. */
  readonly locks?: SessionLocks
  /** The live session of this id for one request, or why it is not at hand. Each call gives a working copy of its own. Counts as an access unless it is a `look`. */
  findSession(id: string, seen?: VersionToken, purpose?: Purpose): FindResult
  /** As `findSession`, after asking the other nodes and waiting at most `pullTimeout`. Never rejects. */
  loadSession(id: string, seen?: VersionToken, purpose?: Purpose): Promise<LoadResult>
  /** A session that exists is in use: it lives on from now. */
  touchSession(id: string): void
  /**
   * A new, empty session, known to nobody before its first `requestCompleted`. `id` is for those who choose ids themselves: text of 1 to 128 bytes that nobody can guess and
   * that is never used twice, because an id that has ended has ended for good (what is committed under it is not kept). Throws TooManyActiveSessionsError, BadSessionIdError.
   */
  createSession(id?: string): DeltaSession
  /** A new, empty session whose first commit also kills `old`, in one frame. For `id` see `createSession`. */
  replaceSession(old: DeltaSession, id?: string): DeltaSession
  /** Compares, merges locally, sends the changed attributes. May be called several times for one session. */
  requestCompleted(session: DeltaSession, acknowledge?: AcknowledgementLevel): Commit
}
