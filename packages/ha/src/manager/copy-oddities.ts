import type { Origin } from '../state/death.js'
import type { Stamp } from '../state/hybrid-clock.js'
import type { Conflict } from '../state/session-state.js'
import { emptyVector, type VersionVector } from '../state/version-vector.js'

/** What few copies have to be remembered of: all others share one object that says so. */
export interface CopyOddities extends Origin {
  /** Under which of this process's names it writes to the session; 0: the usual one. See `Peers.ownName`. */
  readonly ownName: number
  /** Of a death certificate: the greatest stamp of what it has ended here. Of a write that its maker had not seen it may be greater than its own. */
  readonly endedStamp: Stamp
  /** Of a copy that was adopted: by process, of those that its client had seen, up to which stamp what they had written was forgotten before it came here. */
  readonly forgottenBefore: ReadonlyMap<string, Stamp>
  /** Stamp of the oldest removal that is kept; 0: none. */
  readonly oldestRemoval: Stamp
  /** More removals are kept than one session may have for long. */
  readonly isCrowded: boolean
  /** Commits that nobody had who was asked for them: not waited for again because another member still waits. */
  readonly givenUp: VersionVector
  /** Between parts of it that came before its beginning, if it is one that lives. */
  readonly untoldConflicts: readonly Conflict[]
  /** Attributes that are excluded from replication stay on this node. */
  readonly local: Map<string, unknown> | undefined
}

export const noOddities: CopyOddities = {
  ownName: 0,
  creation: undefined,
  adopted: undefined,
  endedStamp: 0,
  forgottenBefore: new Map(),
  oldestRemoval: 0,
  isCrowded: false,
  givenUp: emptyVector,
  untoldConflicts: [],
  local: undefined,
}
