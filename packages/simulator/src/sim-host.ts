import type {
  Address,
  HostAddress,
  Listener,
  MulticastHandlers,
  MulticastOptions,
  MulticastSocket,
  Network,
  Stream,
} from '@clowder/tribes'
import type { HostClock } from './host-clock.js'
import { HostCounters } from './host-counters.js'
import { SimDial } from './sim-dial.js'
import { SimListener } from './sim-listener.js'
import type { MulticastGroups } from './sim-multicast.js'
import type { SimNetwork } from './sim-network.js'
import type { SimProcess } from './sim-process.js'
import type { SimStream } from './sim-stream.js'
import { SystemError } from './system-error.js'
import type { Wire } from './wire.js'

export interface SimHostComponents {
  readonly network: SimNetwork
  readonly wire: Wire
  readonly groups: MulticastGroups
  readonly process: SimProcess
  readonly clock: HostClock
}

const FIRST_EPHEMERAL_PORT = 49_152
const LOOPBACK = '127.0.0.1'
const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** One process on a machine of its own, as its sockets and its clock see it. */
export class SimHost implements Network {
  readonly address: string
  readonly clock: HostClock
  readonly process: SimProcess
  readonly counters = new HostCounters()
  readonly streams = new Set<SimStream>()
  readonly listeners = new Map<number, SimListener>()
  /** While set, every datagram sent fails with this code (ENOBUFS, EPERM, ENETUNREACH, …). */
  datagramFault: string | undefined
  readonly #components: SimHostComponents
  #isSlow = false
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(components: SimHostComponents, address: string) {
    this.#components = components
    this.address = address
    this.clock = components.clock
    this.process = components.process
  }

  // ── Network ──

  async joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
    return this.#components.groups.join(this, options, handlers)
  }

  async listen({ host, port }: Address, accept: (stream: Stream) => void): Promise<Listener> {
    if (!ANY.has(host) && this.#resolved(host) !== this.address)
      throw new SystemError('listen', 'EADDRNOTAVAIL', `${host}:${port}`)
    const bound = port === 0 ? this.#freePort() : port
    if (this.listeners.has(bound)) throw new SystemError('listen', 'EADDRINUSE', `${host}:${port}`)
    const listener = new SimListener(this, { host, port: bound }, accept)
    this.listeners.set(bound, listener)
    return listener
  }

  async connect({ host, port }: Address, timeoutMs: number): Promise<Stream> {
    const { network, wire } = this.#components
    const remote = { host: this.#resolved(host), port }
    const local = { host: this.address, port: this.#freePort() }
    this.counters.dials++
    return SimDial.start({ network, wire, dialler: this }, local, remote, timeoutMs)
  }

  async resolve(host: string): Promise<readonly string[]> {
    return [this.#resolved(host)]
  }

  hostAddresses(): readonly HostAddress[] {
    return [
      { address: LOOPBACK, family: 4, internal: true },
      { address: this.address, family: 4, internal: false },
    ]
  }

  // ── faults ──

  get isReading(): boolean {
    return this.process.isRunning && !this.#isSlow
  }

  /** A receiver that takes nothing from its sockets any more, until `readAgain`. */
  stopReading(): void {
    this.#isSlow = true
  }

  readAgain(): void {
    this.#isSlow = false
    this.wake()
  }

  pause(): void {
    this.process.pause()
  }

  resume(): void {
    this.process.resume()
    this.wake()
  }

  /** Kill -9; or, when the machine is not alive, a pulled plug. */
  kill(isMachineAlive: boolean): void {
    this.process.kill()
    this.listeners.clear()
    this.#components.groups.leaveAll(this)
    for (const stream of this.streams) stream.abandon(isMachineAlive)
    this.streams.clear()
  }

  /** What kept its streams from delivering may be over. */
  wake(): void {
    for (const stream of this.streams) stream.wake()
  }

  #freePort(): number {
    const port = this.#nextPort++
    return this.listeners.has(port) ? this.#freePort() : port
  }

  #resolved(host: string): string {
    if (host === LOOPBACK || host === 'localhost') return this.address
    return this.#components.network.lookUp(host)
  }
}
