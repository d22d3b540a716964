import type { Random } from './ports/random.js'

/**
 * Sixteen random bytes. As a member's id they are its incarnation: made fresh at every start of a process and never derived from a name or a host,
 * because a re-used incarnation would make new writes look like old ones.
 */
export type UniqueId = Uint8Array

export const UNIQUE_ID_BYTES = 16

export function newUniqueId(random: Random): UniqueId {
  return random.fill(new Uint8Array(UNIQUE_ID_BYTES))
}

/** 32 hexadecimal digits: the form used as a map key and in logs. */
export function uniqueIdText(id: UniqueId): string {
  return Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex')
}
