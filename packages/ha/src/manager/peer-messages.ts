import { type Clock, MalformedError, type Member } from '@clowder/tribes'
import type { SessionLocks } from '../lock/session-locks.js'
import { type DeadState, isSameOrigin } from '../state/death.js'
import { type Delta, isWhole, type LiveState, type SessionState } from '../state/session-state.js'
import { covers } from '../state/version-vector.js'
import type { Access, Message, SentState } from '../wire/message.js'
import type { Absences } from './absences.js'
import type { AccessTimes } from './access-times.js'
import type { FormerSession } from './announced-changes.js'
import type { AntiEntropy } from './anti-entropy.js'
import type { Expiry } from './expiry.js'
import type { Forgetting } from './forgetting.js'
import type { Healing } from './healing.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import { PULL_EXCHANGES, type Pulls } from './pulls.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { bucketOf } from './session-table.js'
import type { StallWatch } from './stall-watch.js'

/** A session used this much more recently elsewhere is worth an answer to a PULL, ms; or this share of its idle limit, if that is less. */
const WORTH_TELLING_MS = 1_000
const WORTH_TELLING_SHARE = 20

export interface PeerMessagesComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly accessTimes: AccessTimes
  readonly pulls: Pulls
  readonly antiEntropy: AntiEntropy
  readonly expiry: Expiry
  readonly forgetting: Forgetting
  readonly healing: Healing
  readonly absences: Absences
  readonly placement: Placement
  readonly locks: SessionLocks
  readonly stalls: StallWatch
}

type MessageOf<Type extends Message['type']> = Extract<Message, { type: Type }>

/** What happens when another member says something: a join into the copies, an answer, or a step of an exchange. */
export class PeerMessages {
  readonly #components: PeerMessagesComponents

  constructor(components: PeerMessagesComponents) {
    this.#components = components
  }

  messageReceived(message: Message, source: Member): void {
    const { accessTimes, antiEntropy, pulls } = this.#components
    switch (message.type) {
      case 'DELTA':
        return this.#deltaReceived(message.id, message.delta, source)
      case 'DEATH':
        this.#deathReceived(message.id, message.death, source)
        return
      case 'REGEN':
        return this.#regenReceived(message, source)
      case 'STATE':
        return this.#statesReceived(message.exchange, message.states, source)
      case 'PULL':
        return this.#pullReceived(message, source)
      case 'NOTHING':
        return pulls.answered(message.exchange, source, message.isHere)
      case 'TOUCH':
        for (const access of message.accesses) accessTimes.learned(access)
        return
      case 'EXPIRING':
        return this.#expiringReceived(message, source)
      case 'DIGEST':
      case 'BUCKETS':
      case 'LIST':
      case 'WANT':
      case 'DONE':
        return antiEntropy.messageReceived(message, source)
      case 'LEAVING':
        // Whoever gives its locks from now on gives them above all that it has given.
        this.#components.replicas.hybridClock.observe(message.stamp)
        this.#components.absences.leaving(source)
        this.#components.healing.memberLeaving(source)
        return this.#components.locks.viewChanged({ id: source.id, is: 'leaving' })
      case 'EXPIRED':
        return this.#expiredReceived(message.ids)
      case 'LOCK':
      case 'GRANTED':
      case 'RENEW':
      case 'UNLOCK':
      case 'DENIED':
      case 'WHOSE':
      case 'LOCKS':
        return this.#components.locks.messageReceived(message, source)
      default:
        throw new MalformedError(`no such session message: ${JSON.stringify(message satisfies never)}`)
    }
  }

  #deltaReceived(id: string, delta: Delta, source: Member, former?: FormerSession): void {
    const { state } = this.#components.replicas.applyDelta(id, delta, former)
    if (state.kind === 'dead') this.#tellOfDeath(id, state, source)
  }

  /** Whoever does not know of the death is told: it missed the certificate, or was away for longer than it is kept. */
  #tellOfDeath(id: string, death: DeadState, source: Member): void {
    this.#components.peers.send([source], { type: 'DEATH', id, death }, 'asynchronous')
  }

  /** False when it was dead here already. */
  #deathReceived(id: string, death: DeadState, source: Member): boolean {
    const { replicas } = this.#components
    const before = replicas.table.get(id)?.state
    const isNews = replicas.applyDeath(id, death, false)
    this.#compareCreations(id, before, death, source)
    return isNews
  }

  /**
   * A certificate that does not name the creation of what it ended is kept for as long as anybody is out. Whoever made it without having seen the creation is told of it
   * by those who have, and tells it to the others.
   */
  #compareCreations(id: string, before: SessionState | undefined, heard: DeadState, source: Member): void {
    const { peers, placement, replicas } = this.#components
    const death = replicas.table.get(id)?.state
    if (death?.kind !== 'dead') return
    if (!isSameOrigin(death, heard)) return this.#tellOfDeath(id, death, source)
    if (before?.kind !== 'dead' || isSameOrigin(before, death)) return
    const others = placement.others(bucketOf(id)).filter(member => member.id !== source.id)
    peers.send(others, { type: 'DEATH', id, death }, 'asynchronous')
  }

  #regenReceived(message: MessageOf<'REGEN'>, source: Member): void {
    this.#deltaReceived(message.id, message.delta, source, this.#formerOf(message))
    const isNews = this.#deathReceived(message.oldId, message.death, source)
    const isAlive = this.#components.replicas.table.get(message.id)?.kind === 'live'
    if (isNews && isAlive && message.death.reason === 'renamed')
      this.#components.replicas.announcements.idChanged(message.oldId, message.id, false)
  }

  #formerOf({ oldId, death }: MessageOf<'REGEN'>): FormerSession | undefined {
    const state = this.#components.replicas.table.get(oldId)?.state
    return death.reason === 'renamed' && state?.kind === 'live' ? { id: oldId, state } : undefined
  }

  #statesReceived(exchange: number, states: readonly SentState[], source: Member): void {
    const { replicas, pulls, antiEntropy, forgetting } = this.#components
    const isComparison = exchange > 0 && exchange < PULL_EXCHANGES
    let expiring: LiveState | undefined
    for (const sent of states) {
      const before = replicas.table.get(sent.id)?.state
      const state = replicas.applyState(sent, isComparison)
      const copy = replicas.table.get(sent.id)
      if (!copy && sent.state.kind === 'live') expiring = sent.state
      // What others have not forgotten yet is not remembered anew.
      if (copy && isComparison) forgetting.look(copy)
      if (copy && !isComparison && !this.#isFromOwner(copy, exchange, source)) copy.isHint = true
      if (state?.kind === 'dead' && sent.state.kind === 'live') this.#tellOfDeath(sent.id, state, source)
      if (state && sent.state.kind === 'dead') this.#compareCreations(sent.id, before, sent.state, source)
    }
    if (exchange >= PULL_EXCHANGES) pulls.answered(exchange, source, true, expiring)
    else antiEntropy.statesReceived(exchange, states.filter(({ state }) => state.kind === 'live').length, source)
  }

  /** Who gives something away may think that this node is to hold it, and rely on it; and what comes from anybody else its owners need not have. */
  #isFromOwner({ bucket }: SessionCopy, exchange: number, source: Member): boolean {
    return exchange >= PULL_EXCHANGES && this.#components.placement.others(bucket).some(({ id }) => id === source.id)
  }

  /** Of a process that has forgotten ends of its own, some of these may be among them: for it they have not just expired. It asks who is gone all the same when nobody could tell it yet. */
  #expiredReceived(ids: readonly string[]): void {
    const { forgetting, replicas } = this.#components
    if (forgetting.counts.certificates > 0) return
    for (const id of ids) if (replicas.table.get(id)?.kind !== 'dead') replicas.forgotten.expiredUnasked.add(id)
  }

  #pullReceived(message: MessageOf<'PULL'>, source: Member): void {
    const { peers, replicas, stalls } = this.#components
    const { exchange, id } = message
    const copy = replicas.table.get(id)
    // Whoever asks has the session, and lets nobody use it any more: it was used here, by somebody who had to be answered without it.
    if (!copy && message.idleMs !== Number.MAX_SAFE_INTEGER) this.#tellOfUse([message], source)
    if (copy && this.#isWorthSending(copy, message)) this.#tellState(copy, exchange, source)
    else
      peers.send([source], { type: 'NOTHING', exchange, isHere: copy !== undefined && !stalls.isDoubtful }, 'use-ack')
  }

  /** One that stood still may have an old copy: it gives what it has, and is no witness that this is all. */
  #tellState(copy: SessionCopy, exchange: number, target: Member): void {
    const { clock, peers, stalls } = this.#components
    const states = [{ id: copy.id, idleMs: copy.idleMs(clock.now()), state: copy.state }]
    const isWitness = copy.kind === 'dead' || !stalls.isDoubtful
    peers.send([target], { type: 'STATE', exchange: isWitness ? exchange : 0, states }, 'use-ack')
    if (!isWitness) peers.send([target], { type: 'NOTHING', exchange, isHere: false }, 'use-ack')
  }

  #isWorthSending(copy: SessionCopy, { vector, idleMs }: MessageOf<'PULL'>): boolean {
    const { state } = copy
    if (state.kind === 'dead' || !isWhole(state) || !covers(vector, state.vector)) return true
    const worthMs = Math.min(WORTH_TELLING_MS, copy.idleLimitMs / WORTH_TELLING_SHARE)
    return copy.idleMs(this.#components.clock.now()) + worthMs < idleMs
  }

  #expiringReceived(message: MessageOf<'EXPIRING'>, source: Member): void {
    this.#tellOfUse(message.accesses, source)
  }

  #tellOfUse(known: readonly Access[], source: Member): void {
    const accesses = this.#components.expiry.knownBetter(known)
    if (accesses.length > 0) this.#components.peers.send([source], { type: 'TOUCH', accesses }, 'use-ack')
  }
}
