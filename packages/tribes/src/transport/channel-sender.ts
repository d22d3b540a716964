import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { Member } from '../member.js'
import type { Address } from '../ports/network.js'
import type { GroupFrame } from '../wire/frame.js'

/** The sending half of a transport, as the ChannelCoordinator sees it. */
export interface ChannelSender {
  /** Queues the message to each of `delivery.destinations`; every outcome is reported to `delivery`, whatever happens. */
  sendMessage(message: ChannelMessage, delivery: Delivery): void
  /**
   * Resolves when the member's event loop answered within `timeoutMs`; dials first when there is no connection.
   * Rejects with the reason (refused, timed out, another incarnation answered).
   */
  ask(member: Member, timeouts: AskTimeouts): Promise<void>
  /** Opens a connection to whoever listens at `address` and resolves with the member found there (which may be known already, or this very process). */
  dial(address: Address, timeouts?: DialTimeouts): Promise<Member>
  /** Asks over the open connection without waiting: whatever comes back is a sign of life. False: there is no connection. */
  poke(member: Member): boolean
  /** Says it over the open connection; false: there is none. */
  tell(member: Member, frame: GroupFrame): boolean
  /** The same as `forget`, after a last word: it learns that it was dropped, if it can hear us at all. */
  expel(member: Member, reason: Error): void
  /** Closes what belongs to a member that is gone and fails what was queued for it. */
  forget(member: Member, reason: Error): void
  /**
   * The same for all members, for whoever they are: this process has another incarnation from now on, and every connection was made under the previous
   * one. Whoever comes with `givenUp`'s is its twin and is told so.
   */
  forgetAll(reason: Error, givenUp: Member): void
  start(): Promise<void>
  /** Says goodbye on every connection, sends what is queued (bounded by `timeout`), closes. */
  stop(): Promise<void>
}

export interface AskTimeouts {
  readonly connectTimeoutMs: number
  readonly readTestTimeoutMs: number
  /** False: a completed connection (with its handshake) counts as an answer. */
  readonly performReadTest: boolean
}

export interface DialTimeouts {
  readonly connectTimeoutMs: number
  /** For the handshake. */
  readonly helloTimeoutMs: number
}

/** The receiving half. */
export interface ChannelReceiver {
  /** Binds and resolves with the advertised address. */
  start(): Promise<Address>
  /**
   * Called every now and then. Where the advertised address is no longer one of this host's, it listens at another one and resolves with that; with undefined when
   * nothing has changed, or it cannot listen there yet. Never rejects.
   */
  relocated?(nowMs: number): Promise<Address | undefined>
  stop(): Promise<void>
}

/** What both halves report upwards, to the ChannelCoordinator. */
export interface TransportListener {
  messageReceived(message: ChannelMessage): void | Promise<void>
  /** Bytes came from this member: a sign of life. Called at most once per chunk read. */
  memberHeard(member: Member): void
  /** A connection to this member has completed its handshake (dialled by either side). */
  memberConnected(member: Member): void
  /** The last connection to this member closed without a goodbye. */
  memberDisconnected(member: Member, reason: Error): void
  /** The member said goodbye. */
  memberLeft(member: Member): void
  /** The member's queue overflowed earlier; it has room again. */
  memberCaughtUp(member: Member): void
  /** The member has not heard us for too long and dropped us; its connection is closed. */
  memberExpelledUs(member: Member): void
  /** The digest of the member's list of members, as it came with a PING or PONG. */
  viewSeen(member: Member, view: number): void
  groupFrameReceived(member: Member, frame: GroupFrame): void
  /** Another process has this process's incarnation. */
  incarnationTaken(): void
}
