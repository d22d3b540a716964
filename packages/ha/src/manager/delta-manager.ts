import type { ChannelMessage, Clock, Logger, Member, Random } from '@clowder/tribes'
import { EventEmitter } from 'eventemitter3'
import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '../cluster-channel.js'
import { BadSessionIdError, ManagerNotStartedError, TooManyActiveSessionsError } from '../errors.js'
import { SessionListeners } from '../listeners/session-listeners.js'
import type { SessionLocks } from '../lock/session-locks.js'
import type { Codec } from '../ports/codec.js'
import type { SessionLabel } from '../ports/session-label.js'
import { DeltaSession } from '../session/delta-session.js'
import { newSessionOrigin, type SessionOrigin } from '../session/session-origin.js'
import type { VersionToken } from '../state/version-token.js'
import { decodeMessage, isKnownMessage, managerOf } from '../wire/message-codec.js'
import type { DeltaManagerOptions } from './delta-manager-options.js'
import { Housekeeping } from './housekeeping.js'
import { joinCluster, waitForJoin } from './joining.js'
import { largestSessions, type SessionSize } from './largest-sessions.js'
import { leaveCluster } from './leaving.js'
import type { AcknowledgementLevel, Commit, FindResult, LoadResult, Manager, Purpose } from './manager.js'
import { type ManagerParts, managerParts } from './manager-parts.js'
import { actorOf, idOfActor } from './peers.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionEvents } from './session-events.js'
import { isSessionId, newSessionId } from './session-id.js'
import { SessionLookup } from './session-lookup.js'
import type { SessionWatch, WatchedParts } from './session-watch.js'

export interface DeltaManagerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly codec: Codec
  readonly channel: ClusterChannel
  /** What a log calls a session: an id is a password and never stands in one. Absent: nothing. */
  readonly sessionLabel?: SessionLabel | undefined
}

/**
 * Replicates every session to every member (Tomcat's org.apache.catalina.ha.session.DeltaManager), on the lattice of `state/`.
 * Everything a request needs is synchronous and local; the network only follows.
 */
export class DeltaManager implements Manager, ClusterListener, ClusterMembershipListener {
  readonly events = new EventEmitter<SessionEvents>()
  /** The same in Tomcat's words. */
  readonly listeners: SessionListeners
  readonly name: string
  readonly #components: DeltaManagerComponents
  readonly #options: DeltaManagerOptions
  readonly #parts: ManagerParts
  readonly #lookup: SessionLookup
  readonly #origin: SessionOrigin
  readonly #housekeeping: Housekeeping
  readonly #watches: SessionWatch[] = []
  #state: 'new' | 'joining' | 'ready' | 'stopped' = 'new'
  #own = 0
  #hasSaidGoodbye = false
  #hasWarnedOfUse = false

  constructor(components: DeltaManagerComponents, options: DeltaManagerOptions) {
    this.#components = components
    this.#options = options
    this.name = options.name
    const { events } = this
    this.listeners = new SessionListeners({ ...components, events })
    const dropped = (copy: SessionCopy) => this.#dropped(copy)
    this.#parts = managerParts({ ...components, events, dropped }, options)
    this.#origin = newSessionOrigin({ ...this.#parts, ...components }, options)
    this.#lookup = new SessionLookup({ ...this.#parts, ...components, origin: this.#origin })
    this.#housekeeping = new Housekeeping({ ...components, lookup: this.#lookup, parts: this.#parts })
    this.#parts.replicas.changed = copy => this.#changed(copy)
    this.#parts.replicas.removed = copy => this.#removed(copy)
    this.#parts.replicas.joined = (copy, joined, local) => {
      for (const watch of this.#watches) watch.joined?.(copy, joined, local)
    }
    this.#parts.commits.committing = (session, changes) => {
      for (const watch of this.#watches) watch.committing?.(session, changes)
    }
  }

  /** Lets what `make` makes take part in what happens to sessions from now on. */
  attach<Watch extends SessionWatch>(make: (parts: WatchedParts) => Watch): Watch {
    const { replicas, placement, peers } = this.#parts
    const { table, hybridClock } = replicas
    const watch = make({ manager: this, origin: this.#origin, table, hybridClock, placement, peers })
    this.#watches.push(watch)
    if (this.#state === 'stopped') watch.stop?.()
    return watch
  }

  /**
   * The session of an id that all members know beforehand: made by whoever writes to it first, and one if two do at once. Looking at it is no access. Such a session may
   * expire, and begin anew, but must never be invalidated.
   */
  sharedSession(id: string): DeltaSession {
    const copy = this.#parts.replicas.table.get(id)
    return new DeltaSession(this.#origin, id, copy)
  }

  /** Begins to listen. Comes before the channel's start, so that no message finds nobody. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'joining'
    this.#components.channel.addChannelListener(this)
    this.#components.channel.addMembershipListener(this)
    this.#housekeeping.start()
  }

  /**
   * State transfer: resolves when this node holds what the members known now hold, or after `stateTransferTimeout`. Comes after the channel's start.
   * The manager serves requests meanwhile: what it lacks, it asks for.
   */
  async join(): Promise<void> {
    const { clock, logger } = this.#components
    const parts = { clock, logger, ...this.#parts }
    const joined = joinCluster(parts, this.name)
    // Serving is one thing, having what the others have is another: who says that it has is compared with, all of it, by everybody.
    void joined.then(() => {
      this.#parts.antiEntropy.ready()
    })
    await waitForJoin(parts, this.name, joined, this.#options.stateTransferTimeout)
    if (this.#state === 'joining') this.#state = 'ready'
  }

  /**
   * Before `stop`: says that it is about to leave, and gives what it holds to those that lack it, or are to hold it then. With `expireSessionsOnShutdown` that is the ends of all sessions: who
   * cannot take so many at once is waited for.
   */
  async leave(): Promise<void> {
    if (this.#state === 'new' || this.#state === 'stopped' || this.#hasSaidGoodbye) return
    if (this.#options.expireSessionsOnShutdown) this.#expireAll()
    this.#sayGoodbye()
    if (this.#parts.peers.members().length > 0) this.#parts.locks.leave()
    await leaveCluster({ ...this.#parts, clock: this.#components.clock })
  }

  /** Tells what is untold and ends; nobody who waits is left waiting. With `expireSessionsOnShutdown` all sessions that it holds end too. */
  stop(): void {
    if (this.#state === 'stopped') return
    if (this.#options.expireSessionsOnShutdown) this.#expireAll()
    this.#parts.accessTimes.tell(true)
    if (this.#state !== 'new' && !this.#hasSaidGoodbye) this.#sayGoodbye()
    this.#state = 'stopped'
    this.#housekeeping.stop()
    this.#parts.locks.stop()
    this.#parts.pulls.stop()
    this.#parts.acknowledgements.stop()
    this.#parts.antiEntropy.stop()
    this.#parts.tableRounds.stop()
    this.#parts.healing.stop()
    this.#parts.room.stop()
    this.#parts.forgetting.stop()
    for (const watch of this.#watches) watch.stop?.()
    this.#components.channel.removeChannelListener(this)
    this.#components.channel.removeMembershipListener(this)
  }

  /** True once `join` has resolved. */
  get isReady(): boolean {
    return this.#state === 'ready'
  }

  /** One holder of a session at a time: see docs/design/0007-session-locks.md. */
  get locks(): SessionLocks {
    return this.#parts.locks
  }

  findSession(id: string, seen?: VersionToken, purpose?: Purpose): FindResult {
    return this.#lookup.find(id, seen, purpose)
  }

  async loadSession(id: string, seen?: VersionToken, purpose?: Purpose): Promise<LoadResult> {
    return this.#state === 'stopped' ? { kind: 'none' } : this.#lookup.load(id, seen, purpose)
  }

  /** This node's copy of a session that is alive, for an onlooker: no access, and nobody is asked. */
  peekSession(id: string): DeltaSession | undefined {
    return this.#lookup.peek(id)
  }

  touchSession(id: string): void {
    this.#lookup.touch(id)
  }

  createSession(id: string = newSessionId(this.#components.random)): DeltaSession {
    this.#assertStarted('create a session')
    if (!isSessionId(id)) throw new BadSessionIdError(id)
    const { maxActiveSessions } = this.#options
    if (maxActiveSessions >= 0 && this.#own >= maxActiveSessions)
      throw new TooManyActiveSessionsError(maxActiveSessions)
    return DeltaSession.created(this.#origin, id, this.#parts.replicas.table.get(id))
  }

  replaceSession(old: DeltaSession, id: string = newSessionId(this.#components.random)): DeltaSession {
    this.#assertStarted('replace a session')
    if (!isSessionId(id)) throw new BadSessionIdError(id)
    const replaced = old.replaces ?? old.copy?.id ?? old.adoptedId
    old.ended()
    return new DeltaSession(this.#origin, id, undefined, replaced).begunWith(old)
  }

  requestCompleted(session: DeltaSession, acknowledge: AcknowledgementLevel = this.#options.acknowledge): Commit {
    this.#assertStarted('commit a session')
    const idBefore = session.copy?.id
    const commit = this.#parts.commits.commit(session, acknowledge)
    // Who keeps account of users may have ended it at once.
    if (session.copy && session.copy.id !== idBefore && session.isValid) this.#countOwn(session.copy)
    return commit
  }

  /** Ends a session from outside any request; final on every node. No session has an id that the others could not read: then nothing ends. */
  expireSession(id: string, acknowledge: AcknowledgementLevel = this.#options.acknowledge): Commit {
    this.#assertStarted('expire a session')
    if (!isSessionId(id)) return { changed: false, refused: [] }
    return this.#parts.commits.kill(id, 'invalidated', acknowledge)
  }

  /** What this member's log calls the session of this id. */
  labelOf(id: string): string | undefined {
    return this.#components.sessionLabel?.(id)
  }

  /** Ids of the members that went without a goodbye and may come back. Not `isComplete`: this process has just started, or stood still, and there may be others. */
  missingMembers(): { readonly ids: readonly string[]; readonly isComplete: boolean } {
    const { actors, isComplete } = this.#parts.absences.missing()
    const hidden = this.#components.channel.hiddenMembers?.() ?? []
    return { ids: [...new Set([...actors.map(idOfActor), ...hidden])], isComplete }
  }

  /** Ids of the sessions alive on this node, replicas included. */
  sessionIds(): string[] {
    return Array.from(this.#parts.replicas.table, copy => (copy.kind === 'live' ? copy.id : '')).filter(id => id !== '')
  }

  /** How many sessions `peekSession` would give. Opens none. */
  countSessions(): number {
    return this.#lookup.count()
  }

  /** The `n` largest sessions on this node, replicas included. Nothing is decoded. */
  largest(n: number): readonly SessionSize[] {
    return largestSessions(this.#parts.replicas.table, n)
  }

  /** This node's copy, dead ones included, as an onlooker sees it: no access, and nothing changes. */
  inspectCopy(
    id: string,
  ): Pick<SessionCopy, 'state' | 'packed' | 'isPacked' | 'accessedAtMs' | 'isListed'> | undefined {
    return this.#parts.replicas.table.get(id)
  }

  /** A hash over everything this node holds: two nodes that hold the same have the same. With `member`: over what both are to hold. */
  digest(member?: Member): string {
    const counted = member && this.#parts.placement.sharedWith(member)
    const { high, low } = this.#parts.replicas.table.digest.root(0, 1, counted)
    return [high, low].map(half => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** How many death certificates have been forgotten before their time, for want of room. */
  get certificatesOverCap(): number {
    return this.#parts.forgetting.counts.overCap
  }

  /** Plain figures for people and metrics. */
  inspect() {
    const { table } = this.#parts.replicas
    return {
      name: this.name,
      state: this.#state,
      sessions: table.liveCount,
      ownSessions: this.#own,
      deathCertificates: table.deadCount,
      digest: this.digest(),
      laggingMembers: this.#parts.lagging.count,
      commits: this.#parts.commits.inspect(),
      acknowledgements: this.#parts.acknowledgements.counts,
      openPulls: this.#parts.pulls.openCount,
      openExchanges: this.#parts.antiEntropy.openCount,
      pulls: this.#parts.pulls.counts,
      antiEntropy: this.#parts.antiEntropy.counts,
      expiry: this.#parts.expiry.counts,
      forgetting: this.#parts.forgetting.counts,
      handover: this.#parts.handover.counts,
      locks: this.#parts.locks.inspect(),
      strayCopies: this.#parts.handover.size,
      knownCreators: this.#parts.known.size,
    }
  }

  /** A message of a type that a later version has is nobody's here: it is counted among those, and who waits for it to be applied hears that it was not. */
  accept({ body }: ChannelMessage): boolean {
    return managerOf(body) === this.#parts.peers.manager && isKnownMessage(body)
  }

  messageReceived({ body, source }: ChannelMessage): void {
    this.#parts.lagging.heard(source)
    this.#parts.peerMessages.messageReceived(decodeMessage(body, actorOf(source)), source)
  }

  /** A member has come, or come back. */
  memberAdded(member: Member): void {
    const goneAtMs = this.#parts.absences.memberAdded(member)
    if (goneAtMs !== undefined) this.#parts.accessTimes.memberBack(member, goneAtMs)
    this.#parts.newcomers.memberAdded(member, this.#components.clock.now(), goneAtMs)
    this.#parts.departures.memberAdded(member)
    this.#parts.healing.place()
    this.#parts.pulls.memberAdded(member)
    this.#lookup.memberAdded(member)
    this.#parts.healing.memberAdded(member)
    this.#parts.locks.viewChanged({ id: member.id, is: 'here' })
  }

  /** This process has taken another incarnation: what it writes from now on is another writer's, and who holds what is found again. */
  incarnationChanged(_local: Member, previous: Member): void {
    const { known, replicas } = this.#parts
    // What it has created under the name before is here, and nobody will say so any more.
    known.learnOwn({ actor: actorOf(previous), stamp: replicas.hybridClock.last })
    this.#parts.healing.place()
    this.#parts.locks.viewChanged()
  }

  memberDisappeared(member: Member): void {
    this.#parts.lagging.memberDisappeared(member)
    const hasLeft = this.#parts.absences.memberDisappeared(member)
    this.#parts.departures.memberDisappeared(member, hasLeft)
    this.#parts.newcomers.memberDisappeared(member)
    this.#parts.pulls.memberDisappeared(member, hasLeft)
    this.#parts.antiEntropy.memberDisappeared(member)
    this.#parts.healing.memberDisappeared(member)
    this.#parts.room.changed(member)
    this.#parts.locks.viewChanged({ id: member.id, is: hasLeft ? 'leaving' : 'lost' })
  }

  memberCaughtUp(member: Member): void {
    this.#parts.antiEntropy.memberCaughtUp(member)
    this.#parts.healing.memberCaughtUp(member)
    this.#parts.room.changed(member)
  }

  #sayGoodbye(): void {
    const { peers, replicas } = this.#parts
    this.#hasSaidGoodbye = true
    peers.send(peers.members(), { type: 'LEAVING', stamp: replicas.hybridClock.last }, 'asynchronous')
  }

  #expireAll(): void {
    for (const id of this.sessionIds()) this.#parts.commits.kill(id, 'shutdown', 'async')
  }

  /** Two requests may have begun the same one at a time: both under an id that they were given, or for one client whose session nobody within reach has. */
  #countOwn(copy: SessionCopy): void {
    if (copy.isOwn) return
    copy.isOwn = true
    this.#own++
  }

  #changed(copy: SessionCopy): void {
    this.#parts.accessTimes.catchUp(copy)
    this.#parts.pulls.changed(copy)
    this.#parts.handover.changed(copy)
  }

  #removed(copy: SessionCopy): void {
    this.#parts.accessTimes.forget(copy)
    this.#dropped(copy)
  }

  /** It is here no more, but it may be elsewhere: when it was last used here is still to be told. */
  #dropped(copy: SessionCopy): void {
    this.#parts.accessTimes.dropped(copy)
    this.#parts.commits.dropped(copy)
    this.#origin.bindings.ended({ id: copy.id, local: copy.odd.local })
    for (const watch of this.#watches) watch.dropped?.(copy)
    if (copy.isOwn) this.#own--
    copy.isOwn = false
  }

  /** Requests that are still under way when the cluster stops get their sessions all the same: an application must not fail because its server closes late. */
  #assertStarted(action: string): void {
    if (this.#state === 'new') throw new ManagerNotStartedError(action)
    if (this.#state !== 'stopped' || this.#hasWarnedOfUse) return
    this.#hasWarnedOfUse = true
    const text =
      'sessions are used after the cluster was stopped: what they change is lost with this process; close the HTTP server first'
    this.#components.logger.warn({}, `Manager [${this.name}]: ${text}`)
  }
}
