import type { DeltaSession } from '../session/delta-session.js'
import type { CollectedChanges } from '../session/request-view.js'
import type { SessionOrigin } from '../session/session-origin.js'
import type { HybridClock } from '../state/hybrid-clock.js'
import type { Joined } from '../state/session-state.js'
import type { DeltaManager } from './delta-manager.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionTable } from './session-table.js'

/** Who takes part in what happens to a manager's sessions. All is called in the turn in which it happens, also what it causes itself. */
export interface SessionWatch {
  /** A commit of this node is about to be made of `changes`, to which may be added, and of which may be refused. */
  committing?(session: DeltaSession, changes: CollectedChanges): void
  /** A session has changed, or has come. A copy that came packed shows no changes. Values may be read during the call only. */
  joined?(copy: SessionCopy, joined: Joined, local: boolean): void
  /** The session is here no more: it has ended, expired, or is held by others. */
  dropped?(copy: SessionCopy): void
  /** The manager stops; nobody who waits is to be left waiting. */
  stop?(): void
}

/** What a watch sees of the manager. */
export interface WatchedParts {
  readonly manager: DeltaManager
  readonly origin: SessionOrigin
  readonly table: SessionTable
  readonly hybridClock: HybridClock
  readonly placement: Placement
  readonly peers: Peers
}
