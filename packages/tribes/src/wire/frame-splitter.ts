import { MalformedError } from '../errors.js'

/** Gets each whole frame: it lies in `bytes` from `start` (after its length) to `end`, and is valid during the call only. */
export type FrameSink = (bytes: Buffer, start: number, end: number) => void

const LENGTH_BYTES = 4
const SHORTEST_FRAME_BYTES = 4
const FIRST_PARTIAL_BYTES = 256
/** Room is made for so many times what has arrived of a frame, if it promises to need it. */
const TRUST = 8

/**
 * Bytes in any chunking become frames. A frame that lies wholly in one chunk is handed on where it is; only the one frame that a chunk
 * cuts in two is copied. A length is checked before anything is allocated, and the copy grows as bytes arrive, not as the length promises.
 */
export class FrameSplitter {
  /** A frame whose length (of what follows the length) is more than this is refused. May be raised between chunks. */
  maxFrameBytes: number
  #partial = Buffer.alloc(0)
  #partialBytes = 0

  constructor(maxFrameBytes: number) {
    this.maxFrameBytes = maxFrameBytes
  }

  /** How much of an incomplete frame is held. */
  get partialBytes(): number {
    return this.#partialBytes
  }

  /** Throws `MalformedError`; the stream of bytes is of no use after that. */
  push(chunk: Uint8Array, sink: FrameSink): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    let offset = this.#partialBytes === 0 ? 0 : this.#completePartial(bytes, sink)
    while (bytes.length - offset >= LENGTH_BYTES) {
      const end = offset + LENGTH_BYTES + this.#checkedLength(bytes, offset)
      if (end > bytes.length) break
      sink(bytes, offset + LENGTH_BYTES, end)
      offset = end
    }
    if (offset < bytes.length) this.#keep(bytes, offset, bytes.length)
  }

  /** Takes from the start of `bytes` what the held frame lacks and answers how much that was. */
  #completePartial(bytes: Buffer, sink: FrameSink): number {
    let taken = this.#takeUpTo(LENGTH_BYTES, bytes, 0)
    if (this.#partialBytes < LENGTH_BYTES) return taken
    const frameBytes = LENGTH_BYTES + this.#checkedLength(this.#partial, 0)
    taken = this.#takeUpTo(frameBytes, bytes, taken)
    if (this.#partialBytes < frameBytes) return taken
    const partial = this.#partial
    this.#partial = Buffer.alloc(0)
    this.#partialBytes = 0
    sink(partial, LENGTH_BYTES, frameBytes)
    return taken
  }

  #takeUpTo(wantedBytes: number, bytes: Buffer, offset: number): number {
    const missing = Math.max(0, wantedBytes - this.#partialBytes)
    const end = Math.min(bytes.length, offset + missing)
    if (end > offset) this.#keep(bytes, offset, end)
    return end
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const needed = this.#partialBytes + end - start
    if (needed > this.#partial.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, this.#promised(bytes, start, needed), FIRST_PARTIAL_BYTES))
      this.#partial.copy(grown, 0, 0, this.#partialBytes)
      this.#partial = grown
    }
    bytes.copy(this.#partial, this.#partialBytes, start, end)
    this.#partialBytes = needed
  }

  /** How much of the frame is worth making room for when `needed` bytes of it are here, those from `start` on included. */
  #promised(bytes: Buffer, start: number, needed: number): number {
    const isNew = this.#partialBytes === 0
    if ((isNew ? needed : this.#partialBytes) < LENGTH_BYTES) return 0
    const length = isNew ? this.#checkedLength(bytes, start) : this.#checkedLength(this.#partial, 0)
    return Math.min(LENGTH_BYTES + length, needed * TRUST)
  }

  #checkedLength(bytes: Buffer, offset: number): number {
    const length = bytes.readUInt32BE(offset)
    if (length > this.maxFrameBytes) {
      throw new MalformedError(`a frame of ${length} bytes is longer than ${this.maxFrameBytes} (maxFrameBytes)`)
    }
    if (length < SHORTEST_FRAME_BYTES) throw new MalformedError(`a frame of ${length} bytes has no header`)
    return length
  }
}
