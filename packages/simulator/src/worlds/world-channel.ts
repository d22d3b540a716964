import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '@clowder/ha'
import {
  Delivery,
  type DeliveryGuarantee,
  type DeliveryObserver,
  type Member,
  optionBits,
  type SendOptions,
} from '@clowder/tribes'
import type { Parcel } from './parcel.js'

/** A message as a node hands it out, before anybody has decided what becomes of it. */
export interface Posted {
  readonly number: number
  readonly destinations: readonly Member[]
  readonly body: Buffer
  readonly guarantee: DeliveryGuarantee
  readonly delivery: Delivery | undefined
}

/** A channel whose every message waits until somebody decides that it arrives. */
export class WorldChannel implements ClusterChannel {
  readonly #member: Member
  #members: readonly Member[] = []
  readonly #listeners = new Set<ClusterListener>()
  readonly #observers = new Set<ClusterMembershipListener>()
  #lastNumber = 0
  /** Whoever carries the messages. */
  posted: (message: Posted) => void = () => {}

  constructor(member: Member) {
    this.#member = member
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  localMember(): Member {
    return this.#member
  }

  members(): readonly Member[] {
    return this.#members
  }

  pendingMembers(): number {
    return 0
  }

  /** The body belongs to the caller again as soon as this returns. */
  post(destinations: readonly Member[], body: Uint8Array, options: SendOptions, observer?: DeliveryObserver): number {
    const number = ++this.#lastNumber
    const guarantee = options.guarantee ?? 'use-ack'
    const delivery = observer && new Delivery(destinations, observer)
    this.posted({ number, destinations, body: Buffer.from(body), guarantee, delivery })
    return number
  }

  addChannelListener(listener: ClusterListener): void {
    this.#listeners.add(listener)
  }

  removeChannelListener(listener: ClusterListener): void {
    this.#listeners.delete(listener)
  }

  addMembershipListener(listener: ClusterMembershipListener): void {
    this.#observers.add(listener)
  }

  removeMembershipListener(listener: ClusterMembershipListener): void {
    this.#observers.delete(listener)
  }

  /** This node learns of a member. */
  meets(member: Member): void {
    this.#members = [...this.#members, member]
    for (const observer of this.#observers) observer.memberAdded(member)
  }

  /** This node's messages to the member were refused for a while and are not any more. */
  caughtUp(member: Member): void {
    for (const observer of this.#observers) observer.memberCaughtUp?.(member)
  }

  /** A message arrives. Throws what the listeners throw. */
  receive({ body, number, guarantee }: Pick<Parcel, 'body' | 'number' | 'guarantee'>, source: Member): void {
    const message = { number, options: optionBits(guarantee), body: Buffer.from(body), source }
    try {
      for (const listener of this.#listeners) if (listener.accept(message)) void listener.messageReceived(message)
    } finally {
      message.body.fill(0xaa)
    }
  }
}
