import type { Address, Stream, StreamHandlers } from '@clowder/tribes'
import type { Cable, Plug } from './cable.js'

/** As much as a kernel would take from us before it says: wait. */
const SEND_BUFFER_BYTES = 65_536

/**
 * A TCP stream whose cable can be cut. While it is, it behaves as one whose packets are dropped: what is written waits here, what the peer sent waits in the
 * kernel, and neither side hears of the other's closing. When the cable is whole again everything flows, in order.
 */
export class CutStream implements Stream, Plug {
  readonly #stream: Stream
  readonly #cable: Cable
  #handlers: StreamHandlers | undefined
  #held: Uint8Array[] = []
  #heldBytes = 0
  #isPaused = false
  #isEnding = false
  #isDestroyed = false
  /** The closing that the cut has kept from us. */
  #closing: { readonly error: Error | undefined } | undefined

  constructor(stream: Stream, cable: Cable) {
    this.#stream = stream
    this.#cable = cable
    cable.plug(this)
  }

  get local(): Address {
    return this.#stream.local
  }

  get remote(): Address {
    return this.#stream.remote
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes + this.#heldBytes
  }

  open(handlers: StreamHandlers): void {
    this.#handlers = handlers
    this.#stream.open({
      data: bytes => handlers.data(bytes),
      drained: () => this.#drained(),
      closed: error => this.#closed(error),
    })
    if (this.#cable.isCut) this.cut()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (!this.#cable.isCut) return this.#stream.write(chunks)
    if (this.#isDestroyed) return false
    this.#held.push(...chunks)
    for (const chunk of chunks) this.#heldBytes += chunk.length
    return this.bufferedBytes < SEND_BUFFER_BYTES
  }

  pause(): void {
    this.#isPaused = true
    this.#stream.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (!this.#cable.isCut) this.#stream.resume()
  }

  end(): void {
    if (this.#cable.isCut) this.#isEnding = true
    else this.#stream.end()
  }

  /** The peer must not notice while the cable is cut, so the socket itself lives on until the cable is whole. */
  destroy(error?: Error): void {
    if (!this.#cable.isCut) return this.#stream.destroy(error)
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    setImmediate(() => this.#handlers?.closed(error))
  }

  cut(): void {
    this.#stream.pause()
  }

  reconnected(): void {
    if (this.#isDestroyed) {
      this.#cable.unplug(this)
      return this.#stream.destroy()
    }
    if (this.#closing) return this.#closed(this.#closing.error)
    this.#sendHeld()
    if (this.#isEnding) this.#stream.end()
    if (!this.#isPaused) this.#stream.resume()
  }

  #sendHeld(): void {
    const held = this.#held
    this.#held = []
    this.#heldBytes = 0
    if (held.length > 0 && this.#stream.write(held)) setImmediate(() => this.#drained())
  }

  #drained(): void {
    if (!this.#cable.isCut && !this.#isDestroyed) this.#handlers?.drained()
  }

  #closed(error: Error | undefined): void {
    if (this.#cable.isCut && !this.#isDestroyed) {
      this.#closing = { error }
      return
    }
    this.#cable.unplug(this)
    if (!this.#isDestroyed) this.#handlers?.closed(error)
  }
}
