import type { Codec } from '@clowder/ha'

/** Worlds keep nothing but numbers. */
export const numberCodec: Codec = {
  encode: value => Buffer.from(String(value)),
  decode: bytes => Number(Buffer.from(bytes).toString('latin1')),
}
