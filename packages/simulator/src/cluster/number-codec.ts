import type { Codec } from '@clowder/ha'
import { structuredCodec } from './structured-codec.js'

const NUMBER = 0
const JSON_TEXT = 1
const STRUCTURED = 2
const NUMBER_BYTES = 9

/** Values of a simulation are numbers, each written once, and lists of them; what a probe writes may be anything. Equal values give equal bytes. */
export class NumberCodec implements Codec {
  readonly #paddingBytes: number

  /** `paddingBytes` are added to every number, so that sessions have a size. */
  constructor(paddingBytes: number) {
    this.#paddingBytes = paddingBytes
  }

  encode(value: unknown): Uint8Array {
    if (isNumbers(value)) return Buffer.concat([Buffer.of(JSON_TEXT), Buffer.from(JSON.stringify(value))])
    if (typeof value !== 'number') return Buffer.concat([Buffer.of(STRUCTURED), structuredCodec.encode(value)])
    const bytes = Buffer.alloc(NUMBER_BYTES + this.#paddingBytes)
    bytes[0] = NUMBER
    bytes.writeDoubleBE(value, 1)
    return bytes
  }

  decode(bytes: Uint8Array): unknown {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (buffer[0] === NUMBER) return buffer.readDoubleBE(1)
    return buffer[0] === JSON_TEXT ? JSON.parse(buffer.toString('utf8', 1)) : structuredCodec.decode(buffer.subarray(1))
  }
}

function isNumbers(value: unknown): boolean {
  return Array.isArray(value) && value.every(Number.isFinite)
}
