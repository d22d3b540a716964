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
import type { Connection, Machine, Machines, Port } from './machine.js'
import { SimDial } from './sim-dial.js'
import { SimListener } from './sim-listener.js'
import type { MulticastGroups } from './sim-multicast.js'
import type { SimProcess } from './sim-process.js'
import { SystemError } from './system-error.js'
import type { Wire } from './wire.js'

export interface SimHostComponents {
  readonly network: Machines
  readonly wire: Wire
  readonly groups: MulticastGroups
  readonly process: SimProcess
  readonly clock: HostClock
}

const FIRST_EPHEMERAL_PORT = 49_152
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost'])
const ANY: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

/** One process on a machine of its own, as its sockets and its clock see it. */
export class SimHost implements Network, Machine {
  readonly clock: HostClock
  readonly process: SimProcess
  readonly counters = new HostCounters()
  readonly streams = new Set<Connection>()
  readonly listeners = new Map<number, Port>()
  readonly #components: SimHostComponents
  #address: string
  #datagramFault: string | undefined
  #isSlow = false
  #hasInterface = true
  #hasNoDescriptors = false
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(components: SimHostComponents, address: string) {
    this.#components = components
    this.#address = address
    this.clock = components.clock
    this.process = components.process
    this.process.onAwake = () => this.wake()
  }

  get address(): string {
    return this.#address
  }

  // ── Network ──

  async joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
    return this.#components.groups.join(this, options, handlers)
  }

  async listen({ host, port }: Address, accept: (stream: Stream) => void): Promise<Listener> {
    const boundTo = ANY.has(host) ? undefined : this.#resolved(host)
    if (boundTo !== undefined && boundTo !== this.address)
      throw new SystemError('listen', 'EADDRNOTAVAIL', `${host}:${port}`)
    if (this.#hasNoDescriptors) throw new SystemError('listen', 'EMFILE', `${host}:${port}`)
    const bound = port === 0 ? this.#freePort() : port
    // What was bound to an address that is gone is in nobody's way.
    if (this.listeners.get(bound)?.isBoundTo(this.address))
      throw new SystemError('listen', 'EADDRINUSE', `${host}:${port}`)
    const listener = new SimListener(this, { host, port: bound }, boundTo, accept)
    this.listeners.set(bound, listener)
    return listener
  }

  async connect({ host, port }: Address, timeoutMs: number): Promise<Stream> {
    const { network, wire } = this.#components
    const remote = { host: this.#resolved(host), port }
    this.counters.dials++
    this.counters.dialRate.count(`${remote.host}:${port}`, this.clock.now())
    if (this.#hasNoDescriptors) throw new SystemError('connect', 'EMFILE', `${host}:${port}`)
    if (!this.#hasInterface && remote.host !== this.address)
      throw new SystemError('connect', 'ENETUNREACH', `${host}:${port}`)
    const local = { host: this.address, port: this.#freePort() }
    return SimDial.start({ network, wire, dialler: this }, local, remote, timeoutMs)
  }

  async resolve(host: string): Promise<readonly string[]> {
    return [this.#resolved(host)]
  }

  hostAddresses(): readonly HostAddress[] {
    const loopback: HostAddress[] = [{ address: '127.0.0.1', family: 4, internal: true }]
    if (!this.#hasInterface) return loopback
    return [...loopback, { address: this.address, family: this.address.includes(':') ? 6 : 4, internal: false }]
  }

  // ── Machine ──

  get isOn(): boolean {
    return this.#components.network.isMachineOn(this.address)
  }

  get isReading(): boolean {
    return this.process.isRunning && !this.#isSlow
  }

  get hasNoDescriptors(): boolean {
    return this.#hasNoDescriptors
  }

  // ── faults ──

  /** While set, every datagram sent fails with this code (ENOBUFS, EPERM, ENETUNREACH, …). */
  get datagramFault(): string | undefined {
    return this.#hasInterface ? this.#datagramFault : 'ENETUNREACH'
  }

  set datagramFault(code: string | undefined) {
    this.#datagramFault = code
  }

  /** A receiver that takes nothing from its sockets any more, until `readAgain`. */
  stopReading(): void {
    this.#isSlow = true
  }

  readAgain(): void {
    this.#isSlow = false
    this.wake()
  }

  /** No file descriptor is left: dialling and listening fail with EMFILE, and streams wait to be accepted. */
  exhaustDescriptors(): void {
    this.#hasNoDescriptors = true
  }

  freeDescriptors(): void {
    this.#hasNoDescriptors = false
    for (const port of this.listeners.values()) port.wake()
  }

  /** When the last of what its process has sent arrives; absent: nothing is on its way. */
  get lastWordsMs(): number | undefined {
    const arrivals = Array.from(this.streams, stream => stream.lastArrivalMs ?? Number.NEGATIVE_INFINITY)
    const last = Math.max(...arrivals)
    return last === Number.NEGATIVE_INFINITY ? undefined : last
  }

  pause(): void {
    this.process.pause()
  }

  resume(): void {
    this.process.resume()
  }

  /** Its event loop is held up: timers first when it goes on. */
  stall(ms: number): void {
    this.process.stall(ms)
  }

  /** Kill -9; or, when the machine is not alive, a pulled plug. */
  kill(isMachineAlive: boolean): void {
    this.process.kill()
    this.listeners.clear()
    this.#components.groups.leaveAll(this)
    for (const stream of this.streams) stream.abandon(isMachineAlive)
    this.streams.clear()
  }

  /** Its interface went down, or came up, maybe with another address: what was connected at the old one is dead then, and nobody is told. */
  setInterface(isUp: boolean, address = this.#address): void {
    this.#hasInterface = isUp
    if (address === this.#address) return
    for (const stream of this.streams) stream.silence()
    this.#address = address
  }

  /** All that slows this process or its sockets ends, and its clock is set right. */
  recover(): void {
    this.datagramFault = undefined
    this.clock.setRight()
    this.process.wake()
    this.freeDescriptors()
    this.readAgain()
  }

  /** What kept its streams from moving may be over. */
  wake(): void {
    for (const stream of this.streams) stream.wake()
  }

  #freePort(): number {
    const port = this.#nextPort++
    return this.listeners.has(port) ? this.#freePort() : port
  }

  #resolved(host: string): string {
    return LOOPBACK.has(host) ? this.address : this.#components.network.lookUp(host)
  }
}
