import { type Clock, MalformedError, type Member } from '@clowder/tribes'
import type { SessionLocks } from '../lock/session-locks.js'
import { type DeadState, type Delta, isWhole } from '../state/session-state.js'
import { covers } from '../state/version-vector.js'
import type { Message, SentState } from '../wire/message.js'
import type { Absences } from './absences.js'
import type { AccessTimes } from './access-times.js'
import type { AntiEntropy } from './anti-entropy.js'
import type { Expiry } from './expiry.js'
import type { Forgetting } from './forgetting.js'
import type { Healing } from './healing.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import { PULL_EXCHANGES, type Pulls } from './pulls.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'

/** A session used this much more recently elsewhere is worth an answer to a PULL, ms. */
const WORTH_TELLING_MS = 1_000

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
        this.#deathReceived(message.id, message.death)
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
        this.#components.absences.leaving(source)
        this.#components.healing.memberLeaving(source)
        return this.#components.locks.viewChanged({ id: source.id, is: 'leaving' })
      case 'EXPIRED':
        for (const id of message.ids) this.#components.replicas.forgotten.expiredUnasked.add(id)
        return
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

  #deltaReceived(id: string, delta: Delta, source: Member): void {
    const { state } = this.#components.replicas.applyDelta(id, delta)
    if (state.kind === 'dead') this.#tellOfDeath(id, state, source)
  }

  /** Whoever does not know of the death is told: it missed the certificate, or was away for longer than it is kept. */
  #tellOfDeath(id: string, death: DeadState, source: Member): void {
    this.#components.peers.send([source], { type: 'DEATH', id, death }, 'asynchronous')
  }

  /** False when it was dead here already. */
  #deathReceived(id: string, death: DeadState): boolean {
    return this.#components.replicas.applyDeath(id, death, false)
  }

  #regenReceived(message: MessageOf<'REGEN'>, source: Member): void {
    this.#deltaReceived(message.id, message.delta, source)
    const isNews = this.#deathReceived(message.oldId, message.death)
    const isAlive = this.#components.replicas.table.get(message.id)?.kind === 'live'
    if (isNews && isAlive && message.death.reason === 'renamed')
      this.#components.replicas.announceIdChange(message.oldId, message.id, false)
  }

  #statesReceived(exchange: number, states: readonly SentState[], source: Member): void {
    const { replicas, pulls, antiEntropy, forgetting } = this.#components
    const isComparison = exchange > 0 && exchange < PULL_EXCHANGES
    for (const sent of states) {
      const state = replicas.applyState(sent, isComparison)
      const copy = replicas.table.get(sent.id)
      // What others have not forgotten yet is not remembered anew.
      if (copy && isComparison) forgetting.look(copy)
      if (copy && !isComparison && !this.#isFromOwner(copy, exchange, source)) copy.isHint = true
      if (state?.kind === 'dead' && sent.state.kind === 'live') this.#tellOfDeath(sent.id, state, source)
    }
    if (exchange >= PULL_EXCHANGES) pulls.answered(exchange, source, true)
    else antiEntropy.statesReceived(exchange, states.filter(({ state }) => state.kind === 'live').length, source)
  }

  /** Who gives something away may think that this node is to hold it, and rely on it; and what comes from anybody else its owners need not have. */
  #isFromOwner({ bucket }: SessionCopy, exchange: number, source: Member): boolean {
    return exchange >= PULL_EXCHANGES && this.#components.placement.others(bucket).some(({ id }) => id === source.id)
  }

  #pullReceived(message: MessageOf<'PULL'>, source: Member): void {
    const { peers, replicas, clock } = this.#components
    const { exchange, id } = message
    const copy = replicas.table.get(id)
    const states =
      copy && this.#isWorthSending(copy, message) ? [{ id, idleMs: copy.idleMs(clock.now()), state: copy.state }] : []
    peers.send(
      [source],
      states.length > 0
        ? { type: 'STATE', exchange, states }
        : { type: 'NOTHING', exchange, isHere: copy !== undefined },
      'use-ack',
    )
  }

  #isWorthSending(copy: SessionCopy, { vector, idleMs }: MessageOf<'PULL'>): boolean {
    const { state } = copy
    if (state.kind === 'dead' || !isWhole(state) || !covers(vector, state.vector)) return true
    return copy.idleMs(this.#components.clock.now()) + WORTH_TELLING_MS < idleMs
  }

  #expiringReceived(message: MessageOf<'EXPIRING'>, source: Member): void {
    const accesses = this.#components.expiry.knownBetter(message.accesses)
    if (accesses.length > 0) this.#components.peers.send([source], { type: 'TOUCH', accesses }, 'asynchronous')
  }
}
