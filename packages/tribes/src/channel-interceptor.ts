import type { ChannelMessage } from './channel-message.js'
import type { Delivery } from './delivery.js'
import { InterceptorTakenError } from './errors.js'
import type { Member } from './member.js'
import type { AskTimeouts } from './transport/channel-sender.js'

/**
 * Why a layer below thinks that a member may be gone. `address-taken`: another process says that it has the member's address; which of the two
 * is there now must be asked, because what a dead process sent last may be read after the first words of its successor.
 * `lost`: nobody has heard it for so long that asking is over; `unreachable`: it is heard, but cannot be talked to.
 */
export type Suspicion = 'silent' | 'connection-closed' | 'send-failed' | 'address-taken' | 'lost' | 'unreachable'

/** The verbs that go down the stack. */
export interface Below {
  /** Passes on; outcomes are reported to `delivery`. Never throws for a member's failure. */
  sendMessage(message: ChannelMessage, delivery: Delivery): void
  /** Resolves when the member's event loop answered over TCP; rejects with the reason. */
  ask(member: Member, timeouts: AskTimeouts): Promise<void>
  /** The layers above have decided that this member is gone: its connection is closed and it leaves the membership list, until it announces itself again. */
  exclude(member: Member, reason: Error): void
}

/** The verbs that come up the stack. */
export interface Above {
  /** A returned promise delays a synchronized acknowledgement, and a rejection turns it into a negative one. */
  messageReceived(message: ChannelMessage): void | Promise<void>
  /** May come again for one that is known: it has a new connection, so it can be asked now. */
  memberAdded(member: Member): void
  /** The member said goodbye, or the layers below are sure that it is gone. */
  memberDisappeared(member: Member): void
  /** The layer below has a doubt; a failure detector turns it into `memberDisappeared` or into nothing. The top of the stack ignores it. */
  memberSuspected(member: Member, suspicion: Suspicion): void
  /** The member's queue was full, messages to it were refused, and it has room again: it missed some. */
  memberCaughtUp(member: Member): void
  /** Another process had this process's incarnation, or its address is another one now, so it has taken a new one: to the others `previous` is gone and `local` has come. */
  incarnationChanged(local: Member, previous: Member): void
}

/**
 * One layer between the channel and the wire: two verbs, `sendMessage` down and `messageReceived` up, plus member events.
 * Each default passes on. An interceptor knows its neighbours only by these verbs.
 */
export class ChannelInterceptor implements Below, Above {
  #isConnected = false
  /** Set by the channel before `start`. */
  protected below!: Below
  protected above!: Above

  /** Called once, by the channel. Throws InterceptorTakenError (`TRIBES_INTERCEPTOR_TAKEN`). */
  connect(below: Below, above: Above): void {
    if (this.#isConnected) throw new InterceptorTakenError(this.constructor.name)
    this.#isConnected = true
    this.below = below
    this.above = above
  }

  /** Option bits that a message must carry for this interceptor to be interested; 0: all messages. Two interceptors must not share a bit. */
  get optionFlag(): number {
    return 0
  }

  async start(): Promise<void> {}
  /** Resolves when everything accepted for sending has gone down. */
  async stop(): Promise<void> {}
  /** Called every `heartbeat` of the channel (default 5 s). */
  heartbeat(): void {}

  sendMessage(message: ChannelMessage, delivery: Delivery): void {
    this.below.sendMessage(message, delivery)
  }
  ask(member: Member, timeouts: AskTimeouts): Promise<void> {
    return this.below.ask(member, timeouts)
  }
  exclude(member: Member, reason: Error): void {
    this.below.exclude(member, reason)
  }
  messageReceived(message: ChannelMessage): void | Promise<void> {
    return this.above.messageReceived(message)
  }
  memberAdded(member: Member): void {
    this.above.memberAdded(member)
  }
  memberDisappeared(member: Member): void {
    this.above.memberDisappeared(member)
  }
  memberSuspected(member: Member, suspicion: Suspicion): void {
    this.above.memberSuspected(member, suspicion)
  }
  memberCaughtUp(member: Member): void {
    this.above.memberCaughtUp(member)
  }
  incarnationChanged(local: Member, previous: Member): void {
    this.above.incarnationChanged(local, previous)
  }
}
