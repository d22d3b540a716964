import type { ChannelMessage, DeliveryObserver, Member, SendOptions } from '@clowder/tribes'

/** Whoever receives messages of the channel. */
export interface ClusterListener {
  /** Whether the message is for this listener. */
  accept(message: ChannelMessage): boolean
  /** The message's body is valid during the call only. Throwing turns a synchronized acknowledgement into a negative one. */
  messageReceived(message: ChannelMessage): void | Promise<void>
}

export interface ClusterMembershipListener {
  memberAdded(member: Member): void
  memberDisappeared(member: Member): void
  memberCaughtUp?(member: Member): void
  /** This process has another incarnation now: another one had the same. */
  incarnationChanged?(local: Member, previous: Member): void
}

/** What the managers need from a channel: tribes' GroupChannel has it, and so has LocalChannel. */
export interface ClusterChannel {
  /** True: there never will be other members. */
  readonly isSolitary?: boolean
  start(): Promise<void>
  stop(): Promise<void>
  localMember(): Member
  /** The other members, oldest first. */
  members(): readonly Member[]
  /** How many members have announced themselves and are not among `members` yet. */
  pendingMembers(): number
  /** Whether other members see somebody whom this one cannot reach. */
  hasHiddenMembers?(): boolean
  /** The ids of those that other members see. */
  hiddenMembers?(): readonly string[]
  /** Whether a member that has just disappeared was stopped in an orderly way. */
  hasSaidGoodbye?(member: Member): boolean
  /** Queues `body` for `destinations`; outcomes come to `observer`. Returns the message's number. */
  post(destinations: readonly Member[], body: Uint8Array, options: SendOptions, observer?: DeliveryObserver): number
  addChannelListener(listener: ClusterListener): void
  removeChannelListener(listener: ClusterListener): void
  addMembershipListener(listener: ClusterMembershipListener): void
  removeMembershipListener(listener: ClusterMembershipListener): void
}
