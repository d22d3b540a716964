import type { DeliveryObserver, Member } from '@clowder/tribes'
import type { Message } from '../wire/message.js'
import type { Absences } from './absences.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { Room } from './room.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import type { Knowledge } from './shared-knowledge.js'
import type { StallWatch } from './stall-watch.js'
import { StateStream } from './state-stream.js'

export interface AntiEntropyCounts {
  opened: number
  answered: number
  differed: number
  statesSent: number
  statesReceived: number
  failed: number
}

export interface ExchangeLineComponents {
  readonly clock: { now(): number }
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly absences: Absences
  readonly placement: Placement
  readonly stalls: StallWatch
}

/** Who is told how a stream ends, and of what it leaves out. With `room` it waits there while the member is behind. */
export interface StreamEnds {
  readonly room?: Room
  ended(sent: number | undefined): void
  leftOut(copy: SessionCopy): void
}

type DoneMessage = Extract<Message, { type: 'DONE' }>
export type Done = Knowledge & Pick<DoneMessage, 'exchange' | 'sent'> & Partial<DoneMessage>

/** What both sides of an exchange have to say it with. */
export class ExchangeLine {
  readonly counts: AntiEntropyCounts = {
    opened: 0,
    answered: 0,
    differed: 0,
    statesSent: 0,
    statesReceived: 0,
    failed: 0,
  }
  /** Whether this node has finished joining. */
  isReady = false
  readonly #components: ExchangeLineComponents

  constructor(components: ExchangeLineComponents) {
    this.#components = components
  }

  /** Of what both hold. */
  rootFor(peer: Member, share: number, shares: number) {
    const { placement, replicas } = this.#components
    return replicas.table.digest.root(share, shares, placement.sharedWith(peer))
  }

  newStream(target: Member, exchange: number, ends: StreamEnds): StateStream {
    const { clock, peers } = this.#components
    const leftOut = (copy: SessionCopy) => ends.leftOut(copy)
    return new StateStream({ clock, peers, room: ends.room, leftOut }, target, exchange, sent => {
      this.counts.statesSent += sent ?? 0
      ends.ended(sent)
    })
  }

  /** With the memory that the other one learns here it would take for ended what has only expired, so it is told of that first. */
  sendDone(target: Member, what: Done, observer?: DeliveryObserver): void {
    this.tellExpired(target)
    const { absences, stalls } = this.#components
    const canTell = absences.canTell && !stalls.isDoubtful
    this.send(target, { isReady: this.isReady, canTell, ...what, type: 'DONE' }, observer)
  }

  /** `expiring`: what is about to expire. */
  tellExpired(target: Member, expiring: readonly string[] = []): void {
    const { absences, peers, replicas } = this.#components
    if (!absences.isAnybodyOut()) return
    const { expiredUnasked } = replicas.forgotten
    const memberFailed = () => expiredUnasked.untold(target.id)
    for (const ids of expiredUnasked.newsFor(target.id, expiring))
      this.send(target, { type: 'EXPIRED', ids }, { memberFailed })
    // Of one that is no member nobody would say when it is gone: it is told all of it again.
    if (!peers.isMember(target)) expiredUnasked.untold(target.id)
  }

  memberDisappeared(member: Member): void {
    this.#components.replicas.forgotten.expiredUnasked.untold(member.id)
  }

  /** Acknowledged, so that a step on a connection that has died unnoticed is taken again on the next. */
  send(target: Member, message: Message, observer?: DeliveryObserver): void {
    this.#components.peers.send([target], message, 'use-ack', observer)
  }
}
