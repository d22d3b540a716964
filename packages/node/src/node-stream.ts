import type { Socket } from 'node:net'
import type { Address, Stream, StreamHandlers } from '@clowder/tribes'

/**
 * A connected TCP socket as a `Stream`. It does not keep the process open. When the peer has ended, what is buffered is still sent, then this end
 * closes too. A paused stream notices neither an end nor a reset before it is resumed or written to.
 */
export class NodeStream implements Stream {
  readonly local: Address
  readonly remote: Address
  readonly peerNames?: readonly string[]
  readonly #socket: Socket
  #error: Error | undefined

  /** `peerNames`: see `Stream`. */
  constructor(socket: Socket, peerNames?: readonly string[]) {
    this.#socket = socket
    this.local = addressOf(socket.localAddress, socket.localPort)
    this.remote = addressOf(socket.remoteAddress, socket.remotePort)
    if (peerNames) this.peerNames = peerNames
    socket.setNoDelay(true)
    socket.unref()
    // From the first moment: an error that nobody listens to would end the process.
    socket.on('error', error => {
      this.#error ??= error
    })
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  open(handlers: StreamHandlers): void {
    this.#socket
      .on('data', chunk => handlers.data(chunk as Buffer))
      .on('drain', () => handlers.drained())
      .on('close', () => handlers.closed(this.#error))
  }

  /** False also after the end: `closed` will tell. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.#socket.writable) return false
    if (chunks.length === 1) return this.#socket.write(chunks[0]!)
    this.#socket.cork()
    for (const chunk of chunks) this.#socket.write(chunk)
    this.#socket.uncork()
    return !this.#socket.writableNeedDrain
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(error?: Error): void {
    this.#socket.destroy(error)
  }
}

/** Systems with one socket for both families write IPv4 addresses as `::ffff:10.0.0.3`. */
export function addressOf(host = '', port = 0): Address {
  return { host: host.replace(/^::ffff:(?=\d+\.)/i, ''), port }
}
