import type { ChannelMessage } from '../channel-message.js'
import type { Member } from '../member.js'

/** Who takes messages from a channel. */
export interface ChannelListener {
  /** Called for every message, so it must be cheap: look at the first bytes. */
  accept(message: ChannelMessage): boolean
  /**
   * The message's body is valid during the call only. A returned promise delays a synchronized acknowledgement; a throw or a rejection makes it
   * negative, and the sender's delivery names this member as failed.
   */
  messageReceived(message: ChannelMessage): void | Promise<void>
}

/** Who wants to know who is here. What it throws is logged and goes no further. */
export interface MembershipEvents {
  memberAdded(member: Member): void
  memberDisappeared(member: Member): void
  /** Messages to this member had been refused because its queue was full; it has room again, and missed some. */
  memberCaughtUp?(member: Member): void
  /**
   * Another process had this process's incarnation (a cloned machine), or this host has another address, so this process has taken a new one. What it wrote under `previous` stays valid;
   * whatever is written from now on must carry `local`'s id. The other members see `previous` disappear and `local` come.
   */
  incarnationChanged?(local: Member, previous: Member): void
}
