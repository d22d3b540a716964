import type { Member } from '../member.js'
import type { MembershipListener, MembershipService } from '../membership/membership-service.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Random } from '../ports/random.js'
import type { ChannelReceiver, ChannelSender, TransportListener } from '../transport/channel-sender.js'

/** What a transport is made with. It is made anew at every start, as the local member is. */
export interface TransportContext {
  readonly listener: TransportListener
  readonly clusterName: string
  /** This process as it presents itself now; undefined until the receiver's address is known: hellos must wait for it. */
  readonly localMember: () => Member | undefined
  /** The digest of the list of members. */
  readonly view: () => number
}

export interface Transport {
  readonly sender: ChannelSender
  readonly receiver: ChannelReceiver
}

export interface MembershipContext {
  readonly listener: MembershipListener
  readonly clusterName: string
}

export interface ChannelCoordinatorComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly transport: (context: TransportContext) => Transport
  readonly membershipServices: readonly ((context: MembershipContext) => MembershipService)[]
}

export interface ChannelCoordinatorOptions {
  /** Members of other clusters stay strangers. */
  readonly clusterName: string
  /** What people call this member. @default host:port */
  readonly name?: string
  /** @default '' */
  readonly domain?: string
  /** At most 512 bytes, sent along in every heartbeat. @default none */
  readonly payload?: Uint8Array
  /** Milliseconds between two heartbeats: after 0.4 of it without a sign of life a member is asked. @default 500 */
  readonly frequency?: number
  /**
   * Within so many milliseconds after its last sign of life a member that nobody hears is out of the group; a process that stands still for up to two thirds
   * of it stays. A member that can be heard, but not talked to, is out after about a third more. @default 3000
   */
  readonly dropTime?: number
}
