import type { Address, Listener, Stream } from '@clowder/tribes'
import type { Machine, Port } from './machine.js'

/** A bound port. Its kernel connects for it; without a file descriptor the process has to leave the connection where it is. */
export class SimListener implements Listener, Port {
  readonly address: Address
  readonly machine: Machine
  readonly #boundTo: string | undefined
  readonly #accept: (stream: Stream) => void
  #backlog: Stream[] = []

  /** `boundTo`: absent when it is bound to every address of the machine. */
  constructor(machine: Machine, address: Address, boundTo: string | undefined, accept: (stream: Stream) => void) {
    this.machine = machine
    this.address = address
    this.#boundTo = boundTo
    this.#accept = accept
  }

  isBoundTo(address: string): boolean {
    return this.#boundTo === undefined || this.#boundTo === address
  }

  accepted(stream: Stream): void {
    if (this.machine.hasNoDescriptors) this.#backlog.push(stream)
    else this.#handOver(stream)
  }

  wake(): void {
    const backlog = this.#backlog
    this.#backlog = []
    for (const stream of backlog) this.#handOver(stream)
  }

  async close(): Promise<void> {
    const { listeners } = this.machine
    if (listeners.get(this.address.port) === this) listeners.delete(this.address.port)
    for (const stream of this.#backlog) stream.destroy()
  }

  #handOver(stream: Stream): void {
    this.machine.counters.accepts++
    this.machine.process.run('io', () => this.#accept(stream))
  }
}
