import {
  ChannelCoordinator,
  type ChannelInterceptor,
  type ChannelMessage,
  type DeliveryGuarantee,
  GroupChannel,
  type Logger,
  McastService,
  type Member,
  MessageDispatchInterceptor,
  StaticMembershipService,
  TcpFailureDetector,
  tcpTransport,
} from '@clowder/tribes'
import type { SeededRandom, SimHost } from '../../src/index.js'

export interface SimNodeOptions {
  readonly clusterName?: string
  /** A list instead of multicast. */
  readonly members?: readonly string[]
  /** Bytes that may wait for one member. */
  readonly maxQueueBytes?: number
}

export interface Heard {
  readonly from: string
  readonly body: string
}

/** The whole tribes stack in one simulated process. */
export class SimNode {
  readonly name: string
  readonly host: SimHost
  readonly channel: GroupChannel
  readonly events: string[] = []
  readonly log: string[] = []
  readonly heard: Heard[] = []
  onMessage: (message: ChannelMessage) => void | Promise<void> = () => {}
  readonly #random: SeededRandom
  readonly #options: SimNodeOptions

  constructor(name: string, host: SimHost, random: SeededRandom, options: SimNodeOptions = {}) {
    this.name = name
    this.host = host
    this.#random = random
    this.#options = options
    const coordinator = this.#newCoordinator()
    const { clock } = host
    const logger = this.#logger
    this.channel = new GroupChannel({ clock, random, logger, coordinator }, { interceptors: this.#interceptors() })
    this.channel.addMembershipListener({
      memberAdded: m => this.#event('added', m),
      memberDisappeared: m => this.#event('disappeared', m),
      memberCaughtUp: m => this.#event('caught up', m),
    })
    this.channel.addChannelListener({
      accept: message => message.body[0] !== 0x52,
      messageReceived: message => this.#received(message),
    })
  }

  get member(): Member {
    return this.channel.localMember()!
  }

  /** The names of the members seen, sorted. */
  sees(): string[] {
    return this.channel
      .members()
      .map(m => m.name)
      .sort()
  }

  send(body: string | Uint8Array, guarantee: DeliveryGuarantee = 'use-ack'): Promise<unknown> {
    return this.channel.send(this.channel.members(), Buffer.from(body), { guarantee })
  }

  #event(what: string, member: Member): void {
    this.events.push(`${what} ${member.name}`)
  }

  #received(message: ChannelMessage): void | Promise<void> {
    this.heard.push({ from: message.source.name, body: Buffer.from(message.body).toString() })
    return this.onMessage(message)
  }

  #interceptors(): ChannelInterceptor[] {
    return [new MessageDispatchInterceptor(), new TcpFailureDetector({ clock: this.host.clock, logger: this.#logger })]
  }

  #newCoordinator(): ChannelCoordinator {
    const { clusterName = 'cats', members, maxQueueBytes } = this.#options
    const shared = { clock: this.host.clock, random: this.#random, logger: this.#logger, network: this.host }
    return new ChannelCoordinator(
      {
        ...shared,
        transport: context =>
          tcpTransport({ ...shared, ...context }, { clusterName, ...(maxQueueBytes && { maxQueueBytes }) }),
        membershipServices: [
          ({ listener }) =>
            members
              ? new StaticMembershipService({ ...shared, listener }, { members })
              : new McastService({ ...shared, listener }, { clusterName }),
        ],
      },
      { clusterName, name: this.name },
    )
  }

  get #logger(): Logger {
    const line = (level: string) => (_: object, message: string) => void this.log.push(`${level} ${message}`)
    return { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') }
  }
}
