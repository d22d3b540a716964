import type { Address, Stream, Timer } from '@clowder/tribes'
import type { Machine, Machines } from './machine.js'
import { SimStream } from './sim-stream.js'
import { SystemError } from './system-error.js'
import { TraceKind } from './trace-hash.js'
import type { Wire } from './wire.js'

const SYN_RETRY_MS = 1000

export interface SimDialComponents {
  readonly network: Machines
  readonly wire: Wire
  readonly dialler: Machine
}

/** One attempt to connect: a SYN that is repeated every second until something answers or the caller's patience ends. */
export class SimDial {
  readonly #components: SimDialComponents
  readonly #local: Address
  readonly #remote: Address
  readonly #settled: { resolve(stream: Stream): void; reject(error: Error): void }
  #patience: Timer | undefined
  #retry: Timer | undefined
  #isOver = false

  static start(components: SimDialComponents, local: Address, remote: Address, timeoutMs: number): Promise<Stream> {
    return new Promise((resolve, reject) => {
      const dial = new SimDial(components, local, remote, { resolve, reject })
      dial.#patience = components.wire.clock.setTimer(timeoutMs, () => dial.#fail('ETIMEDOUT'))
      dial.#syn()
    })
  }

  private constructor(
    components: SimDialComponents,
    local: Address,
    remote: Address,
    settled: { resolve(stream: Stream): void; reject(error: Error): void },
  ) {
    this.#components = components
    this.#local = local
    this.#remote = remote
    this.#settled = settled
  }

  #syn(): void {
    if (this.#isOver || this.#components.dialler.process.state === 'dead') return
    const { wire, dialler } = this.#components
    wire.travel(wire.links.between(dialler.address, this.#remote.host), () => this.#synArrived())
    this.#retry = wire.clock.setTimer(SYN_RETRY_MS, () => this.#syn())
  }

  /** A machine that is off answers nothing; one without such a port refuses; a frozen process's kernel accepts for it. */
  #synArrived(): void {
    const { network, wire, dialler } = this.#components
    if (this.#isOver || !network.isMachineOn(this.#remote.host)) return
    wire.travel(wire.links.between(this.#remote.host, dialler.address), () => this.#synAcked())
  }

  #synAcked(): void {
    if (this.#isOver) return
    const port = this.#components.network.portAt(this.#remote)
    if (!port) return this.#fail('ECONNREFUSED')
    this.#end()
    const { wire, dialler } = this.#components
    wire.trace.note(TraceKind.connect, wire.clock.now(), wire.links.between(dialler.address, this.#remote.host))
    const [ours, theirs] = SimStream.pair(wire, dialler, this.#local, port.machine, this.#remote)
    port.accepted(theirs)
    if (dialler.process.state === 'dead') ours.abandon(true)
    dialler.process.run('io', () => this.#settled.resolve(ours))
  }

  #fail(code: string): void {
    if (this.#isOver) return
    this.#end()
    const error = new SystemError('connect', code, `${this.#remote.host}:${this.#remote.port}`)
    this.#components.dialler.process.run('io', () => this.#settled.reject(error))
  }

  #end(): void {
    this.#isOver = true
    this.#patience?.cancel()
    this.#retry?.cancel()
  }
}
