import type { Address, Listener, Network, Stream } from '../ports/network.js'
import { Acceptance, type AcceptanceComponents } from './acceptance.js'
import type { ChannelReceiver } from './channel-sender.js'
import { CannotBindError, ConnectionClosedError, NoFreePortError, TransportStoppedError } from './errors.js'
import { HostWatch } from './host-watch.js'
import { isLoopback, isUnspecified, routableAddress } from './receiver-address.js'

export interface NioReceiverOptions {
  /**
   * Host to listen on. `auto`: an address of this host that others can reach, IPv4 first; 127.0.0.1 (with a warning) when there is no other. When this host has it
   * no longer, another one.
   * @default 'auto'
   */
  readonly address: string
  /** Host that the others are told, when it is another one than we listen on (NAT, containers). Default: `address`; behind 0.0.0.0 or ::, what `auto` would choose. */
  readonly advertisedAddress?: string
  /**
   * The first port to try; 0: any free one.
   * @default 4000
   */
  readonly port: number
  /**
   * How many ports are tried, from `port` upwards, when one is taken.
   * @default 100
   */
  readonly autoBind: number
  /**
   * Connections whose handshake is not complete; the oldest is closed when one more comes.
   * @default 64
   */
  readonly maxHalfOpen: number
  /**
   * A connection whose handshake is not complete by then (ms) is closed.
   * @default 2000
   */
  readonly helloTimeoutMs: number
}

export const DEFAULT_NIO_RECEIVER_OPTIONS: NioReceiverOptions = {
  address: 'auto',
  port: 4000,
  autoBind: 100,
  maxHalfOpen: 64,
  helloTimeoutMs: 2000,
}

export interface NioReceiverComponents extends Omit<AcceptanceComponents, 'over'> {
  readonly network: Network
}

const HIGHEST_PORT = 65_535

/** The receiving half: listens, and leads each connection through its handshake to the link that it belongs to. */
export class NioReceiver implements ChannelReceiver {
  readonly #components: NioReceiverComponents
  readonly #options: NioReceiverOptions
  readonly #acceptanceComponents: AcceptanceComponents
  /** In the order of arrival. */
  readonly #halfOpen = new Set<Acceptance>()
  #listening: Promise<Listener> | undefined
  /** Absent when it was said where to listen, or what to advertise. */
  #watch: HostWatch | undefined
  #isMoving = false

  constructor(components: NioReceiverComponents, options: NioReceiverOptions) {
    this.#components = components
    this.#options = options
    this.#acceptanceComponents = { ...components, over: acceptance => this.#halfOpen.delete(acceptance) }
  }

  /** Rejects with NoFreePortError (`TRIBES_NO_FREE_PORT`) when all ports are taken, else with the system's error. */
  async start(): Promise<Address> {
    const host = this.#listenHost()
    this.#listening ??= this.#bind(host)
    try {
      return this.#bound(host, await this.#listening)
    } catch (error) {
      this.#listening = undefined
      throw error
    }
  }

  async relocated(nowMs: number): Promise<Address | undefined> {
    const watch = this.#watch
    if (!watch || !this.#listening || this.#isMoving || !watch.isDue(nowMs)) return undefined
    this.#isMoving = true
    try {
      const host = watch.look(this.#components.network.hostAddresses(), nowMs)
      return host === undefined ? undefined : await this.#move(watch, host)
    } catch (error) {
      const text = 'This host may have another address now, and the receiver cannot listen there.'
      this.#components.log.warn('relocation', { err: error }, text)
      return undefined
    } finally {
      this.#isMoving = false
    }
  }

  async stop(): Promise<void> {
    const listening = this.#listening
    this.#listening = undefined
    this.#watch = undefined
    if (!listening) return
    const listener = await listening.catch(() => undefined)
    for (const acceptance of [...this.#halfOpen]) acceptance.drop(new TransportStoppedError())
    await listener?.close()
  }

  #listenHost(): string {
    const { address, advertisedAddress } = this.#options
    if (address !== 'auto' && (advertisedAddress !== undefined || !isUnspecified(address))) return address
    const host = routableAddress(this.#components.network.hostAddresses())
    this.#watch ??= new HostWatch(host)
    if (address !== 'auto') return address
    if (isLoopback(host)) this.#components.logger.warn({ host }, ONLY_LOOPBACK)
    return host
  }

  #bound(host: string, { address: { port } }: Listener): Address {
    const advertised = { host: this.#advertisedHost(host), port }
    const text = `Receiver Server Socket bound to:[${host}:${port}], advertised as [${advertised.host}:${port}]`
    this.#components.logger.info({ host, port, advertised }, text)
    return advertised
  }

  #advertisedHost(listenHost: string): string {
    if (this.#options.advertisedAddress !== undefined) return this.#options.advertisedAddress
    return isUnspecified(listenHost) ? this.#watch!.current : listenHost
  }

  /** What listens on all interfaces does so on new ones as well. When listening fails, it is tried again at the next look. */
  async #move(watch: HostWatch, host: string): Promise<Address | undefined> {
    const { address } = this.#options
    if (address === 'auto') await this.#rebind(host)
    const listener = await this.#listening
    if (!listener || this.#watch !== watch) return undefined
    watch.moved(host)
    return this.#bound(address === 'auto' ? host : address, listener)
  }

  /** It listens where it did until it does elsewhere: that address may come back, and then nothing else would make it listen there again. */
  async #rebind(host: string): Promise<void> {
    const before = await this.#listening
    if (!before || !this.#listening) return
    const bound = this.#bind(host)
    this.#listening = bound.then(
      listener => before.close().then(() => listener),
      () => before,
    )
    await bound
  }

  async #bind(host: string): Promise<Listener> {
    const { port: firstPort, autoBind } = this.#options
    const lastPort = firstPort === 0 ? 0 : Math.min(HIGHEST_PORT, firstPort + Math.max(1, autoBind) - 1)
    let failure: Error | undefined
    for (let port = firstPort; port <= lastPort; port++) {
      try {
        return await this.#components.network.listen({ host, port }, stream => this.#accept(stream))
      } catch (error) {
        if (!isTaken(error)) throw new CannotBindError(host, error as Error)
        failure = error
      }
    }
    throw new NoFreePortError(host, firstPort, lastPort, failure)
  }

  #accept(stream: Stream): void {
    if (!this.#listening) return stream.destroy()
    if (this.#halfOpen.size >= this.#options.maxHalfOpen) this.#dropOldest()
    this.#halfOpen.add(new Acceptance(stream, this.#acceptanceComponents, this.#options.helloTimeoutMs))
  }

  /** Not the newest: with the oldest gone, a flood of silent connections cannot keep a member out that says its hello at once. */
  #dropOldest(): void {
    const { maxHalfOpen } = this.#options
    this.#components.log.warn(
      'half-open',
      { maxHalfOpen },
      `more than ${maxHalfOpen} connections have not said hello; closed the oldest`,
    )
    for (const oldest of this.#halfOpen) return oldest.drop(new ConnectionClosedError('too many handshakes at once'))
  }
}

const ONLY_LOOPBACK =
  'this host has no address that others can reach, so the receiver listens on 127.0.0.1 and only members on this host can join; set receiver.address'

function isTaken(error: unknown): error is Error {
  const { code } = error as { code?: unknown }
  return code === 'EADDRINUSE' || code === 'EACCES'
}
