import type { Clock, Logger, Member } from '@clowder/tribes'
import type { HaError } from '../errors.js'
import type { SessionLabel } from '../ports/session-label.js'
import type { DeltaSession } from '../session/delta-session.js'
import type { CollectedChanges } from '../session/request-view.js'
import { ADOPTED, encodeAdoption } from '../state/adoption.js'
import { type DeadState, type DeathReason, deathOf, isNamed } from '../state/death.js'
import { isMerged, sameDot } from '../state/entry.js'
import {
  type Conflict,
  commitTo,
  type Delta,
  emptyState,
  entryOf,
  greatestStamp,
  heardOf,
  type LiveState,
} from '../state/session-state.js'
import { counterOf } from '../state/version-vector.js'
import type { Message } from '../wire/message.js'
import type { AccessTimes } from './access-times.js'
import type { Acknowledgements, PendingCommit } from './acknowledgements.js'
import type { FormerSession } from './announced-changes.js'
import { followCopy } from './following.js'
import type { Handover } from './handover.js'
import type { AcknowledgementLevel, Commit } from './manager.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { bucketOf } from './session-table.js'
import { SizeLimits, type SizeLimitsOptions } from './size-limits.js'

export interface CommitCounts {
  commits: number
  deaths: number
  refused: number
}

export interface LocalCommitsComponents {
  readonly logger: Logger
  readonly sessionLabel?: SessionLabel | undefined
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly accessTimes: AccessTimes
  readonly acknowledgements: Acknowledgements
  readonly placement: Placement
  readonly handover: Handover
}

interface Applied {
  readonly copy: SessionCopy
  readonly delta: Delta
}

type SentChange = Extract<Message, { type: 'DELTA' | 'DEATH' | 'REGEN' }>

const MAX_REMEMBERED = 100_000

const nothing: Commit = { changed: false, refused: [] }

/** What this node's requests change: compared, joined into the copy, sent to all. The copy is current before anything is sent. */
export class LocalCommits {
  readonly counts: CommitCounts = { commits: 0, deaths: 0, refused: 0 }
  /** Called before every commit that is no end; may add to it, and refuse parts of it. */
  committing: (session: DeltaSession, changes: CollectedChanges) => void = () => {}
  readonly #components: LocalCommitsComponents
  readonly #sizes: SizeLimits
  /** How many names of this process are in use besides the usual one. */
  #names = 0
  /** Of sessions whose copy was dropped: how many commits this process had made. */
  readonly #made = new Map<string, number>()

  constructor(components: LocalCommitsComponents, limits: SizeLimitsOptions) {
    this.#components = components
    this.#sizes = new SizeLimits(components, limits)
  }

  inspect() {
    return { ...this.counts, large: this.#sizes.large }
  }

  commit(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const { replicas, clock } = this.#components
    // What is written now is to be above all that the request has seen.
    followCopy(session, replicas, clock.now())
    if (session.isDying) return this.#commitDeath(session, level)
    if (!session.isValid || this.#copyOf(session)?.kind === 'dead') return nothing
    return session.replaces === undefined
      ? this.#commitChanges(session, level)
      : this.#commitReplacement(session, level)
  }

  /** Ends a session whoever asks for it: an administrator, a shutdown. */
  kill(id: string, reason: DeathReason, level: AcknowledgementLevel): Commit {
    const death = this.#endOf(id, reason)
    this.#components.replicas.applyDeath(id, death, true)
    this.counts.deaths++
    return this.#send({ type: 'DEATH', id, death }, level, [])
  }

  #commitDeath(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const id = session.copy?.id ?? session.replaces ?? session.adoptedId
    this.#bringBack(session)
    session.ended()
    return id === undefined ? nothing : this.kill(id, 'invalidated', level)
  }

  #commitChanges(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const changes = this.#allowedOf(session)
    const refused = this.#refused(session, changes)
    if (changes.values.size === 0) return { ...nothing, refused }
    if (session.adoptedId !== undefined && !this.#copyOf(session))
      changes.values.set(ADOPTED, encodeAdoption(session.seen))
    const { placement, replicas } = this.#components
    const held = replicas.table.get(session.id)
    // A copy that was given away under the request: those who took it may have died since.
    const isGone = !held && session.copy !== undefined && !placement.isEverywhere
    // What this node had to hand over before it still has to: its owners need not have what the change builds on.
    const isOwed = isGone || held?.isHint
    const base = liveState(this.#copyOf(session))
    const { copy, delta } = this.#apply(session, session.id, base, changes, this.#givenAway(session))
    const message: SentChange = { type: 'DELTA', id: copy.id, delta }
    if (session.isDoubtful || isGone) this.#sendWhole(copy, message)
    return this.#send(message, level, refused, isOwed)
  }

  #commitReplacement(session: DeltaSession, level: AcknowledgementLevel): Commit {
    const oldId = session.replaces!
    const isRename = session.copy?.id === oldId
    const changes = session.withAll(this.#allowedOf(session))
    const refused = this.#refused(session, changes)
    const broughtBack = this.#bringBack(session)
    const death = this.#endOf(oldId, isRename ? 'renamed' : 'invalidated')
    const former = isRename ? { id: oldId, state: liveState(this.#components.replicas.table.get(oldId)) } : undefined
    const { copy, delta } = this.#appliedUnlessLost(broughtBack, () =>
      this.#apply(session, session.id, emptyState, changes, former),
    )
    this.#components.replicas.applyDeath(oldId, death, true)
    this.counts.deaths++
    if (isRename) this.#components.replicas.announcements.idChanged(oldId, copy.id, true)
    return this.#send({ type: 'REGEN', oldId, death, id: copy.id, delta }, level, refused)
  }

  /** A member that did not own the session may have dropped its copy while the request ran, whoever owns it now: what ends here ends with what it was. */
  #bringBack({ copy }: DeltaSession): SessionCopy | undefined {
    const { clock, replicas } = this.#components
    if (!copy || copy.hasExpired || replicas.table.get(copy.id)) return undefined
    return replicas.table.put(copy.id, copy.state, clock.now())
  }

  /** Where the lock has been lost nothing ends, and a copy that came back for that belongs to others: nobody would ever drop it here. */
  #appliedUnlessLost(broughtBack: SessionCopy | undefined, apply: () => Applied): Applied {
    try {
      return apply()
    } catch (error) {
      if (broughtBack) this.#components.replicas.table.remove(broughtBack)
      throw error
    }
  }

  /** What the application knows of a session whose copy was dropped under this request: that it began is not told again. */
  #givenAway({ copy }: DeltaSession): FormerSession | undefined {
    if (copy?.state.kind !== 'live' || copy.hasExpired || this.#components.replicas.table.get(copy.id)) return undefined
    return { id: copy.id, state: copy.state }
  }

  /** What a request has changed, but for what is refused. */
  #allowedOf(session: DeltaSession): CollectedChanges {
    const changes = this.#limited(session, session.collectChanges())
    // What is ended to make room for a login is not brought back when the login turns out to be none.
    if (changes.values.size > 0) session.assertLocked()
    this.committing(session, changes)
    return changes
  }

  #refused(session: DeltaSession, { refused }: CollectedChanges): readonly HaError[] {
    session.refused(refused.keys())
    this.counts.refused += refused.size
    return [...refused.values()]
  }

  #apply(
    session: DeltaSession,
    id: string,
    base: LiveState,
    changes: CollectedChanges,
    former?: FormerSession,
  ): Applied {
    const { replicas, peers, accessTimes } = this.#components
    const above = Math.max(greatestStamp(base, changes.values.keys()), session.lock?.fence ?? 0)
    const stamp = replicas.hybridClock.next(above)
    session.assertLocked()
    const name = this.#nameFor(session, id, base)
    const { actor, alias } = peers.ownName(name)
    const { state, delta } = commitTo(base, actor, stamp, changes.values, alias)
    const overwritten = overwrittenUnseen(session, base, delta)
    const copy = replicas.committed(id, state, delta, base, former)
    if (name !== copy.odd.ownName) copy.note({ ownName: name })
    for (const conflict of overwritten) replicas.announcements.conflict(id, conflict, true)
    accessTimes.told(copy)
    session.committed(copy)
    this.counts.commits++
    return { copy, delta }
  }

  /** The copy is dropped here and lives on elsewhere: how much this process has committed to it is remembered for when it comes back. */
  dropped({ id, state, odd }: SessionCopy): void {
    if (odd.ownName !== 0) return
    if (state.kind === 'dead') return
    const counter = counterOf(heardOf(state), this.#components.peers.ownName(0).actor)
    if (counter === 0) return
    const made = Math.max(counter, this.#made.get(id) ?? 0)
    this.#made.delete(id)
    this.#made.set(id, made)
    if (this.#made.size <= MAX_REMEMBERED) return
    const first = this.#made.keys().next()
    if (!first.done) this.#made.delete(first.value)
  }

  /**
   * Who writes on a copy that lacks what this process has written to the session before, in a copy it has dropped, is a writer of its own: otherwise its commit would
   * seem to follow on those, and what it overwrites of them would not be told.
   */
  #nameFor(session: DeltaSession, id: string, base: LiveState): number {
    const copy = this.#components.replicas.table.get(id)
    const name = copy?.odd.ownName ?? 0
    const isAdopted = !copy && (id === session.adoptedId || id === session.copy?.id)
    return isAdopted || this.#hasLostOwn(id, base, name) ? ++this.#names : name
  }

  /** Whether commits of this process under this name are known to exist and are not included here. */
  #hasLostOwn(id: string, base: LiveState, name: number): boolean {
    const { actor } = this.#components.peers.ownName(name)
    const made = name === 0 ? (this.#made.get(id) ?? 0) : 0
    return counterOf(base.vector, actor) < Math.max(made, counterOf(base.needed, actor))
  }

  /** `isOwed`: those that own it need more than this message to have all that is here. */
  #send(message: SentChange, level: AcknowledgementLevel, refused: readonly HaError[], isOwed = false): Commit {
    const { peers, placement, acknowledgements } = this.#components
    const members = placement.isEverywhere ? peers.members() : this.#ownersOf(message)
    const pending = acknowledgements.expect(level, members)
    if (placement.isEverywhere || isOwed)
      peers.send(members, message, pending ? 'synchronized-ack' : 'asynchronous', pending)
    else this.#sendAsHint(message, members, pending)
    return pending ? { changed: true, refused, acknowledged: pending.acknowledged } : { changed: true, refused }
  }

  /** Where the session has ended and is forgotten, it is recognized by what the change was built on; and owners that have it not have all of it then. */
  #sendWhole(copy: SessionCopy, message: SentChange): void {
    const { handover, peers, placement } = this.#components
    const { id, state } = copy
    const whole: Message = { type: 'STATE', exchange: 0, states: [{ id, idleMs: 0, state }] }
    if (placement.isEverywhere) return peers.send(peers.members(), whole, 'asynchronous')
    const owners = this.#ownersOf(message)
    peers.send(owners, whole, 'use-ack', handover.observer([copy], owners))
  }

  /** Of a change of id: those of either. */
  #ownersOf(message: SentChange): readonly Member[] {
    const { peers, placement } = this.#components
    const owners = new Set(idsOf(message).flatMap(id => placement.others(bucketOf(id)).map(m => m.id)))
    return peers.members().filter(m => owners.has(m.id))
  }

  #sendAsHint(message: SentChange, members: readonly Member[], pending: PendingCommit | undefined): void {
    const { handover, peers, replicas } = this.#components
    const copies = idsOf(message).flatMap(id => replicas.table.get(id) ?? [])
    peers.send(members, message, 'synchronized-ack', handover.observer(copies, members, pending))
  }

  /** Stamped above all that it ends, whatever clock that was stamped by. */
  #endOf(id: string, reason: DeathReason): DeadState {
    const { hybridClock, table } = this.#components.replicas
    const copy = table.get(id)
    const ended = liveState(copy)
    const stamp = hybridClock.next(Math.max(0, ...ended.entries.map(entry => entry.stamp)))
    const death = deathOf(ended, { kind: 'dead', reason, stamp })
    if (copy && !isNamed(death)) this.#tellPart(copy)
    return death
  }

  /** Whose it was is not in what is about to end here. Who has ended it too, and has forgotten that, recognizes it by this part, and not by an end that names nothing. */
  #tellPart({ id, state }: SessionCopy): void {
    const { peers, placement } = this.#components
    if (state.kind === 'dead' || state.entries.length === 0 || !placement.isUnlimited) return
    const part: Message = { type: 'STATE', exchange: 0, states: [{ id, idleMs: 0, state }] }
    peers.send(peers.members(), part, 'asynchronous')
  }

  /** The table's copy if there is one: a session that nobody within reach had may have come in while its request ran. */
  #copyOf(session: DeltaSession): SessionCopy | undefined {
    return this.#components.replicas.table.get(session.id) ?? session.copy
  }

  #limited(session: DeltaSession, changes: CollectedChanges): CollectedChanges {
    return this.#sizes.limited(session.id, liveState(this.#copyOf(session)), changes)
  }
}

function idsOf(message: SentChange): readonly string[] {
  return message.type === 'REGEN' ? [message.id, message.oldId] : [message.id]
}

function liveState(copy: SessionCopy | undefined): LiveState {
  return copy?.state.kind === 'live' ? copy.state : emptyState
}

/** Entries that this commit replaces although its request had based its value on an older one: another request wrote them meanwhile. */
function overwrittenUnseen(session: DeltaSession, base: LiveState, delta: Delta): readonly Conflict[] {
  const overwritten: Conflict[] = []
  for (const kept of delta.entries) {
    if (isMerged(kept.name)) continue
    const dropped = entryOf(base, kept.name)
    const read = session.baseOf(kept.name)
    if (dropped && !(read && sameDot(read, dropped))) overwritten.push({ kept, dropped })
  }
  return overwritten
}
