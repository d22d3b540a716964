import type {
  Address,
  DatagramRefusal,
  MulticastHandlers,
  MulticastOptions,
  MulticastSocket,
  Network,
} from '../../src/ports/network.js'
import type { VirtualClock } from './virtual-clock.js'

const LATENCY_MS = 1

/** Multicast and names in one process. Datagrams are copied, take a millisecond, and can be refused or lost. */
export class MembershipNetwork implements Network {
  readonly sockets = new Set<GroupSocket>()
  readonly joins: MulticastOptions[] = []
  /** Every datagram that was taken, in order. */
  readonly sent: Buffer[] = []
  /** What `send` and `joinMulticast` reject with. */
  sendError: Error | undefined
  joinError: Error | undefined
  /** Datagrams are taken and reach nobody. */
  isDeaf = false
  /** What names resolve to; an error or nothing: the look-up fails. */
  readonly names = new Map<string, readonly string[] | Error>()
  lookups = 0
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  async joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
    this.joins.push(options)
    if (this.joinError) throw this.joinError
    const socket = new GroupSocket(this, options, handlers)
    this.sockets.add(socket)
    return socket
  }

  async resolve(host: string): Promise<readonly string[]> {
    this.lookups++
    const found = this.names.get(host) ?? (/^\d+(\.\d+){3}$|:/.test(host) ? [host] : undefined)
    if (found === undefined || found instanceof Error) throw found ?? new Error(`getaddrinfo ENOTFOUND ${host}`)
    return found
  }

  spread(from: GroupSocket, bytes: Uint8Array): void {
    this.sent.push(Buffer.from(bytes))
    if (this.isDeaf) return
    const copy = Buffer.from(bytes)
    this.#clock.setTimer(LATENCY_MS, () => {
      for (const socket of [...this.sockets]) if (socket.hears(from)) socket.handlers.datagram(copy, ANYONE)
    })
  }

  /** As somebody with a socket of his own would. */
  inject(bytes: Uint8Array): void {
    for (const socket of [...this.sockets]) socket.handlers.datagram(bytes, ANYONE)
  }

  /** As one that opens sealed datagrams does. */
  refuse(why: DatagramRefusal, host = ANYONE.host): void {
    for (const socket of [...this.sockets]) socket.handlers.refused?.(why, { ...ANYONE, host })
  }

  listen(): never {
    throw new Error('not in this double')
  }
  connect(): never {
    throw new Error('not in this double')
  }
  hostAddresses(): [] {
    return []
  }
}

const ANYONE: Address = { host: '10.0.0.9', port: 45_564 }

export class GroupSocket implements MulticastSocket {
  readonly options: MulticastOptions
  readonly handlers: MulticastHandlers
  readonly #network: MembershipNetwork

  constructor(network: MembershipNetwork, options: MulticastOptions, handlers: MulticastHandlers) {
    this.#network = network
    this.options = options
    this.handlers = handlers
  }

  hears(from: GroupSocket): boolean {
    const isSame = this.options.group === from.options.group && this.options.port === from.options.port
    return isSame && !(this === from && this.options.loopbackDisabled)
  }

  async send(bytes: Uint8Array): Promise<void> {
    if (!this.#network.sockets.has(this)) throw new Error('the socket is closed')
    if (this.#network.sendError) throw this.#network.sendError
    this.#network.spread(this, bytes)
  }

  async close(): Promise<void> {
    this.#network.sockets.delete(this)
  }
}
