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
import type { Cable } from './cable.js'
import { CutStream } from './cut-stream.js'

/**
 * A network behind a cable that can be cut, to see what a partition does. While it is cut datagrams vanish both ways, streams stall, dials time out, and
 * whoever dials us is connected by the kernel but never answered. Costs one object per stream.
 */
export class CutNetwork implements Network {
  readonly #network: Network
  readonly #cable: Cable

  constructor(network: Network, cable: Cable) {
    this.#network = network
    this.#cable = cable
  }

  async joinMulticast(options: MulticastOptions, handlers: MulticastHandlers): Promise<MulticastSocket> {
    const cable = this.#cable
    const socket = await this.#network.joinMulticast(options, {
      datagram: (bytes, from) => {
        if (!cable.isCut) handlers.datagram(bytes, from)
      },
      failed: error => handlers.failed(error),
    })
    return {
      send: async bytes => {
        if (!cable.isCut) await socket.send(bytes)
      },
      close: () => socket.close(),
    }
  }

  listen(address: Address, accept: (stream: Stream) => void): Promise<Listener> {
    return this.#network.listen(address, stream => {
      if (this.#cable.isCut) this.#ignore(stream)
      else accept(new CutStream(stream, this.#cable))
    })
  }

  async connect(address: Address, timeoutMs: number): Promise<Stream> {
    if (this.#cable.isCut) return noAnswer(address, timeoutMs)
    return new CutStream(await this.#network.connect(address, timeoutMs), this.#cable)
  }

  resolve(host: string): Promise<readonly string[]> {
    return this.#network.resolve(host)
  }

  hostAddresses(): readonly HostAddress[] {
    return this.#network.hostAddresses()
  }

  /** Silence until the cable is whole; then the caller is told to come again. */
  #ignore(stream: Stream): void {
    const ignored = new CutStream(stream, this.#cable)
    ignored.open({ data() {}, drained() {}, closed() {} })
    ignored.destroy()
  }
}

function noAnswer({ host, port }: Address, timeoutMs: number): Promise<never> {
  const error = Object.assign(new Error(`connect ETIMEDOUT ${host}:${port} (cut off)`), { code: 'ETIMEDOUT' })
  return new Promise((_, reject) => setTimeout(reject, timeoutMs, error).unref())
}
