import type { Address, Listener, Stream } from '@clowder/tribes'
import type { SimHost } from './sim-host.js'

/** A bound port. */
export class SimListener implements Listener {
  readonly address: Address
  readonly host: SimHost
  readonly #accept: (stream: Stream) => void

  constructor(host: SimHost, address: Address, accept: (stream: Stream) => void) {
    this.host = host
    this.address = address
    this.#accept = accept
  }

  accepted(stream: Stream): void {
    this.host.counters.accepts++
    this.host.process.run('io', () => this.#accept(stream))
  }

  async close(): Promise<void> {
    if (this.host.listeners.get(this.address.port) === this) this.host.listeners.delete(this.address.port)
  }
}
