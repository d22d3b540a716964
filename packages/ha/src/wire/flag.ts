import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'

export function writeFlag(out: ByteWriter, flag: boolean): ByteWriter {
  return out.u8(flag ? 1 : 0)
}

/** Throws MalformedError. */
export function readFlag(input: ByteReader): boolean {
  const byte = input.u8()
  if (byte > 1) throw new MalformedError(`a flag of ${byte}`)
  return byte === 1
}
