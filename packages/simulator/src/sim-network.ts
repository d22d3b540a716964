import { Links } from './links.js'
import type { SeededRandom } from './seeded-random.js'
import { SimHost } from './sim-host.js'
import type { SimListener } from './sim-listener.js'
import { MulticastGroups } from './sim-multicast.js'
import { SimProcess } from './sim-process.js'
import { SystemError } from './system-error.js'
import { TraceHash } from './trace-hash.js'
import type { VirtualClock } from './virtual-clock.js'
import { type SimNetworkOptions, Wire } from './wire.js'

export interface SimNetworkComponents {
  readonly clock: VirtualClock
  readonly random: SeededRandom
}

const LITERAL = /^[\d.]+$|:/

/** All machines, the links between them, and everything that can go wrong with them. Deterministic: one seed, one trace. */
export class SimNetwork {
  readonly trace = new TraceHash()
  readonly #clock: VirtualClock
  readonly #links = new Links()
  readonly #wire: Wire
  readonly #groups: MulticastGroups
  readonly #hosts = new Map<string, SimHost>()
  readonly #names = new Map<string, string>()
  readonly #switchedOff = new Set<string>()

  constructor(components: SimNetworkComponents, options: SimNetworkOptions = {}) {
    const { clock, random } = components
    this.#clock = clock
    this.#wire = new Wire({ clock, random: random.fork(), links: this.#links, trace: this.trace }, options)
    this.#groups = new MulticastGroups(this.#wire)
  }

  /** The process at this address; a new one when there was none, or when it was killed. */
  host(address: string): SimHost {
    const running = this.#hosts.get(address)
    if (running && running.process.state !== 'dead') return running
    this.#switchedOff.delete(address)
    const host = this.#newHost(address)
    this.#hosts.set(address, host)
    return host
  }

  /** Makes `name` resolve to `address`. */
  name(name: string, address: string): void {
    this.#names.set(name, address)
  }

  change(faults: Omit<SimNetworkOptions, 'windowBytes'>): void {
    this.#wire.change(faults)
  }

  /** Nothing passes in either direction, and nobody is told: streams stall, datagrams vanish. */
  cut(a: string, b: string): void {
    this.#links.cut(a, b)
    this.#links.cut(b, a)
  }

  cutOneWay(from: string, to: string): void {
    this.#links.cut(from, to)
  }

  /** Only datagrams vanish. */
  cutDatagrams(from: string, to: string): void {
    this.#links.cutDatagrams(from, to)
  }

  /** Cuts a host off from all others. */
  isolate(address: string): void {
    for (const other of this.#hosts.keys()) if (other !== address) this.cut(address, other)
  }

  heal(a: string, b: string): void {
    this.#links.heal(a, b)
    this.#links.heal(b, a)
    this.#wakeAll()
  }

  healAll(): void {
    this.#links.healAll()
    this.#wakeAll()
  }

  /** Kill -9: the kernel resets its connections and refuses new ones. */
  kill(address: string): void {
    this.#hosts.get(address)?.kill(true)
  }

  /** A pulled plug: nobody is told, and nothing answers. */
  switchOff(address: string): void {
    this.#switchedOff.add(address)
    this.#hosts.get(address)?.kill(false)
  }

  /** SIGSTOP: its kernel goes on, it does not. */
  pause(address: string): void {
    this.#hosts.get(address)?.pause()
  }

  /** SIGCONT. */
  resume(address: string): void {
    this.#hosts.get(address)?.resume()
  }

  // ── what hosts ask ──

  lookUp(host: string): string {
    const address = this.#names.get(host) ?? (LITERAL.test(host) ? host : undefined)
    if (!address) throw new SystemError('getaddrinfo', 'ENOTFOUND', host)
    return address
  }

  isMachineOn(address: string): boolean {
    return this.#hosts.has(address) && !this.#switchedOff.has(address)
  }

  listenerAt({ host, port }: { host: string; port: number }): SimListener | undefined {
    return this.#hosts.get(host)?.listeners.get(port)
  }

  #newHost(address: string): SimHost {
    const process = new SimProcess(this.#clock)
    const clock = this.#clock.forHost(process)
    return new SimHost({ network: this, wire: this.#wire, groups: this.#groups, process, clock }, address)
  }

  #wakeAll(): void {
    for (const host of this.#hosts.values()) host.wake()
  }
}
