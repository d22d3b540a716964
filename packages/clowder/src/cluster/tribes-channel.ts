import {
  ChannelCoordinator,
  type ChannelInterceptor,
  type CoordinatorStats,
  type FailureDetectorStats,
  type GroupChannelStats,
  McastService,
  type McastStats,
  type MembershipContext,
  type MembershipService,
  MessageDispatchInterceptor,
  type MessageDispatchStats,
  StaticMembershipService,
  TcpFailureDetector,
  type TcpTransport,
  type TransportContext,
  type TransportStats,
  tcpTransport,
} from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'
import { hostRefusal } from '../options/loopback.js'
import { present } from '../options/present.js'
import { clusterNameOf, encryptedNameOf } from './cluster-name.js'
import type { ClusterPorts } from './cluster-ports.js'
import { StartedGroupChannel } from './started-group-channel.js'

/** Below a message's body there is a frame header. */
const FRAME_HEADER_BYTES = 512
const DEFAULT_PORT = 4000

/** What the parts of a channel have counted since their last start. */
export interface ChannelInspection {
  readonly channel: GroupChannelStats
  readonly dispatch: MessageDispatchStats
  /** Members suspected, refuted, excluded; own stalls; words asked of and given by others. */
  readonly membership: CoordinatorStats & FailureDetectorStats
  readonly transport: TransportStats | undefined
  readonly multicast: McastStats | undefined
}

/** The channel of a distributable application, and what its parts have counted. */
export class TribesChannel {
  readonly channel: StartedGroupChannel
  readonly #ports: ClusterPorts
  readonly #settings: ClusterSettings
  readonly #dispatch: MessageDispatchInterceptor
  readonly #detector: TcpFailureDetector
  readonly #coordinator: ChannelCoordinator
  #transport: TcpTransport | undefined
  #multicast: McastService | undefined

  constructor(ports: ClusterPorts, settings: ClusterSettings) {
    this.#ports = ports
    this.#settings = settings
    this.#dispatch = new MessageDispatchInterceptor(settings.dispatch)
    this.#detector = new TcpFailureDetector(ports, settings.failureDetector)
    this.#coordinator = this.#newCoordinator()
    this.channel = new StartedGroupChannel(
      { ...ports, coordinator: this.#coordinator },
      {
        ...settings.channel,
        interceptors: this.#interceptors(),
        maxMessageBytes: settings.receiver.maxFrameBytes - FRAME_HEADER_BYTES,
      },
    )
  }

  /** Plain figures. */
  inspect(): ChannelInspection {
    return {
      channel: this.channel.stats,
      dispatch: this.#dispatch.stats,
      membership: { ...this.#coordinator.stats, ...this.#detector.stats },
      transport: this.#transport ? { ...this.#transport.stats } : undefined,
      multicast: this.#multicast?.stats,
    }
  }

  /** In good order: nothing is lost. */
  renewConnections(): void {
    this.#transport?.sender.renewConnections()
  }

  #interceptors(): ChannelInterceptor[] {
    return [...this.#settings.interceptors, this.#dispatch, this.#detector]
  }

  #newCoordinator(): ChannelCoordinator {
    const { jvmRoute: name, membership } = this.#settings
    const clusterName = clusterNameOf(this.#settings)
    const { frequency, dropTime, domain, payload } = membership
    const transport = (context: TransportContext) => this.#newTransport(context)
    return new ChannelCoordinator(
      { ...this.#ports, transport, membershipServices: this.#membershipServices() },
      present({ clusterName, name, domain, payload, frequency, dropTime }),
    )
  }

  #newTransport(context: TransportContext): TcpTransport {
    const { receiver, sender, failureDetector } = this.#settings
    const { address, advertisedAddress, port, autoBind, maxHalfOpen } = receiver
    this.#transport = tcpTransport(
      { ...this.#ports, ...context },
      {
        clusterName: encryptedNameOf(context.clusterName, this.#settings),
        maxFrameBytes: receiver.maxFrameBytes,
        maxInFlightBytes: receiver.maxInFlightBytes,
        helloTimeoutMs: receiver.helloTimeout,
        partialFrameTimeoutMs: receiver.partialFrameTimeout,
        timeoutMs: sender.timeout,
        maxRetryAttempts: sender.maxRetryAttempts,
        poolSize: sender.poolSize,
        keepAliveTimeMs: sender.keepAliveTime,
        keepAliveCount: sender.keepAliveCount,
        maxQueueBytes: sender.maxQueueBytes,
        maxJoinsPerSecond: receiver.maxJoinsPerSecond,
        readTestTimeoutMs: failureDetector.readTestTimeout,
        receiver: present({ address, advertisedAddress, port, autoBind, maxHalfOpen }),
        ...present({ hostRefusal: hostRefusal(this.#settings) }),
      },
    )
    return this.#transport
  }

  #membershipServices(): ((context: MembershipContext) => MembershipService)[] {
    const { multicast, members } = this.#settings.membership
    return [
      ...(multicast ? [(context: MembershipContext) => this.#newMulticast(context)] : []),
      ...(members.length > 0 ? [(context: MembershipContext) => this.#newStatic(context)] : []),
    ]
  }

  #newMulticast({ listener, clusterName }: MembershipContext): MembershipService {
    const { address, port, bind, ttl, frequency, dropTime, localLoopbackDisabled, ...others } =
      this.#settings.membership
    const { recoveryEnabled, recoveryCounter, recoverySleepTime } = others
    const recovery = { recoveryEnabled, recoveryCounter, recoverySleepTime }
    const heartbeat = { clusterName, address, port, bind, ttl, frequency, dropTime, localLoopbackDisabled }
    this.#multicast = new McastService({ ...this.#ports, listener }, present({ ...heartbeat, ...recovery }))
    return this.#multicast
  }

  #newStatic({ listener }: MembershipContext): MembershipService {
    const { members, resolveInterval } = this.#settings.membership
    const defaultPort = this.#settings.receiver.port || DEFAULT_PORT
    return new StaticMembershipService({ ...this.#ports, listener }, { members, resolveInterval, defaultPort })
  }
}
