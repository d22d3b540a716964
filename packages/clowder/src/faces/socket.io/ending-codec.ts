import { ByteReader, ByteWriter } from '@clowder/tribes'

// u8 0x45 · n × (u8 goes on under another id · text id)

/** First byte of what members tell each other of sessions that ended ('E'). */
export const ENDINGS_NAMESPACE = 0x45
const MAX_ID_BYTES = 128

/** `isRenamed`: the session goes on under another id. */
export interface Ending {
  readonly id: string
  readonly isRenamed: boolean
}

export function encodeEndings(endings: readonly Ending[]): Uint8Array {
  const out = new ByteWriter().u8(ENDINGS_NAMESPACE)
  for (const { id, isRenamed } of endings) out.u8(isRenamed ? 1 : 0).text(id)
  return out.take()
}

/** All of them or none: a message that is cut tells nothing. Throws MalformedError. */
export function decodeEndings(bytes: Uint8Array): Ending[] {
  const input = new ByteReader(bytes, 1)
  const endings: Ending[] = []
  while (input.remaining > 0) {
    const isRenamed = input.u8() === 1
    endings.push({ id: input.text(MAX_ID_BYTES), isRenamed })
  }
  return endings
}
