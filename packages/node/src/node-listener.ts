import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Address, Listener, Stream } from '@clowder/tribes'
import { NodeStream } from './node-stream.js'

/** Rejects with the system's error. */
export function listen(address: Address, accept: (stream: Stream) => void): Promise<Listener> {
  return listenForSockets(address, socket => accept(new NodeStream(socket)))
}

/** Rejects with the system's error. Exclusive: the workers of `node:cluster` are members of their own, so each needs its own port. */
export function listenForSockets({ host, port }: Address, accept: (socket: Socket) => void): Promise<NodeListener> {
  const server = createServer(accept)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject)
      resolve(new NodeListener(server))
    })
  })
}

export class NodeListener implements Listener {
  readonly address: Address
  readonly #server: Server

  constructor(server: Server) {
    const { address, port } = server.address() as AddressInfo
    this.address = { host: address, port }
    this.#server = server.unref()
    // Accepting can fail while files are scarce (EMFILE). Whoever dialled is told by the system and comes again; listening goes on.
    server.on('error', () => {})
  }

  /** Resolves when the port is free. Streams that were accepted live on, which is why `server.close` cannot be waited for. */
  close(): Promise<void> {
    if (this.#server.listening) this.#server.close()
    return new Promise(resolve => setImmediate(resolve))
  }
}
