import { type ChannelMessage, type DeliveryGuarantee, optionBits } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import { type Member, member } from '../../src/member.js'
import type { Logger } from '../../src/ports/logger.js'
import type { HostAddress } from '../../src/ports/network.js'
import type { TransportListener } from '../../src/transport/channel-sender.js'
import { type TcpTransport, type TcpTransportOptions, tcpTransport } from '../../src/transport/tcp-transport.js'
import type { GroupFrame } from '../../src/wire/frame.js'
import { Dice } from './dice.js'
import { MemoryNetwork, type MemoryNetworkOptions } from './memory-network.js'
import { VirtualClock } from './virtual-clock.js'

export interface World {
  readonly clock: VirtualClock
  readonly dice: Dice
  readonly network: MemoryNetwork
}

export function world(seed = 1, options: Partial<MemoryNetworkOptions> = {}): World {
  const clock = new VirtualClock()
  const dice = new Dice(seed)
  return { clock, dice, network: new MemoryNetwork(clock, dice, options) }
}

export interface NodeOptions extends Partial<TcpTransportOptions> {
  /** The first byte of the member's id: decides who wins a simultaneous dial. */
  readonly idByte?: number
  /** The whole id. */
  readonly uniqueId?: Uint8Array
  readonly view?: () => number
  readonly addresses?: readonly HostAddress[]
  readonly onMessage?: (message: ChannelMessage) => void | Promise<void>
}

/** One member with a transport and nothing above it, which writes down what it hears. */
export class TransportNode implements TransportListener {
  readonly host: string
  readonly transport: TcpTransport
  readonly received: { number: number; body: string; from: string }[] = []
  readonly events: string[] = []
  readonly log: string[] = []
  onMessage: (message: ChannelMessage) => void | Promise<void>
  heardChunks = 0
  /** Digests of member lists, as they came. */
  readonly views: string[] = []
  readonly told: { readonly from: string; readonly frame: GroupFrame }[] = []
  member!: Member
  readonly #world: World
  readonly #idByte: number
  readonly #uniqueId: Uint8Array | undefined
  #number = 0

  constructor(host: string, world: World, options: NodeOptions = {}) {
    this.host = host
    this.#world = world
    this.#idByte = options.idByte ?? 0
    this.#uniqueId = options.uniqueId
    this.onMessage = options.onMessage ?? (() => {})
    const { clock, dice: random, network } = world
    this.transport = tcpTransport(
      {
        clock,
        random,
        logger: this.#logger(),
        network: network.host(host, options.addresses),
        listener: this,
        localMember: () => this.member,
        ...(options.view && { view: options.view }),
      },
      { clusterName: 'cats', ...options },
    )
  }

  async start(): Promise<this> {
    const { host, port } = await this.transport.receiver.start()
    const uniqueId = this.#uniqueId ?? this.#world.dice.fill(new Uint8Array(16))
    if (this.#idByte > 0) uniqueId[0] = this.#idByte
    const payload = new Uint8Array(0)
    this.member = member({ uniqueId, host, port, name: this.host, domain: '', payload, aliveMs: 0 })
    await this.transport.sender.start()
    return this
  }

  send(
    body: string | Uint8Array,
    to: readonly TransportNode[] | readonly Member[],
    guarantee: DeliveryGuarantee = 'use-ack',
  ): Delivery {
    const destinations = to.map(one => (one instanceof TransportNode ? one.member : one))
    return this.sendAs(body, new Delivery(destinations), guarantee)
  }

  sendAs(body: string | Uint8Array, delivery: Delivery, guarantee: DeliveryGuarantee = 'use-ack'): Delivery {
    const message: ChannelMessage = {
      number: ++this.#number,
      options: optionBits(guarantee),
      body: typeof body === 'string' ? Buffer.from(body) : body,
      source: this.member,
    }
    this.transport.sender.sendMessage(message, delivery)
    return delivery
  }

  bodies(): string[] {
    return this.received.map(r => r.body)
  }

  messageReceived(message: ChannelMessage): void | Promise<void> {
    this.received.push({
      number: message.number,
      body: Buffer.from(message.body).toString(),
      from: message.source.name,
    })
    return this.onMessage(message)
  }

  memberHeard(): void {
    this.heardChunks++
  }
  memberConnected(member: Member): void {
    this.events.push(`connected ${member.name}`)
  }
  memberDisconnected(member: Member): void {
    this.events.push(`disconnected ${member.name}`)
  }
  memberLeft(member: Member): void {
    this.events.push(`left ${member.name}`)
  }
  memberCaughtUp(member: Member): void {
    this.events.push(`caught up ${member.name}`)
  }
  memberExpelledUs(member: Member): void {
    this.events.push(`expelled by ${member.name}`)
  }
  viewSeen(member: Member, view: number): void {
    this.views.push(`${member.name} ${view}`)
  }
  groupFrameReceived(member: Member, frame: GroupFrame): void {
    this.told.push({ from: member.name, frame })
  }
  incarnationTaken(): void {
    this.events.push('incarnation taken')
  }

  #logger(): Logger {
    return {
      debug: () => {},
      info: () => {},
      warn: (_, message) => void this.log.push(`warn ${message}`),
      error: (_, message) => void this.log.push(`error ${message}`),
    }
  }
}

export function codes(delivery: Delivery): (string | undefined)[] {
  return delivery.faulty.map(f => (f.cause as { code?: string }).code)
}
