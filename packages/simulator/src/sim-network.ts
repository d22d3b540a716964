import type { Connection, Port } from './machine.js'
import type { Physics } from './physics.js'
import type { SeededRandom } from './seeded-random.js'
import { SimHost } from './sim-host.js'
import { MulticastGroups } from './sim-multicast.js'
import { SimProcess } from './sim-process.js'
import { SystemError } from './system-error.js'
import { TraceHash } from './trace-hash.js'
import type { VirtualClock } from './virtual-clock.js'
import { type NetworkFaults, type SimNetworkOptions, Wire } from './wire.js'

export interface SimNetworkComponents {
  readonly clock: VirtualClock
  readonly random: SeededRandom
}

const LITERAL = /^[\d.]+$|:/

/** Of so many processes one is slow. */
const SLOW_ONE_OF = 3
const SLOW_LOOK_MS = 1 / 8

/**
 * All machines, the links between them, and everything that can go wrong with them. Deterministic: one seed, one trace. Every third process works so slowly that what it does in slices of a
 * millisecond is interrupted also where there is little of it.
 *
 * | what fails | how | until |
 * |---|---|---|
 * | links: nothing passes, datagrams are lost | `cut`, `cutOneWay`, `isolate`; `cutDatagrams` loses these alone | `heal`, `healAll` |
 * | links: nothing passes, nothing is lost | `clog` | `unclog`, `heal`, `healAll` |
 * | all links, or one: loss, duplication, reordering, delays, latency, bandwidth, size of datagrams | `change`, `changeLink` (names: `Physics`) | changed again |
 * | open streams of a pair | `resetStreams`: reset now, in mid-frame · `silence`: half-open, nobody is told | – |
 * | a stream of a link, after exactly so many bytes; any stream, after a drawn number | `resetAfterBytes` · `change({ resetAfterBytes })` | done once · changed again |
 * | reads: pieces, single bytes | `change({ splitReads })` | changed again |
 * | a host's interface; its address, and what rests on its links goes with it | `interfaceDown` | `interfaceUp`, with a new address or the old one |
 * | no multicast at all; no datagram above a size | options `hasMulticast: false` · `mtuBytes` | – : how this network is |
 * | a process ends | `kill`, `switchOff` | `host` starts another one at the address |
 * | a process stands still | `pause` · `stall` | `resume` · its time is over |
 * | a receiver does not read; no descriptor is left; datagrams are refused | `host(…).stopReading()` · `exhaustDescriptors()` · `datagramFault =` | `readAgain()` · `freeDescriptors()` · `= undefined` |
 * | clocks: jump, skew, drift | `jumpClock`, `setClockOffset`, `driftClock` | set again |
 *
 * `healEverything` ends all of them but deaths and what a network is by nature: whoever is dead stays dead, a stream that was silenced stays silent.
 */
export class SimNetwork {
  readonly trace = new TraceHash()
  readonly #clock: VirtualClock
  readonly #wire: Wire
  readonly #groups: MulticastGroups
  readonly #hosts = new Map<string, SimHost>()
  readonly #names = new Map<string, string>()
  readonly #switchedOff = new Set<string>()
  /** How many there have been. */
  #processes = 0

  constructor(components: SimNetworkComponents, options: SimNetworkOptions = {}) {
    const { clock, random } = components
    this.#clock = clock
    this.#wire = new Wire({ clock, random: random.fork(), trace: this.trace }, options)
    this.#groups = new MulticastGroups(this.#wire)
  }

  /** The process at this address; a new one when there was none, or when it was killed. */
  host(address: string): SimHost {
    const former = this.#hosts.get(address)
    if (former && former.process.state !== 'dead') return former
    this.#switchedOff.delete(address)
    const host = this.#newHost(address)
    if (former) host.clock.continue(former.clock)
    this.#hosts.set(address, host)
    this.#wakeAll()
    return host
  }

  /** Makes `name` resolve to `address`; it may be an address itself, such as the one that a NAT shows outside. */
  name(name: string, address: string): void {
    this.#names.set(name, address)
  }

  // ── links ──

  /** The whole network's faults; what is not named stays as it is. */
  change(faults: NetworkFaults): void {
    this.#wire.change(faults)
  }

  /** One direction of one link differs from the rest. */
  changeLink(from: string, to: string, faults: Partial<Physics>): void {
    this.#wire.links.changeLink(from, to, faults)
  }

  /** Nothing passes in either direction, and nobody is told: streams stall, datagrams vanish. */
  cut(a: string, b: string): void {
    this.cutOneWay(a, b)
    this.cutOneWay(b, a)
  }

  cutOneWay(from: string, to: string): void {
    this.#wire.links.between(from, to).isCut = true
  }

  /** Only datagrams vanish. */
  cutDatagrams(from: string, to: string): void {
    this.#wire.links.between(from, to).isDatagramCut = true
  }

  /** Cuts a host off from all others. */
  isolate(address: string): void {
    for (const other of this.#hosts.keys()) if (other !== address) this.cut(address, other)
  }

  /** Nothing passes, one way; what comes meanwhile waits and is not lost. */
  clog(from: string, to: string): void {
    this.#wire.links.between(from, to).isClogged = true
  }

  unclog(from: string, to: string): void {
    this.#wire.links.unclog(from, to)
    this.#wakeAll()
  }

  /** Ends what was cut or clogged between the two. */
  heal(a: string, b: string): void {
    this.#wire.links.heal(a, b)
    this.#wire.links.heal(b, a)
    this.#wakeAll()
  }

  /** Ends every cut and clog. */
  healAll(): void {
    this.#wire.links.healAll()
    this.#wakeAll()
  }

  /** Ends every fault that has an end: of links, of clocks, of processes that live; latency and reads are as they were at first. */
  healEverything(): void {
    for (const [address, host] of this.#hosts) {
      this.#wire.links.setDown(address, false)
      host.setInterface(true)
      host.recover()
    }
    this.#wire.restore()
    this.#wakeAll()
  }

  // ── streams ──

  /** Every open stream between the two is reset at both ends; a random part of what is on its way still arrives. */
  resetStreams(a: string, b: string): void {
    for (const stream of this.#streams(a, b)) this.#clock.setTimer(0, () => stream.reset())
  }

  /** When `bytes` more have arrived over streams of this link, the one that brought the last of them is reset at both ends. */
  resetAfterBytes(from: string, to: string, bytes: number): void {
    this.#wire.links.between(from, to).resetAfterBytes = bytes
  }

  /** Every open stream between the two dies without anybody being told; new ones work. */
  silence(a: string, b: string): void {
    for (const stream of this.#streams(a, b)) stream.silence()
  }

  // ── processes and machines ──

  /** Kill -9: the kernel ends its connections and refuses new ones. */
  kill(address: string): void {
    this.#hosts.get(address)?.kill(true)
  }

  /** A pulled plug: nobody is told, and nothing answers. */
  switchOff(address: string): void {
    this.#switchedOff.add(address)
    this.#hosts.get(address)?.kill(false)
  }

  /** When the last of what this host's process has sent arrives; absent: nothing is on its way. */
  lastWordsMs(address: string): number | undefined {
    return this.#hosts.get(address)?.lastWordsMs
  }

  /** SIGSTOP: its kernel goes on, it does not. */
  pause(address: string): void {
    this.#hosts.get(address)?.pause()
  }

  /** SIGCONT. */
  resume(address: string): void {
    this.#hosts.get(address)?.resume()
  }

  /** Its event loop is held up for `ms`: nothing of it runs, then its timers first. */
  stall(address: string, ms: number): void {
    this.#hosts.get(address)?.stall(ms)
  }

  /** Nothing leaves or reaches this host, and it knows: ENETUNREACH. */
  interfaceDown(address: string): void {
    this.#wire.links.setDown(address, true)
    this.#hosts.get(address)?.setInterface(false)
  }

  /** With another address its streams are dead, and nobody is told; what listens to any address listens to the new one. */
  interfaceUp(address: string, newAddress = address): void {
    this.#wire.links.setDown(address, false)
    const host = this.#hosts.get(address)
    if (!host) return
    host.setInterface(true, newAddress)
    if (newAddress !== address) this.#wire.links.move(address, newAddress)
    this.#hosts.delete(address)
    this.#hosts.set(newAddress, host)
    this.#wakeAll()
  }

  // ── clocks ──

  /** The wall clock is set forward, or back when negative. */
  jumpClock(address: string, ms: number): void {
    this.#hosts.get(address)?.clock.jump(ms)
  }

  /** The wall clock is wrong by so much from now on. */
  setClockOffset(address: string, ms: number): void {
    const host = this.#hosts.get(address)
    if (host) host.clock.wallOffsetMs = ms
  }

  /** Both clocks, and all timers, run `rate` times as fast as time does: 1.01 is one per cent fast. */
  driftClock(address: string, rate: number): void {
    this.#hosts.get(address)?.clock.drift(rate)
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

  portAt({ host, port }: { readonly host: string; readonly port: number }): Port | undefined {
    const found = this.#hosts.get(host)?.listeners.get(port)
    return found?.isBoundTo(host) ? found : undefined
  }

  #newHost(address: string): SimHost {
    const process = new SimProcess(this.#clock)
    const clock = this.#clock.forHost(process, this.#processes++ % SLOW_ONE_OF === 1 ? SLOW_LOOK_MS : undefined)
    return new SimHost({ network: this, wire: this.#wire, groups: this.#groups, process, clock }, address)
  }

  /** One end of each. */
  #streams(a: string, b: string): Connection[] {
    return [...(this.#hosts.get(a)?.streams ?? [])].filter(stream => stream.peerAddress === b)
  }

  #wakeAll(): void {
    for (const host of this.#hosts.values()) host.wake()
  }
}
