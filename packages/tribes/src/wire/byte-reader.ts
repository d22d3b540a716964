import { MalformedError } from '../errors.js'

/** What decoding puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = '\ufffd'

/** Reads what `ByteWriter` wrote. Every read is bounds-checked and throws `MalformedError`; nothing is allocated from a length that does not fit. */
export class ByteReader {
  readonly #bytes: Buffer
  readonly #end: number
  #offset: number

  /** Reads what lies from `start` to `end`. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = start
    this.#end = end
  }

  get offset(): number {
    return this.#offset
  }

  get remaining(): number {
    return this.#end - this.#offset
  }

  u8(): number {
    return this.#bytes[this.#advance(1)]!
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#advance(2))
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#advance(4))
  }

  u48(): number {
    const at = this.#advance(6)
    return this.#bytes.readUInt16BE(at) * 0x1_0000_0000 + this.#bytes.readUInt32BE(at + 2)
  }

  u64(): number {
    const high = this.u16()
    const value = high * 2 ** 48 + this.u48()
    if (value > Number.MAX_SAFE_INTEGER) throw new MalformedError('a 64-bit number is past 2^53')
    return value
  }

  /** One number has one form: with zeros at its end it is refused. */
  varint(): number {
    const first = this.u8()
    return first < 0x80 ? first : this.#longVarint(first - 0x80)
  }

  /** A view of the next `count` bytes, not a copy. */
  raw(count: number): Buffer {
    const at = this.#advance(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** The same as a plain array of bytes, which costs less to make. */
  span(count: number): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#advance(count), count)
  }

  /** Bytes as text, one character each. */
  latin1(count: number): string {
    const at = this.#advance(count)
    return this.#bytes.toString('latin1', at, at + count)
  }

  /** What has been read since the reader was at `offset`: a view, not a copy. */
  since(offset: number): Buffer {
    return this.#bytes.subarray(offset, this.#offset)
  }

  /** A view, not a copy; refused when longer than `maxBytes`. */
  bytes(maxBytes = Number.MAX_SAFE_INTEGER): Buffer {
    return this.raw(this.#count(maxBytes))
  }

  /** Text that is the same bytes when it is sent on: bytes that are not UTF-8 would become others, and more. */
  text(maxBytes = 65_535): string {
    const count = this.#count(maxBytes)
    const at = this.#advance(count)
    const text = this.#bytes.toString('utf8', at, at + count)
    if (text.includes(REPLACEMENT) && !Buffer.from(text).equals(this.#bytes.subarray(at, at + count)))
      throw new MalformedError('a text that is not UTF-8')
    return text
  }

  /** Throws unless everything has been read. */
  end(): void {
    if (this.remaining !== 0) throw new MalformedError(`${this.remaining} bytes follow the end`)
  }

  #longVarint(low: number): number {
    let value = low
    let scale = 0x80
    for (let i = 1; i < 8; i++) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      scale *= 0x80
      if (byte >= 0x80) continue
      if (byte === 0) throw new MalformedError('a number with zeros at its end')
      if (value > Number.MAX_SAFE_INTEGER) break
      return value
    }
    throw new MalformedError('a number is longer than 53 bits')
  }

  #count(maxBytes: number): number {
    const count = this.varint()
    if (count > maxBytes) throw new MalformedError(`a field of ${count} bytes is longer than ${maxBytes}`)
    return count
  }

  #advance(count: number): number {
    const at = this.#offset
    if (count > this.#end - at) {
      throw new MalformedError(`${count} bytes wanted at offset ${at}, ${this.#end - at} left`)
    }
    this.#offset = at + count
    return at
  }
}
