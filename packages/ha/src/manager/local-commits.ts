import type { Clock } from '@clowder/tribes'
import { type HaError, SessionTooLargeError, TooManyAttributesError } from '../errors.js'
import type { CollectedChanges, DeltaSession } from '../session/delta-session.js'
import { isProperty, sameDot } from '../state/entry.js'
import {
  commitTo,
  type DeadState,
  type DeathReason,
  type Delta,
  emptyState,
  entryOf,
  greatestStamp,
  type LiveState,
} from '../state/session-state.js'
import type { Message } from '../wire/message.js'
import type { AccessTimes } from './access-times.js'
import type { Acknowledgements } from './acknowledgements.js'
import type { AcknowledgementLevel, Commit } from './manager.js'
import type { Peers } from './peers.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'

export interface CommitLimits {
  readonly maxSessionBytes: number
  readonly maxAttributes: number
}

export interface CommitCounts {
  commits: number
  deaths: number
  refused: number
}

export interface LocalCommitsComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly accessTimes: AccessTimes
  readonly acknowledgements: Acknowledgements
}

const nothing: Commit = { changed: false, refused: [] }

/** What this node's requests change: compared, joined into the copy, sent to all. The copy is current before anything is sent. */
export class LocalCommits {
  readonly counts: CommitCounts = { commits: 0, deaths: 0, refused: 0 }
  readonly #components: LocalCommitsComponents
  readonly #limits: CommitLimits

  constructor(components: LocalCommitsComponents, limits: CommitLimits) {
    this.#components = components
    this.#limits = limits
  }

  commit(session: DeltaSession, level: AcknowledgementLevel): Commit {
    if (session.isDying) return this.#commitDeath(session, level)
    if (!session.isValid) return nothing
    return session.replaces === undefined
      ? this.#commitChanges(session, level)
      : this.#commitReplacement(session, level)
  }

  /** Ends a session whoever asks for it: an administrator, a shutdown. */
  kill(id: string, reason: DeathReason, level: AcknowledgementLevel): Commit {
    const death = this.#death(reason)
    this.#components.replicas.applyDeath(id, death, true)
    this.counts.deaths++
    return this.#send({ type: 'DEATH', id, reason, stamp: death.stamp }, level, [])
  }

  #commitDeath(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const id = session.copy?.id ?? session.replaces
    session.ended()
    return id === undefined ? nothing : this.kill(id, 'invalidated', level)
  }

  #commitChanges(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const changes = this.#limited(session, session.collectChanges())
    const refused = [...changes.refused.values()]
    if (changes.values.size === 0) return { ...nothing, refused }
    const { copy, delta } = this.#apply(session, session.id, liveState(session.copy), changes)
    session.committed(copy, changes.refused.keys())
    return this.#send({ type: 'DELTA', id: copy.id, delta }, level, refused)
  }

  #commitReplacement(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const oldId = session.replaces!
    const isRename = session.copy?.id === oldId
    const changes = this.#limited(session, session.collectAll())
    const death = this.#death(isRename ? 'renamed' : 'invalidated')
    const { copy, delta } = this.#apply(session, session.id, emptyState, changes)
    this.#components.replicas.applyDeath(oldId, death, true)
    this.counts.deaths++
    if (isRename) this.#components.replicas.announceIdChange(oldId, copy.id, true)
    session.committed(copy, changes.refused.keys())
    const { reason, stamp } = death
    return this.#send({ type: 'REGEN', oldId, reason, stamp, id: copy.id, delta }, level, [...changes.refused.values()])
  }

  #apply(
    session: DeltaSession,
    id: string,
    base: LiveState,
    changes: CollectedChanges,
  ): { copy: SessionCopy; delta: Delta } {
    const { replicas, peers, accessTimes } = this.#components
    const stamp = replicas.hybridClock.next(greatestStamp(base, changes.values.keys()))
    const { state, delta } = commitTo(base, peers.actor, stamp, changes.values)
    const overwritten = overwrittenUnseen(session, base, delta)
    const copy = replicas.committed(id, state, delta, base)
    for (const conflict of overwritten) replicas.announceConflict(id, conflict, true)
    accessTimes.told(copy)
    this.counts.commits++
    return { copy, delta }
  }

  #send(message: Message, level: AcknowledgementLevel, refused: readonly HaError[]): Commit {
    const { peers, acknowledgements } = this.#components
    this.counts.refused += refused.length
    const members = peers.members()
    const pending = acknowledgements.expect(level, members)
    peers.send(members, message, pending ? 'synchronized-ack' : 'asynchronous', pending)
    return pending ? { changed: true, refused, acknowledged: pending.acknowledged } : { changed: true, refused }
  }

  #death(reason: DeathReason): DeadState {
    return { kind: 'dead', reason, stamp: this.#components.replicas.hybridClock.next() }
  }

  /** Takes out what would make the session larger than allowed, attribute by attribute. */
  #limited(session: DeltaSession, changes: CollectedChanges): CollectedChanges {
    let { bytes, attributes } = sizeOf(liveState(session.copy))
    for (const [name, value] of changes.values) {
      const before = session.copy && entryOf(liveState(session.copy), name)?.value
      const grown = bytes + (value?.length ?? 0) - (before?.length ?? 0)
      const count = attributes + (value && !before && !isProperty(name) ? 1 : 0)
      if (value && grown > this.#limits.maxSessionBytes) {
        changes.refused.set(name, new SessionTooLargeError(name, grown, this.#limits.maxSessionBytes))
      } else if (value && count > this.#limits.maxAttributes) {
        changes.refused.set(name, new TooManyAttributesError(name, this.#limits.maxAttributes))
      } else {
        bytes = grown
        attributes = count
        continue
      }
      changes.values.delete(name)
    }
    return changes
  }
}

function liveState(copy: SessionCopy | undefined): LiveState {
  return copy?.state.kind === 'live' ? copy.state : emptyState
}

function sizeOf(state: LiveState): { bytes: number; attributes: number } {
  let bytes = 0
  let attributes = 0
  for (const { name, value } of state.entries) {
    bytes += value?.length ?? 0
    if (value && !isProperty(name)) attributes++
  }
  return { bytes, attributes }
}

/** Entries that this commit replaces although its request had based its value on an older one: another request wrote them meanwhile. */
function overwrittenUnseen(session: DeltaSession, base: LiveState, delta: Delta) {
  return delta.entries.flatMap(kept => {
    const dropped = entryOf(base, kept.name)
    const read = session.baseOf(kept.name)
    return dropped && !(read && sameDot(read, dropped)) ? [{ kept, dropped }] : []
  })
}
