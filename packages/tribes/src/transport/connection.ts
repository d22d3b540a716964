import { MalformedError } from '../errors.js'
import type { Clock } from '../ports/clock.js'
import type { Address, Stream } from '../ports/network.js'
import type { ThrottledLog } from '../throttled-log.js'
import { type Frame, MAX_HANDSHAKE_FRAME_BYTES } from '../wire/frame.js'
import { decodeFrame } from '../wire/frame-decoder.js'
import { FrameSplitter } from '../wire/frame-splitter.js'
import { ConnectionClosedError } from './errors.js'
import type { TransportStats } from './transport-stats.js'

/** Who a connection speaks for at the moment: a handshake first, then a link. */
export interface ConnectionOwner {
  frameReceived(frame: Frame, connection: Connection): void
  /** Bytes came; called once per chunk, before its frames. */
  heard(): void
  drained(connection: Connection): void
  /** Once; nothing follows. */
  closed(connection: Connection, reason: Error): void
}

export interface ConnectionComponents {
  readonly stream: Stream
  readonly clock: Clock
  readonly stats: TransportStats
  readonly log: ThrottledLog
}

/**
 * Frames over one stream. Its owner is its state: whoever owns it gets its frames, and a handshake hands it over to a link in the middle of a
 * chunk without losing what follows. Bad bytes, or an owner that throws `MalformedError`, close this stream and nothing else.
 */
export class Connection {
  readonly remote: Address
  /** See Stream. */
  readonly peerNames: readonly string[] | undefined
  readonly openedAtMs: number
  readonly #stream: Stream
  readonly #clock: Clock
  readonly #stats: TransportStats
  readonly #log: ThrottledLog
  readonly #splitter = new FrameSplitter(MAX_HANDSHAKE_FRAME_BYTES)
  readonly #sink = (bytes: Buffer, start: number, end: number): void => this.#frame(bytes, start, end)
  #owner: ConnectionOwner
  #partialSinceMs = 0
  #isPaused = false
  #isClosed = false
  #closing: Error | undefined

  constructor(components: ConnectionComponents, owner: ConnectionOwner) {
    this.#stream = components.stream
    this.#clock = components.clock
    this.#stats = components.stats
    this.#log = components.log
    this.#owner = owner
    this.remote = components.stream.remote
    this.peerNames = components.stream.peerNames
    this.openedAtMs = components.clock.now()
    this.#stream.open({
      data: bytes => this.#data(bytes),
      drained: () => this.#owner.drained(this),
      closed: error => this.#streamClosed(error),
    })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes
  }

  /** After the handshake: the link takes over, and frames may be as long as messages are. */
  handOver(owner: ConnectionOwner, maxFrameBytes: number): void {
    this.#owner = owner
    this.#splitter.maxFrameBytes = maxFrameBytes
  }

  /** Whoever owned it is done with it. */
  leave(nobody: ConnectionOwner): void {
    this.#owner = nobody
  }

  /** False: wait for `drained`. */
  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#isClosed) return false
    this.#stats.writes++
    for (const chunk of chunks) this.#stats.bytesSent += chunk.length
    return this.#stream.write(chunks)
  }

  pause(): void {
    if (this.#isClosed) return
    this.#isPaused = true
    this.#stream.pause()
  }

  resume(): void {
    if (this.#isClosed) return
    this.#isPaused = false
    this.#partialSinceMs = this.#clock.now()
    this.#stream.resume()
  }

  /** Sends what was written, then closes; `reason` is what the owner hears then. */
  end(reason: Error): void {
    if (this.#isClosed) return
    this.#closing ??= reason
    this.#stream.end()
  }

  /** Closes at once; the owner hears it before this returns. */
  destroy(reason: Error): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stream.destroy(reason)
    this.#owner.closed(this, reason)
  }

  /** True: a frame began longer than `timeoutMs` ago and was still not complete. Not while nothing is read: its rest may have come. */
  closedAsStuck(nowMs: number, timeoutMs: number): boolean {
    if (this.#isPaused || this.#splitter.partialBytes === 0 || nowMs - this.#partialSinceMs < timeoutMs) return false
    this.#stats.framesIncomplete++
    this.#failed(new MalformedError(`a frame was not complete within ${timeoutMs} ms`))
    return true
  }

  #data(bytes: Uint8Array): void {
    if (this.#isClosed) return
    this.#stats.bytesReceived += bytes.length
    this.#owner.heard()
    try {
      this.#split(bytes)
    } catch (error) {
      this.#failed(error as Error)
    }
  }

  /** The time of an incomplete frame runs from the chunk that began it; a trickle of single bytes does not renew it. */
  #split(bytes: Uint8Array): void {
    const before = this.#splitter.partialBytes
    this.#splitter.push(bytes, this.#sink)
    const isSameFrame = before > 0 && this.#splitter.partialBytes === before + bytes.length
    if (!isSameFrame) this.#partialSinceMs = this.#clock.now()
  }

  #frame(bytes: Buffer, start: number, end: number): void {
    if (!this.#isClosed) this.#owner.frameReceived(decodeFrame(bytes, start, end), this)
  }

  #failed(error: Error): void {
    if (error instanceof MalformedError) this.#logMalformed(error)
    else
      this.#log.error(
        `internal ${this.remote.host}`,
        { err: error, remote: this.remote },
        'a frame could not be handled',
      )
    this.destroy(error)
  }

  #logMalformed(error: MalformedError): void {
    this.#stats.malformed++
    const { host, port } = this.remote
    this.#log.warn(
      `malformed ${host}`,
      { err: error, remote: this.remote },
      `closed a connection with ${host}:${port}: ${error.message}; is it a Clowder member of the same version?`,
    )
  }

  #streamClosed(error: Error | undefined): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#owner.closed(this, this.#closing ?? new ConnectionClosedError('the connection was closed', error))
  }
}
