import type { Codec } from '@clowder/ha'

const NUMBER = 0
const JSON_TEXT = 1
const NUMBER_BYTES = 9

/** Values of a simulation are numbers, each written once; anything else goes as JSON. Equal values give equal bytes. */
export class NumberCodec implements Codec {
  readonly #paddingBytes: number

  /** `paddingBytes` are added to every number, so that sessions have a size. */
  constructor(paddingBytes: number) {
    this.#paddingBytes = paddingBytes
  }

  encode(value: unknown): Uint8Array {
    if (typeof value !== 'number') return Buffer.concat([Buffer.of(JSON_TEXT), Buffer.from(JSON.stringify(value))])
    const bytes = Buffer.alloc(NUMBER_BYTES + this.#paddingBytes)
    bytes[0] = NUMBER
    bytes.writeDoubleBE(value, 1)
    return bytes
  }

  decode(bytes: Uint8Array): unknown {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return buffer[0] === NUMBER ? buffer.readDoubleBE(1) : JSON.parse(buffer.toString('utf8', 1))
  }
}
