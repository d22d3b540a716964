/** What one read brings at most. */
const READ_BYTES = 65_536
/** Of longer reads only the beginning is overwritten afterwards; the next read overwrites more. */
const SPOILED_BYTES = 2048

/**
 * Where everything that arrives is put, as a transport with one buffer for all its reads does it: bytes belong to the handler during the call only, and
 * whoever kept them finds others.
 */
export class ReadBuffer {
  readonly #bytes = Buffer.alloc(READ_BYTES)
  /** The same memory, word by word. */
  readonly words = new Int32Array(this.#bytes.buffer, this.#bytes.byteOffset, READ_BYTES / 4)

  get size(): number {
    return READ_BYTES
  }

  put(bytes: Uint8Array, at: number): void {
    this.#bytes.set(bytes, at)
  }

  /** What is handed to the reader. */
  view(count: number): Uint8Array {
    return this.#bytes.subarray(0, count)
  }

  /** The reader's call is over. */
  spoil(count: number): void {
    this.#bytes.fill(0xdd, 0, Math.min(count, SPOILED_BYTES))
  }
}
