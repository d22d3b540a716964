import type { ChannelInterceptor } from '../channel-interceptor.js'
import { type ChannelMessage, optionBits, type SendOptions } from '../channel-message.js'
import { Delivery, type DeliveryObserver } from '../delivery.js'
import { SendFailedError } from '../errors.js'
import { type Member, memberText } from '../member.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import { MessageTooLargeError } from '../transport/errors.js'
import type { UniqueId } from '../unique-id.js'
import { ChannelStoppedError, NoDestinationError } from './channel-errors.js'
import type { ChannelListener, MembershipEvents } from './channel-listener.js'
import { ChannelTop } from './channel-top.js'
import { InterceptorStack, type StackBottom } from './interceptor-stack.js'
import { Lifecycle } from './lifecycle.js'
import { messageUniqueId } from './message-id.js'
import { refusalOf } from './rpc-envelope.js'

export interface GroupChannelComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly coordinator: StackBottom
}

export interface GroupChannelOptions {
  /** Top first. @default none: see MessageDispatchInterceptor and TcpFailureDetector */
  readonly interceptors?: readonly ChannelInterceptor[]
  /** Whether the interceptors' `heartbeat` is called. @default true */
  readonly heartbeat?: boolean
  /** Milliseconds between two heartbeats. @default 5000 */
  readonly heartbeatSleeptime?: number
  /** The longest body; must fit the transport's `maxFrameBytes` with its header. @default 1_048_064 */
  readonly maxMessageBytes?: number
}

export interface GroupChannelStats {
  readonly messagesSent: number
  readonly messagesReceived: number
  /** Received, and accepted by no listener. */
  readonly messagesUnclaimed: number
}

const DEFAULT_HEARTBEAT_SLEEPTIME_MS = 5000
const DEFAULT_MAX_MESSAGE_BYTES = 1_048_576 - 512
const DEFAULT_GUARANTEE = 'use-ack'

/** The face of the group: who is here, and how a message reaches them. `start` and `stop` are idempotent. */
export class GroupChannel {
  readonly #components: GroupChannelComponents
  readonly #options: GroupChannelOptions
  readonly #maxMessageBytes: number
  readonly #top: ChannelTop
  readonly #stack: InterceptorStack
  readonly #lifecycle: Lifecycle
  #isOpen = false
  #lastNumber = 0
  #unclaimed = 0
  #heartbeat: Timer | undefined

  constructor(components: GroupChannelComponents, options: GroupChannelOptions = {}) {
    const { clock, logger, coordinator } = components
    this.#components = components
    this.#options = options
    this.#maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_MESSAGE_BYTES
    this.#top = new ChannelTop({ clock, logger, unclaimed: message => this.#notClaimed(message) })
    this.#stack = new InterceptorStack({ logger, coordinator, interceptors: options.interceptors ?? [] }, this.#top)
    this.#top.connect(this.#stack.below)
    this.#lifecycle = new Lifecycle({ start: () => this.#start(), stop: () => this.#stop() })
  }

  /** Resolves when this member is bound and announced. Rejects with the reason, and then nothing is left running. */
  start(): Promise<void> {
    return this.#lifecycle.start()
  }

  /** Refuses new messages, sends what was accepted (bounded by the transport's `timeout`), says goodbye. */
  stop(): Promise<void> {
    return this.#lifecycle.stop()
  }

  /** The other members, oldest first; only those that every layer vouches for. */
  members(): readonly Member[] {
    return this.#top.view.members
  }

  /** How many members have announced themselves and are still being asked by a layer whether they answer. */
  pendingMembers(): number {
    return Math.max(0, this.#components.coordinator.heardMembers - this.#top.view.members.length)
  }

  /** Whether somebody is there whom this member cannot reach: others see it, or it announces itself. */
  hasHiddenMembers(): boolean {
    return this.pendingMembers() > 0 || this.hiddenMembers().length > 0
  }

  /** Those of them that have a name, by id. */
  hiddenMembers(): readonly string[] {
    return this.#components.coordinator.hiddenMembers
  }

  /** Whether a member that has just disappeared went in an orderly way: its channel was stopped, and it does not come back. */
  hasSaidGoodbye(member: Member): boolean {
    return this.#components.coordinator.hasSaidGoodbye(member.id)
  }

  hasMembers(): boolean {
    return this.#top.view.members.length > 0
  }

  /** This process, from the moment its port is known; made anew at each `start`. */
  localMember(): Member | undefined {
    return this.#components.coordinator.localMember
  }

  addChannelListener(listener: ChannelListener): void {
    this.#top.listeners.add(listener)
  }

  removeChannelListener(listener: ChannelListener): void {
    this.#top.listeners.remove(listener)
  }

  addMembershipListener(observer: MembershipEvents): void {
    this.#top.observe(observer)
  }

  removeMembershipListener(observer: MembershipEvents): void {
    this.#top.forget(observer)
  }

  /**
   * Sends `body` to every member of `destinations` without a promise, and answers the message's number; `observer` hears every outcome.
   * `body` is not copied and must not change until the delivery has settled. Throws, before anything is sent, with TRIBES_CHANNEL_STOPPED,
   * TRIBES_NO_DESTINATION or TRIBES_MESSAGE_TOO_LARGE; a member's failure is never thrown.
   */
  post(
    destinations: readonly Member[],
    body: Uint8Array,
    options: SendOptions = {},
    observer?: DeliveryObserver,
  ): number {
    return this.#post(this.#sourceOf(destinations, body), destinations, body, options, observer)
  }

  /**
   * The same with a promise: resolves with the message's id when every member has accepted it (see `SendOptions`). Rejects with SendFailedError
   * (TRIBES_SEND_FAILED), naming each member that failed and why; the others did accept it. Rejects with what `post` throws, too.
   */
  send(destinations: readonly Member[], body: Uint8Array, options: SendOptions = {}): Promise<UniqueId> {
    return new Promise((resolve, reject) => {
      const source = this.#sourceOf(destinations, body)
      const id = messageUniqueId(source, this.#lastNumber + 1)
      const settled = ({ faulty }: Delivery) =>
        faulty.length === 0 ? resolve(id) : reject(new SendFailedError(faulty, destinations.length))
      this.#post(source, destinations, body, options, { settled })
    })
  }

  get stats(): GroupChannelStats {
    return {
      messagesSent: this.#lastNumber,
      messagesReceived: this.#top.received,
      messagesUnclaimed: this.#unclaimed,
    }
  }

  #post(
    source: Member,
    destinations: readonly Member[],
    body: Uint8Array,
    options: SendOptions,
    observer?: DeliveryObserver,
  ): number {
    const number = ++this.#lastNumber
    const message = { number, options: optionBits(options.guarantee ?? DEFAULT_GUARANTEE), body, source }
    this.#stack.below.sendMessage(message, new Delivery(destinations, observer))
    return number
  }

  async #start(): Promise<void> {
    this.#isOpen = true
    try {
      await this.#stack.start()
    } catch (error) {
      this.#isOpen = false
      this.#top.view.clear()
      throw error
    }
    if (this.#options.heartbeat ?? true) this.#scheduleHeartbeat()
  }

  async #stop(): Promise<void> {
    this.#isOpen = false
    this.#heartbeat?.cancel()
    await this.#stack.stop()
    this.#top.view.clear()
  }

  #scheduleHeartbeat(): void {
    const delayMs = this.#options.heartbeatSleeptime ?? DEFAULT_HEARTBEAT_SLEEPTIME_MS
    this.#heartbeat = this.#components.clock.setTimer(delayMs, () => {
      this.#scheduleHeartbeat()
      this.#stack.heartbeat()
    })
  }

  #sourceOf(destinations: readonly Member[], body: Uint8Array): Member {
    const source = this.#components.coordinator.localMember
    if (!this.#isOpen || !source) throw new ChannelStoppedError()
    if (destinations.length === 0) throw new NoDestinationError()
    if (body.length > this.#maxMessageBytes) throw new MessageTooLargeError(body.length, this.#maxMessageBytes)
    return source
  }

  /** A caller that waits for a reply is told that none will come; anything else is counted. */
  #notClaimed(message: ChannelMessage): void {
    this.#unclaimed++
    const { source } = message
    this.#components.logger.debug({ member: source }, `No listener accepts a message from ${memberText(source)}.`)
    const refusal = refusalOf(message.body)
    if (refusal && this.#isOpen) this.post([source], refusal, { guarantee: 'asynchronous' })
  }
}
