const MAX_U48 = 2 ** 48
/** Up to so many characters a loop is faster than asking the system. */
const SHORT_TEXT = 64

/** Writes big-endian fields into one growing buffer. Re-usable: `take` copies the result out, `view` does not. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): this {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
    return this
  }

  u16(value: number): this {
    this.#reserve(2)
    this.#length = this.#bytes.writeUInt16BE(value, this.#length)
    return this
  }

  u32(value: number): this {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32BE(value, this.#length)
    return this
  }

  u48(value: number): this {
    this.#reserve(6)
    this.#bytes.writeUInt16BE(Math.floor(value / 0x1_0000_0000), this.#length)
    this.#length = this.#bytes.writeUInt32BE(value % 0x1_0000_0000, this.#length + 2)
    return this
  }

  /** A safe integer (0 ≤ value < 2^53) in eight bytes. */
  u64(value: number): this {
    this.u16(Math.floor(value / MAX_U48))
    return this.u48(value % MAX_U48)
  }

  /** Seven bits a byte, low first; any safe integer ≥ 0. */
  varint(value: number): this {
    let rest = value
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    return this.u8(rest)
  }

  /** The bytes alone; the reader must know how many. */
  raw(bytes: Uint8Array): this {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
    return this
  }

  /** A varint length, then the bytes. */
  bytes(bytes: Uint8Array): this {
    return this.varint(bytes.length).raw(bytes)
  }

  /** Characters up to U+00FF, a byte each; the reader must know how many. */
  latin1(value: string): this {
    this.#reserve(value.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let i = 0; i < value.length; i++) bytes[at++] = value.charCodeAt(i)
    this.#length = at
    return this
  }

  /** A varint length, then UTF-8. Lone surrogates become U+FFFD, as everywhere in UTF-8. */
  text(value: string): this {
    if (value.length <= SHORT_TEXT && isAscii(value)) return this.varint(value.length).latin1(value)
    const length = Buffer.byteLength(value)
    this.varint(length)
    this.#reserve(length)
    this.#bytes.write(value, this.#length)
    this.#length += length
    return this
  }

  /** Overwrites a u32 written before, for lengths known only at the end. */
  patchU32(offset: number, value: number): this {
    this.#bytes.writeUInt32BE(value, offset)
    return this
  }

  /** What was written, valid until the next write or `clear`. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** What was written, as a buffer of its own; the writer is empty afterwards. */
  take(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#length)
    this.#bytes.copy(copy, 0, 0, this.#length)
    this.#length = 0
    return copy
  }

  clear(): this {
    this.#length = 0
    return this
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

function isAscii(value: string): boolean {
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return false
  return true
}
