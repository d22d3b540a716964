/** What one piece of memory holds: few enough bytes that the last one of its tenants does not keep much alive. */
const PIECE_BYTES = 16_384
/** What is larger than this gets a piece of its own. */
const MAX_SHARED_BYTES = PIECE_BYTES / 4

/**
 * Puts small byte strings into larger pieces of memory, one behind the other: a buffer of its own for each of 100,000 sessions costs more time than all the rest of
 * storing them. A piece is freed when none of its tenants is in use any more.
 */
export class Slab {
  #piece = Buffer.alloc(0)
  #used = 0

  /** A copy of `bytes` that stays. */
  keep(bytes: Uint8Array): Buffer {
    if (bytes.length > MAX_SHARED_BYTES) return copyOf(bytes)
    if (this.#used + bytes.length > this.#piece.length) {
      this.#piece = Buffer.allocUnsafeSlow(PIECE_BYTES)
      this.#used = 0
    }
    const start = this.#used
    this.#used += bytes.length
    this.#piece.set(bytes, start)
    return this.#piece.subarray(start, this.#used)
  }
}

function copyOf(bytes: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}
