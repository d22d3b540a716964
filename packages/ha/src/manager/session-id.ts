import type { Random } from '@clowder/tribes'
import { MAX_ID_BYTES } from '../wire/message-codec.js'

const ID_BYTES = 24

/** 24 random bytes as 32 characters of base64url: cannot be guessed, is never made twice, and contains no dot. */
export function newSessionId(random: Random): string {
  return Buffer.from(random.fill(new Uint8Array(ID_BYTES))).toString('base64url')
}

/** Whether a session may have this id, which others may have chosen: what does not come back from the wire as it went is none. */
export function isSessionId(id: unknown): id is string {
  if (typeof id !== 'string') return false
  const bytes = Buffer.from(id)
  return bytes.length > 0 && bytes.length <= MAX_ID_BYTES && bytes.toString() === id
}
