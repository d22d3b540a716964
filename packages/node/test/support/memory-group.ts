import type { DatagramRefusal, MulticastHandlers, MulticastSocket } from '@clowder/tribes'

const ANYONE = { host: '10.0.0.9', port: 45_564 }

/** A multicast group in one process: everybody hears everything at once, and so does whoever records. */
export class MemoryGroup {
  readonly said: Buffer[] = []
  readonly calls: string[] = []
  readonly #members = new Set<MulticastHandlers>()

  join = async (_options: object, handlers: MulticastHandlers): Promise<MulticastSocket> => {
    this.#members.add(handlers)
    return {
      send: async bytes => {
        this.said.push(Buffer.from(bytes))
        this.inject(bytes)
      },
      pause: () => void this.calls.push('pause'),
      resume: () => void this.calls.push('resume'),
      close: async () => void this.#members.delete(handlers),
    }
  }

  /** As somebody with a socket of his own does. */
  inject(bytes: Uint8Array): void {
    for (const { datagram } of this.#members) datagram(bytes, ANYONE)
  }
}

/** Writes down what comes up. */
export class Ear implements MulticastHandlers {
  readonly heard: string[] = []
  readonly refusals: DatagramRefusal[] = []

  datagram(bytes: Uint8Array): void {
    this.heard.push(Buffer.from(bytes).toString())
  }
  refused(why: DatagramRefusal): void {
    this.refusals.push(why)
  }
  failed(): void {}
}
