import type { SeededRandom } from '../seeded-random.js'
import type { SimNetwork } from '../sim-network.js'
import { ClonedRandom } from './cloned-random.js'
import { ClusterProcess, type ClusterProcessComponents } from './cluster-process.js'
import { hostNameOf } from './node-options.js'
import type { Onlooker } from './onlooker.js'
import type { ProcessOptions } from './process-options.js'
import type { Recorder } from './recorder.js'

export interface ClusterNodeComponents {
  readonly network: SimNetwork
  readonly random: SeededRandom
  readonly recorder: Recorder
  readonly onlooker: () => Onlooker
  readonly isElsewhere: ClusterProcessComponents['isElsewhere']
  readonly lockWatch: ClusterProcessComponents['lockWatch']
  readonly hasForgiven: ClusterProcessComponents['hasForgiven']
}

/** A machine: its name (one letter), how wrong its time of day is, ms, and how fast its clocks run (1: as time does). */
export interface NodePlan {
  readonly name: string
  readonly skewMs: number
  readonly rate: number
}

const FIRST_PORT = 4000

/** A machine with a name and a clock, on which one process after the other runs. */
export class ClusterNode {
  readonly name: string
  /** Every process that ran here, the present one last. */
  readonly processes: ClusterProcess[] = []
  readonly #components: ClusterNodeComponents
  readonly #options: ProcessOptions
  /** How fast this machine's crystal runs. */
  readonly #rate: number
  #address: string
  #wallOffsetMs: number
  #pausedBy = 0
  #portsTaken = 0

  constructor(
    components: ClusterNodeComponents,
    { name, skewMs, rate }: NodePlan,
    options: ProcessOptions,
    address: string,
  ) {
    this.#components = components
    this.#options = options
    this.#wallOffsetMs = skewMs
    this.#rate = rate
    this.name = name
    this.#address = address
    components.network.name(hostNameOf(name), address)
  }

  /** Where its interface is now. */
  get address(): string {
    return this.#address
  }

  /** Its interface comes up again, with this address: what was connected is dead, and nobody is told. */
  move(address: string): void {
    const { network } = this.#components
    network.interfaceUp(this.#address, address)
    network.name(hostNameOf(this.name), address)
    this.#address = address
  }

  /** The process that runs now, if one does. */
  get process(): ClusterProcess | undefined {
    const last = this.processes.at(-1)
    return last?.isAlive ? last : undefined
  }

  /** How wrong this machine's time of day is, now and for the processes to come. */
  set wallOffsetMs(offsetMs: number) {
    this.#wallOffsetMs = offsetMs
    if (this.process) this.process.host.clock.wallOffsetMs = offsetMs
  }

  get wallOffsetMs(): number {
    return this.#wallOffsetMs
  }

  /** Starts a process, with an incarnation of its own and no memory. */
  /** `uniqueId`: one that it has in common with another process, because its machine was cloned. */
  start(uniqueId?: Uint8Array): void {
    if (this.process) return
    const { network, random } = this.#components
    // Of the process before, nothing may keep the address: an orderly end leaves the host as it was.
    network.kill(this.address)
    const host = network.host(this.address)
    host.clock.wallOffsetMs = this.#wallOffsetMs
    if (host.clock.rate !== this.#rate) host.clock.drift(this.#rate)
    for (let port = FIRST_PORT; port < FIRST_PORT + this.#portsTaken; port++)
      void host.listen({ host: this.#address, port }, stream => stream.destroy())
    const incarnation = `${this.name}#${this.processes.length + 1}`
    const process = new ClusterProcess(
      { ...this.#components, host, random: uniqueId ? new ClonedRandom(random.fork(), uniqueId) : random.fork() },
      this.name,
      incarnation,
      this.#options,
      FIRST_PORT + this.#portsTaken,
    )
    this.#pausedBy = 0
    this.processes.push(process)
    process.start()
  }

  /** Another program has the first `count` ports that a process of this cluster would take, from its next start on. */
  takePorts(count: number): void {
    this.#portsTaken = count
  }

  kill(): void {
    const lastWordsAt = this.#lastWordsAt()
    this.#components.network.kill(this.address)
    this.process?.died('kill', lastWordsAt)
  }

  switchOff(): void {
    this.#components.network.switchOff(this.address)
    this.process?.died('off')
  }

  async stop(): Promise<void> {
    await this.process?.stop()
  }

  /** Pauses may overlap: the last `resume` counts. */
  pause(what: 'pause' | 'stall'): void {
    if (!this.process) return
    this.#pausedBy++
    this.process.standsStill(what, this.#lastWordsAt())
    this.#components.network.pause(this.address)
  }

  resume(process: ClusterProcess | undefined): void {
    if (!process || this.process !== process || --this.#pausedBy > 0) return
    process.goesOn()
    this.#components.network.resume(this.address)
  }

  resumeNow(): void {
    if (this.#pausedBy === 0) return
    this.#pausedBy = 1
    this.resume(this.process)
  }

  #lastWordsAt(): number | undefined {
    return this.#components.network.lastWordsMs(this.address)
  }
}
