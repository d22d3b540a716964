import {
  type ChannelMessage,
  type Clock,
  type Logger,
  type Member,
  memberText,
  type Random,
  type Timer,
} from '@clowder/tribes'
import { EventEmitter } from 'eventemitter3'
import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '../cluster-channel.js'
import { ManagerNotStartedError, TooManyActiveSessionsError } from '../errors.js'
import type { Codec } from '../ports/codec.js'
import { DeltaSession } from '../session/delta-session.js'
import type { MergeFunction } from '../session/merge-function.js'
import { isReplicated } from '../session/replication-filter.js'
import type { SessionOrigin } from '../session/session-origin.js'
import type { VersionToken } from '../state/version-token.js'
import { decodeMessage, managerOf } from '../wire/message-codec.js'
import { Absences } from './absences.js'
import { AccessTimes } from './access-times.js'
import { Acknowledgements } from './acknowledgements.js'
import { AntiEntropy } from './anti-entropy.js'
import type { DeltaManagerOptions } from './delta-manager-options.js'
import { Departures } from './departures.js'
import { BUCKETS } from './digest.js'
import { Expiry } from './expiry.js'
import { Forgetting } from './forgetting.js'
import { Handover } from './handover.js'
import { joinCluster, waitForJoin } from './joining.js'
import { KnownSessions } from './known-sessions.js'
import { LaggingMembers } from './lagging-members.js'
import { LocalCommits } from './local-commits.js'
import type { AcknowledgementLevel, Commit, FindResult, LoadResult, Manager } from './manager.js'
import { PeerMessages } from './peer-messages.js'
import { actorOf, Peers } from './peers.js'
import { Placement } from './placement.js'
import { Pulls } from './pulls.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionEvents } from './session-events.js'
import { newSessionId } from './session-id.js'
import { SessionLookup } from './session-lookup.js'
import { SessionReplicas } from './session-replicas.js'

export interface DeltaManagerComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly codec: Codec
  readonly channel: ClusterChannel
}

/** Housekeeping runs so often, ms. */
const TICK_MS = 1_000
/** The whole table is looked through for idle sessions in so many ticks. */
const TICKS_PER_SWEEP = 8
const MAX_PACKED_PER_TICK = 20_000

/**
 * Replicates every session to every member (Tomcat's org.apache.catalina.ha.session.DeltaManager), on the lattice of `state/`.
 * Everything a request needs is synchronous and local; the network only follows.
 */
export class DeltaManager implements Manager, ClusterListener, ClusterMembershipListener {
  readonly events = new EventEmitter<SessionEvents>()
  readonly name: string
  readonly #components: DeltaManagerComponents
  readonly #options: DeltaManagerOptions
  readonly #replicas: SessionReplicas
  readonly #peers: Peers
  readonly #lagging: LaggingMembers
  readonly #absences: Absences
  readonly #departures: Departures
  readonly #known = new KnownSessions()
  readonly #forgetting: Forgetting
  readonly #placement: Placement
  readonly #handover: Handover
  readonly #acknowledgements: Acknowledgements
  readonly #accessTimes: AccessTimes
  readonly #pulls: Pulls
  readonly #antiEntropy: AntiEntropy
  readonly #expiry: Expiry
  readonly #commits: LocalCommits
  readonly #peerMessages: PeerMessages
  readonly #lookup: SessionLookup
  readonly #origin: SessionOrigin
  #state: 'new' | 'joining' | 'ready' | 'stopped' = 'new'
  /** When a member that had caught up was last compared with for it, monotonic ms. */
  readonly #caughtUpAtMs = new Map<string, number>()
  #own = 0
  #hasWarnedOfUse = false
  #tick: Timer | undefined

  constructor(components: DeltaManagerComponents, options: DeltaManagerOptions) {
    const { clock, channel } = components
    this.#components = components
    this.#options = options
    this.name = options.name
    this.#peers = new Peers(components, options.name)
    const retentionMs = retentionOf(options)
    this.#placement = new Placement({ clock, peers: this.#peers }, options.copies)
    this.#replicas = new SessionReplicas(
      {
        ...components,
        events: this.events,
        known: this.#known,
        isOwner: bucket => this.#placement.isOwner(bucket),
        holdsAllOf: bucket => this.#placement.isOwnedFor(bucket, retentionMs),
      },
      { ...options, retentionMs },
    )
    this.#departures = new Departures(components, actorOf)
    this.#lagging = new LaggingMembers({ clock, peers: this.#peers })
    this.#absences = new Absences(components, absenceMs(options), channel.isSolitary ?? false)
    const parts = {
      ...components,
      peers: this.#peers,
      replicas: this.#replicas,
      lagging: this.#lagging,
      absences: this.#absences,
      departures: this.#departures,
      known: this.#known,
      placement: this.#placement,
    }
    this.#handover = new Handover({ ...parts, dropped: copy => this.#dropped(copy) })
    this.#forgetting = new Forgetting(parts, { retentionMs, maxDeathCertificates: options.maxDeathCertificates })
    this.#acknowledgements = new Acknowledgements(parts, options.acknowledgeTimeout)
    this.#accessTimes = new AccessTimes(parts)
    this.#pulls = new Pulls(parts, options.pullTimeout)
    this.#antiEntropy = new AntiEntropy(parts)
    this.#expiry = new Expiry({ ...parts, forgetting: this.#forgetting })
    this.#commits = new LocalCommits(
      { ...parts, accessTimes: this.#accessTimes, acknowledgements: this.#acknowledgements, handover: this.#handover },
      options,
    )
    this.#peerMessages = new PeerMessages({
      ...parts,
      accessTimes: this.#accessTimes,
      pulls: this.#pulls,
      antiEntropy: this.#antiEntropy,
      expiry: this.#expiry,
      absences: this.#absences,
    })
    this.#replicas.changed = copy => this.#changed(copy)
    this.#replicas.removed = copy => this.#removed(copy)
    this.#origin = {
      codec: components.codec,
      newSessionId: () => newSessionId(components.random),
      wallTime: () => clock.wallTime(),
      wallTimeOf: monotonicMs => Math.round(clock.wallTime() - clock.now() + monotonicMs),
      maxInactiveIntervalSeconds: options.maxInactiveInterval,
      mergeOf: name => mergeOf(options, name),
      isReplicated: (name, value) => isReplicated(options, name, value),
    }
    this.#lookup = new SessionLookup({
      ...parts,
      accessTimes: this.#accessTimes,
      antiEntropy: this.#antiEntropy,
      pulls: this.#pulls,
      origin: this.#origin,
    })
  }

  /** Begins to listen. Comes before the channel's start, so that no message finds nobody. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'joining'
    this.#components.channel.addChannelListener(this)
    this.#components.channel.addMembershipListener(this)
    this.#housekeep()
  }

  /**
   * State transfer: resolves when this node holds what the members known now hold, or after `stateTransferTimeout`. Comes after the channel's start.
   * The manager serves requests meanwhile: what it lacks, it asks for.
   */
  async join(): Promise<void> {
    const { clock, logger } = this.#components
    const parts = {
      clock,
      logger,
      peers: this.#peers,
      antiEntropy: this.#antiEntropy,
      placement: this.#placement,
    }
    const joined = joinCluster(parts, this.name)
    // Serving is one thing, having what the others have is another: who says that it has is compared with, all of it, by everybody.
    void joined.then(() => {
      this.#antiEntropy.isReady = true
    })
    await waitForJoin(parts, this.name, joined, this.#options.stateTransferTimeout)
    if (this.#state === 'joining') this.#state = 'ready'
  }

  /** Tells what is untold and ends; nobody who waits is left waiting. With `expireSessionsOnShutdown` all sessions of the cluster end too. */
  stop(): void {
    if (this.#state === 'stopped') return
    if (this.#options.expireSessionsOnShutdown) this.#expireAll()
    this.#accessTimes.tell(true)
    if (this.#state !== 'new') this.#peers.send(this.#peers.members(), { type: 'LEAVING' }, 'asynchronous')
    this.#state = 'stopped'
    this.#tick?.cancel()
    this.#pulls.stop()
    this.#acknowledgements.stop()
    this.#antiEntropy.stop()
    this.#components.channel.removeChannelListener(this)
    this.#components.channel.removeMembershipListener(this)
  }

  /** True once `join` has resolved. */
  get isReady(): boolean {
    return this.#state === 'ready'
  }

  findSession(id: string, seen?: VersionToken): FindResult {
    return this.#lookup.find(id, seen)
  }

  async loadSession(id: string, seen?: VersionToken): Promise<LoadResult> {
    return this.#state === 'stopped' ? { kind: 'none' } : this.#lookup.load(id, seen)
  }

  createSession(): DeltaSession {
    this.#assertStarted('create a session')
    const { maxActiveSessions } = this.#options
    if (maxActiveSessions >= 0 && this.#own >= maxActiveSessions)
      throw new TooManyActiveSessionsError(maxActiveSessions)
    return new DeltaSession(this.#origin, newSessionId(this.#components.random))
  }

  replaceSession(old: DeltaSession): DeltaSession {
    this.#assertStarted('replace a session')
    const replaced = old.replaces ?? old.copy?.id
    old.ended()
    return new DeltaSession(this.#origin, newSessionId(this.#components.random), undefined, replaced)
  }

  requestCompleted(session: DeltaSession, acknowledge: AcknowledgementLevel = this.#options.acknowledge): Commit {
    this.#assertStarted('commit a session')
    const idBefore = session.copy?.id
    const commit = this.#commits.commit(session, acknowledge)
    if (session.copy && session.copy.id !== idBefore) this.#countOwn(session.copy)
    return commit
  }

  /** Ends a session from outside any request; final on every node. */
  expireSession(id: string, acknowledge: AcknowledgementLevel = this.#options.acknowledge): Commit {
    this.#assertStarted('expire a session')
    return this.#commits.kill(id, 'invalidated', acknowledge)
  }

  /** Ids of the sessions alive on this node, replicas included. */
  sessionIds(): string[] {
    return Array.from(this.#replicas.table, copy => (copy.kind === 'live' ? copy.id : '')).filter(id => id !== '')
  }

  /** This node's copy, dead ones included, as an onlooker sees it: no access, and nothing changes. */
  inspectCopy(id: string): Pick<SessionCopy, 'state' | 'packed' | 'accessedAtMs'> | undefined {
    return this.#replicas.table.get(id)
  }

  /** A hash over everything this node holds: two nodes that hold the same have the same. */
  digest(): string {
    const { high, low } = this.#replicas.table.digest.root()
    return [high, low].map(half => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** Plain figures for people and metrics. */
  inspect() {
    const { table } = this.#replicas
    return {
      name: this.name,
      state: this.#state,
      sessions: table.liveCount,
      ownSessions: this.#own,
      deathCertificates: table.deadCount,
      digest: this.digest(),
      laggingMembers: this.#lagging.count,
      commits: this.#commits.counts,
      acknowledgements: this.#acknowledgements.counts,
      openPulls: this.#pulls.openCount,
      openExchanges: this.#antiEntropy.openCount,
      pulls: this.#pulls.counts,
      antiEntropy: this.#antiEntropy.counts,
      expiry: this.#expiry.counts,
      forgetting: this.#forgetting.counts,
      handover: this.#handover.counts,
      strayCopies: this.#handover.size,
      knownCreators: this.#known.size,
    }
  }

  accept(message: ChannelMessage): boolean {
    return managerOf(message.body) === this.#peers.manager
  }

  messageReceived({ body, source }: ChannelMessage): void {
    this.#lagging.heard(source)
    this.#peerMessages.messageReceived(decodeMessage(body, actorOf(source)), source)
  }

  /** Compares with a member that has come or come back; of the two that see each other, the one with the lesser id begins. */
  memberAdded(member: Member): void {
    this.#absences.memberAdded(member)
    this.#departures.memberAdded(member)
    this.#placeAgain()
    this.#pulls.memberAdded(member)
    this.#lookup.memberAdded(member)
    this.#healOnce(member)
  }

  memberDisappeared(member: Member): void {
    this.#lagging.memberDisappeared(member)
    this.#caughtUpAtMs.delete(member.id)
    this.#departures.memberDisappeared(member)
    this.#pulls.memberDisappeared(member, this.#absences.memberDisappeared(member))
    this.#antiEntropy.memberDisappeared(member)
    this.#placeAgain()
    if (!this.#placement.isEverywhere) for (const other of this.#peers.members()) this.#healOnce(other)
  }

  /** Messages to it were refused while it could not keep up: it missed some. */
  memberCaughtUp(member: Member): void {
    const nowMs = this.#components.clock.now()
    const lastMs = this.#caughtUpAtMs.get(member.id) ?? Number.NEGATIVE_INFINITY
    // Comparing can be what it cannot keep up with: then the routine goes on, once a second.
    if (nowMs - lastMs < TICK_MS || this.#antiEntropy.isComparing(member)) return
    this.#caughtUpAtMs.set(member.id, nowMs)
    this.#heal(member)
  }

  #placeAgain(): void {
    this.#handover.membershipChanged(this.#placement.changed())
  }

  #healOnce(member: Member): void {
    const { isReady } = this.#antiEntropy
    if (isReady && this.#peers.localId < member.id && !this.#antiEntropy.isComparing(member)) this.#heal(member)
  }

  #heal(member: Member): void {
    void this.#antiEntropy.open(member).then(outcome => {
      if (outcome.kind === 'done' && outcome.received > 0) {
        this.#components.logger.info(
          { member, sessions: outcome.received },
          `${outcome.received} sessions brought up to date from ${memberText(member)}`,
        )
      }
    })
  }

  #housekeep(): void {
    this.#lookup.tick()
    const nowMs = this.#components.clock.now()
    this.#tick = this.#components.clock.setTimer(TICK_MS, () => this.#housekeep())
    this.#accessTimes.tell()
    this.#forgetting.tick()
    if (!this.#absences.isAnybodyOut()) this.#replicas.nobodyIsOut()
    this.#expiry.sweep(Math.ceil(BUCKETS / TICKS_PER_SWEEP))
    this.#replicas.table.packIdle(nowMs, MAX_PACKED_PER_TICK)
    this.#pulls.tick()
    this.#handover.tick()
    this.#antiEntropy.tick()
  }

  #expireAll(): void {
    for (const id of this.sessionIds()) this.#commits.kill(id, 'shutdown', 'async')
  }

  #countOwn(copy: SessionCopy): void {
    copy.isOwn = true
    this.#own++
  }

  #changed(copy: SessionCopy): void {
    this.#pulls.changed(copy.id)
    this.#handover.changed(copy)
  }

  #removed(copy: SessionCopy): void {
    this.#accessTimes.forget(copy)
    this.#dropped(copy)
  }

  /** It is here no more, but it may be elsewhere: when it was last used here is still to be told. */
  #dropped(copy: SessionCopy): void {
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

function mergeOf({ merges }: DeltaManagerOptions, name: string): MergeFunction | undefined {
  return merges && Object.hasOwn(merges, name) ? merges[name] : undefined
}

function retentionOf({ retention, maxInactiveInterval }: DeltaManagerOptions): number {
  return 1000 * Math.max(retention, 2 * maxInactiveInterval)
}

/** As long as a session that this node has not heard of can be alive elsewhere without being used. */
function absenceMs({ maxInactiveInterval }: DeltaManagerOptions): number {
  return maxInactiveInterval > 0 ? maxInactiveInterval * 1000 : Number.POSITIVE_INFINITY
}
