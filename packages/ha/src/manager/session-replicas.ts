import type { Clock } from '@clowder/tribes'
import { adoptionIn } from '../state/adoption.js'
import type { Creation, DeadState } from '../state/death.js'
import { propertyName } from '../state/entry.js'
import { HybridClock, type Stamp } from '../state/hybrid-clock.js'
import { unpackState } from '../state/packed-state.js'
import {
  type Delta,
  emptyState,
  entryOf,
  forgiven,
  type Joined,
  joinDelta,
  joinStates,
  type LiveState,
  nothingChanged,
  type SessionState,
  withoutNeeded,
} from '../state/session-state.js'
import { joinVectors } from '../state/version-vector.js'
import type { SentState } from '../wire/message.js'
import { certificateWorthTakingMs, worthTakingMs } from './access-times.js'
import type { FormerSession } from './announced-changes.js'
import { Announcements, type AnnouncementsComponents, type AnnouncementsOptions } from './announcements.js'
import { ForgottenSessions } from './forgotten-sessions.js'
import type { KnownSessions } from './known-sessions.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import { SessionTable } from './session-table.js'

const MAX_INACTIVE = propertyName('maxInactiveInterval')
const MAX_AHEAD_MS = 60_000
/** A wrong clock is told of at most so often, ms. */
const WARN_EVERY_MS = 60_000

export interface ReplicasOptions extends AnnouncementsOptions {
  /** Seconds; ≤ 0: never. */
  readonly maxInactiveInterval: number
  /** How long what is gone is remembered by a record of its own, ms. */
  readonly retentionMs: number
}

export interface ReplicasComponents extends AnnouncementsComponents {
  readonly clock: Clock
  readonly known: KnownSessions
  readonly placement: Pick<Placement, 'isUnlimited'>
}

/**
 * The copies of this node, and the one way in which they change: a join, then the events that tell of it. Knows nothing of the network.
 */
export class SessionReplicas {
  readonly table = new SessionTable()
  readonly hybridClock: HybridClock
  readonly forgotten: ForgottenSessions
  readonly announcements: Announcements
  /** Called after every change of a session. */
  changed: (copy: SessionCopy) => void = () => {}
  /** Called after that, with what the change consisted of; the values lie in a message, and may be read during the call only. */
  joined: (copy: SessionCopy, joined: Joined, local: boolean) => void = () => {}
  /** Called when a session that was alive here is no more: dead or expired. */
  removed: (copy: SessionCopy) => void = () => {}
  readonly #components: ReplicasComponents
  readonly #options: ReplicasOptions
  #warnedAtMs = Number.NEGATIVE_INFINITY

  constructor(components: ReplicasComponents, options: ReplicasOptions) {
    this.#components = components
    this.#options = options
    this.forgotten = new ForgottenSessions(components)
    this.announcements = new Announcements(components, options)
    this.hybridClock = new HybridClock(components, {
      maxAheadMs: MAX_AHEAD_MS,
      tooFarAhead: aheadMs => this.#warnOfClock(aheadMs),
    })
  }

  /** A commit of this node, already joined by `commitTo`: stores it. `former`: it was that session, under another id or in a copy given away. */
  committed(id: string, state: LiveState, delta: Delta, before: LiveState, former?: FormerSession): SessionCopy {
    const changes = delta.entries.map(after => ({ before: entryOf(before, after.name), after }))
    const copy = this.#store(id, { state, changes, conflicts: [] }, true, undefined, former)
    copy.isHint = true
    return copy
  }

  /** One commit of another node. `former` as in `committed`. */
  applyDelta(id: string, delta: Delta, former?: FormerSession): SessionCopy {
    this.hybridClock.observe(delta.entries[0]?.stamp ?? 0)
    const copy = this.table.get(id)
    const joined = joinDelta(copy?.state ?? emptyState, delta)
    const recognized = this.forgotten.recognized(id, copy, delta.entries)
    if (recognized) return this.#dieAgain(id, joined.state, recognized)
    const stored = this.#store(id, joined, false, undefined, former)
    stored.isHint = true
    if (copy?.kind === 'dead') this.#endedToo(stored, delta)
    return stored
  }

  /**
   * A whole session from another node, or a death certificate, unless it is past its time already: the others are about to drop it too, and would
   * otherwise get it back from here for ever. `isCompared`: it came because two tables differ. Returns what is here now.
   */
  applyState(sent: SentState, isCompared = true): SessionState | undefined {
    this.hybridClock.observe(latestStamp(sent.state))
    const accessedAtMs = this.#components.clock.now() - sent.idleMs
    const copy = this.table.get(sent.id)
    if (!copy && (this.#isPastTaking(sent, isCompared) || this.#isNeedless(sent.state))) return undefined
    const recognized = sent.state.kind === 'live' && this.forgotten.recognized(sent.id, copy, sent.state.entries)
    if (recognized) return this.#dieAgain(sent.id, ownStateOf(sent), recognized).state
    if (!copy && sent.packed && sent.state.kind === 'live')
      return this.#storePacked(sent.id, sent.state, sent.packed, accessedAtMs)
    const state = ownStateOf(sent)
    const joined = copy ? joinStates(copy.state, withoutNeeded(state, copy.odd.givenUp)) : firstState(state)
    // An end that is news here is told to the others again: they may have had less of the session, and not know whose it was.
    const isNews = copy?.kind === 'live' && state.kind === 'dead'
    const lastMs = isNews ? this.#components.clock.now() : (copy?.accessedAtMs ?? accessedAtMs)
    const stored = this.#store(sent.id, joined, false, Math.max(lastMs, accessedAtMs))
    if (copy?.kind === 'dead' && state.kind === 'live') this.#endedToo(stored, state)
    return stored.state
  }

  /** The end of a session, whoever says so. Returns false when it was dead before. */
  applyDeath(id: string, death: DeadState, local: boolean): boolean {
    this.hybridClock.observe(death.stamp)
    const before = this.table.get(id)
    const wasDead = before?.kind === 'dead'
    const learnedAtMs = wasDead ? before.accessedAtMs : this.#components.clock.now()
    const copy = this.#store(id, joinStates(before?.state ?? emptyState, death), local, learnedAtMs)
    copy.isHint = true
    return !wasDead
  }

  /** Something that a copy needs no longer has been dropped from its state: nothing that anybody must be told. */
  reduce(copy: SessionCopy, state: LiveState): void {
    this.table.put(copy.id, state, this.#components.clock.now())
  }

  /** Stops waiting for commits that nobody alive has, also when somebody who has not stopped yet sends his copy. */
  forgive(copy: SessionCopy): void {
    const { state } = copy
    if (!copy.hasGap || state.kind === 'dead') return
    copy.note({ givenUp: joinVectors(copy.odd.givenUp, state.needed) })
    copy.state = forgiven(state)
    this.announcements.forgiven(copy)
  }

  /** Drops a copy; `tells`: this node is the one to tell the application. `mayBeInUse`: by somebody who cannot be asked. */
  expire(copy: SessionCopy, tells: boolean, mayBeInUse: boolean): void {
    const { state } = copy
    copy.hasExpired = true
    this.table.remove(copy)
    this.forgotten.expiredUnasked.addLately(copy.id)
    if (mayBeInUse) this.forgotten.expiredUnasked.add(copy.id)
    this.removed(copy)
    this.announcements.expired(copy.id, state, tells)
  }

  /** What was written by somebody who had not heard of the end: a cookie may name it. */
  #endedToo(certificate: SessionCopy, part: Pick<LiveState, 'entries'>): void {
    certificate.note({ endedStamp: Math.max(certificate.odd.endedStamp, latestSeenIn(part)) })
  }

  /** A certificate of what would be recognized without it has been here before, where everything is. */
  #isNeedless(state: SessionState): boolean {
    const { known, placement } = this.#components
    return state.kind === 'dead' && placement.isUnlimited && known.hasForgotten(state)
  }

  #dieAgain(id: string, state: SessionState, { actor, stamp: seen }: Creation): SessionCopy {
    const stamp = this.hybridClock.next(latestStamp(state))
    const again: DeadState = { kind: 'dead', reason: 'invalidated', stamp, creation: { actor, stamp: seen } }
    const { state: death } = joinStates(state, again)
    if (death.kind === 'dead') this.applyDeath(id, death, false)
    return this.table.get(id)!
  }

  #store(
    id: string,
    joined: Joined,
    local: boolean,
    accessedAtMs = this.#components.clock.now(),
    former?: FormerSession,
  ): SessionCopy {
    const before = this.table.get(id)
    const stateBefore = before?.state
    const copy = this.table.put(id, joined.state, this.#components.clock.now())
    copy.accessedAtMs = accessedAtMs
    if (!before) copy.toldAccessMs = accessedAtMs
    if (!before || joined.changes.length > 0 || joined.state.kind === 'dead')
      copy.idleLimitMs = this.#idleLimitOf(joined.state)
    return this.#stored(copy, stateBefore, joined, local, former)
  }

  /** A session that is new here, and that nobody may ever open here: its bytes are kept as they are. */
  #storePacked(id: string, state: LiveState, packed: Uint8Array, accessedAtMs: number): SessionState {
    const copy = this.table.putPacked(id, state, packed, accessedAtMs)
    copy.idleLimitMs = this.#idleLimitOf(state)
    const isHeard = this.announcements.tellsOfAttributes(false)
    this.#stored(copy, undefined, isHeard ? firstState(copy.state) : nothingChanged(state), false)
    return state
  }

  #stored(
    copy: SessionCopy,
    before: SessionState | undefined,
    joined: Joined,
    local: boolean,
    former?: FormerSession,
  ): SessionCopy {
    this.announcements.changed(copy, before, joined, local, former)
    if (joined.state.kind === 'live') this.forgotten.stored(copy, before, joined.state)
    if (joined.state.kind === 'dead') {
      copy.note({ creation: joined.state.creation, adopted: joined.state.adopted })
      if (before?.kind === 'live') copy.note({ endedStamp: latestSeenIn(before) })
      this.forgotten.expiredUnasked.ended(copy.id)
      if (copy.idleMs(this.#components.clock.now()) >= copy.idleLimitMs) this.table.unlist(copy)
      this.removed(copy)
      if (copy.odd.local) copy.note({ local: undefined })
    }
    this.changed(copy)
    this.joined(copy, joined, local)
    return copy
  }

  #idleLimitOf(state: SessionState): number {
    if (state.kind === 'dead') return this.#options.retentionMs
    const seconds = this.#ownInterval(state) ?? this.#options.maxInactiveInterval
    return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY
  }

  /**
   * A certificate that is past its time is kept by those who may need it, and not compared: whoever is given it none the less is to hold it instead, or has asked for
   * the session and would begin it anew.
   */
  #isPastTaking({ state, idleMs }: SentState, isCompared: boolean): boolean {
    return idleMs >= this.#keptMs(state) && (isCompared || state.kind === 'live')
  }

  /** How long after its last use a session, or a certificate, is worth taking from another node: whoever has it is about to drop it after this. */
  #keptMs(state: SessionState): number {
    const limitMs = this.#idleLimitOf(state)
    return state.kind === 'dead' ? certificateWorthTakingMs(limitMs) : worthTakingMs(limitMs)
  }

  /** The session's own maxInactiveInterval, unless there is none or what another node sent for it is no number. */
  #ownInterval(state: LiveState): number | undefined {
    const entry = entryOf(state, MAX_INACTIVE)
    if (!entry) return undefined
    try {
      const seconds = Number(entry.value && this.#components.codec.decode(entry.value))
      return Number.isNaN(seconds) ? undefined : seconds
    } catch (error) {
      this.#components.logger.error({ err: error }, 'The maxInactiveInterval of a session cannot be decoded.')
      return undefined
    }
  }

  #warnOfClock(aheadMs: number): void {
    const nowMs = this.#components.clock.now()
    if (nowMs - this.#warnedAtMs < WARN_EVERY_MS) return
    this.#warnedAtMs = nowMs
    this.#components.logger.warn(
      { aheadMs },
      'a member writes with a clock that is far ahead of ours: check the time on all hosts',
    )
  }
}

/** The state as one that may be kept: its values are its own. */
function ownStateOf({ state, packed }: SentState): SessionState {
  return packed ? unpackState(packed) : state
}

function firstState(state: SessionState): Joined {
  const changes = state.kind === 'live' ? state.entries.map(after => ({ before: undefined, after })) : []
  return { state, changes, conflicts: [] }
}

/** The newest that the cookie of one of its clients may name, be it that the client had seen it elsewhere. */
function latestSeenIn({ entries }: Pick<LiveState, 'entries'>): Stamp {
  return entries.reduce((latest, { stamp }) => Math.max(latest, stamp), adoptionIn(entries)?.stamp ?? 0)
}

function latestStamp(state: SessionState): number {
  if (state.kind === 'dead') return state.stamp
  let latest = 0
  for (const { stamp } of state.entries) if (stamp > latest) latest = stamp
  return latest
}
