import assert from 'node:assert'
import type { ClusterChannel } from '@clowder/ha'
import {
  ChannelCoordinator,
  type ChannelInterceptor,
  GroupChannel,
  type Logger,
  McastService,
  type Member,
  type MembershipContext,
  MessageDispatchInterceptor,
  type Random,
  StaticMembershipService,
  TcpFailureDetector,
  type TransportStats,
  tcpTransport,
} from '@clowder/tribes'
import type { SimHost } from '../sim-host.js'
import { CLUSTER_NAME, type ProcessOptions } from './process-options.js'

export interface SimChannelComponents {
  readonly host: SimHost
  readonly random: Random
  readonly logger: Logger
  /** Onlookers at the top of the stack. */
  readonly taps?: readonly ChannelInterceptor[]
}

/** What a link tells of its queue. */
export interface LinkQueue {
  readonly queuedBytes: number
  readonly unacknowledgedBytes: number
  readonly isBehind: boolean
}

/** The whole tribes stack of one process, put together as `createCluster` does it. */
export class SimChannel extends GroupChannel implements ClusterChannel {
  readonly transportStats: () => TransportStats | undefined
  readonly multicastStats: () => McastService['stats'] | undefined
  readonly failureDetector: TcpFailureDetector
  readonly dispatch: MessageDispatchInterceptor
  /** Of each link, what waits in its queue. */
  readonly queues: () => readonly LinkQueue[]
  #lastLocal: Member | undefined

  constructor({ host, random, logger, taps = [] }: SimChannelComponents, name: string, options: ProcessOptions) {
    const shared = { clock: host.clock, random, logger, network: host }
    const { clusterName = CLUSTER_NAME, members, resolveIntervalMs, receiver, domain, payload } = options
    const announced = { name, ...(domain !== undefined && { domain }), ...(payload && { payload }) }
    let transportStats: TransportStats | undefined
    let queues: () => readonly LinkQueue[] = () => []
    let multicast: McastService | undefined
    const coordinator = new ChannelCoordinator(
      {
        ...shared,
        transport: context => {
          const made = tcpTransport(
            { ...shared, ...context },
            { ...options.transport, clusterName, ...(receiver && { receiver }) },
          )
          transportStats = made.stats
          queues = () => made.sender.inspect().links as readonly LinkQueue[]
          return made
        },
        membershipServices: [
          ({ listener }) => {
            multicast = new McastService({ ...shared, listener }, { clusterName, ...options.membership })
            return multicast
          },
          ...(members
            ? [
                ({ listener }: MembershipContext) =>
                  new StaticMembershipService(
                    { ...shared, listener },
                    { members, ...(resolveIntervalMs !== undefined && { resolveInterval: resolveIntervalMs }) },
                  ),
              ]
            : []),
        ],
      },
      { clusterName, ...announced, ...options.membership },
    )
    const failureDetector = new TcpFailureDetector(shared)
    const dispatch = new MessageDispatchInterceptor()
    super({ ...shared, coordinator }, { interceptors: [...taps, dispatch, failureDetector] })
    this.failureDetector = failureDetector
    this.dispatch = dispatch
    this.transportStats = () => transportStats
    this.queues = () => queues()
    this.multicastStats = () => multicast?.stats
  }

  get hasStarted(): boolean {
    return (this.#lastLocal ?? super.localMember()) !== undefined
  }

  /** Once started there always is one, also after the stop. */
  override localMember(): Member {
    this.#lastLocal = super.localMember() ?? this.#lastLocal
    assert(this.#lastLocal, 'the local member is asked for before the channel has started')
    return this.#lastLocal
  }
}
