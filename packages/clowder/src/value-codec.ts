import { type Codec, UnserializableValueError } from '@clowder/ha'
import { Packr, RESET_BUFFER_MODE } from 'msgpackr'
import { UndecodableValueError } from './errors.js'
import { isOddString, withEscapedStrings, withUnescapedStrings } from './odd-strings.js'
import { ValueInspection } from './value-inspection.js'
import { ValueReader } from './value-reader.js'

/** MessagePack reserves this byte: no plain encoding starts with it. */
const ESCAPED_STRINGS = 0xc1
const ESCAPED_STRINGS_MARK = Uint8Array.of(ESCAPED_STRINGS)
/** msgpackr keeps the largest buffer it ever needed; above this it is given a small one again. */
const MAX_KEPT_BUFFER_BYTES = 1_048_576
const FIRST_BUFFER_BYTES = 8192

/**
 * Session attributes as MessagePack. What `encode` accepts comes back as it was: Date, Map, Set, BigInt of any size, typed arrays, ArrayBuffer, Buffer
 * (as a Buffer), RegExp, Error (name, message, cause), undefined, NaN, cycles and shared references. Everything else is refused with its path, except
 * for five things that are made plain: -0 comes back as 0, an object without a prototype as an ordinary one, a getter as the value it gave, two
 * views of one ArrayBuffer as views of their own copies, and a RegExp with `lastIndex` 0. What has not changed since it was decoded gives the same bytes again.
 */
export class ValueCodec implements Codec {
  /** `structuredClone` is what keeps types and references; without it typed arrays would be sent as uninitialised memory. */
  readonly #packr = new Packr({ structuredClone: true, useToJSON: false })

  /** Throws UnserializableValueError whose path is relative to the value: '' is the value itself. */
  encode(value: unknown): Uint8Array {
    return isSimple(value) ? this.#pack(value) : this.#encodeInspected(value)
  }

  /** A fresh value, which shares no memory with `bytes`. Not by msgpackr, whose reader makes code of names: see `ValueReader`. Throws UndecodableValueError. */
  decode(bytes: Uint8Array): unknown {
    const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    try {
      if (source[0] !== ESCAPED_STRINGS) return new ValueReader(source).whole()
      return withUnescapedStrings(new ValueReader(source, 1).whole())
    } catch (error) {
      throw new UndecodableValueError(error)
    }
  }

  #encodeInspected(value: unknown): Uint8Array {
    const inspection = new ValueInspection()
    const fault = inspection.visit(value)
    if (fault) throw new UnserializableValueError(fault.path, fault.found)
    if (!inspection.hasOddStrings) return this.#pack(value)
    return Buffer.concat([ESCAPED_STRINGS_MARK, this.#pack(withEscapedStrings(value))])
  }

  /** Copied out, so that a small value does not keep a large buffer alive. */
  #pack(value: unknown): Uint8Array {
    const packed = this.#packr.pack(value, RESET_BUFFER_MODE)
    const bytes = new Uint8Array(packed)
    if (packed.buffer.byteLength > MAX_KEPT_BUFFER_BYTES)
      this.#packr.useBuffer(Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES))
    return bytes
  }
}

/** Has no inside, and is not odd. */
function isSimple(value: unknown): boolean {
  const type = typeof value
  if (type === 'string') return !isOddString(value as string)
  return type === 'number' || type === 'boolean' || type === 'undefined' || value === null
}
