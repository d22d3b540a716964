import type { Random } from './ports/random.js'

/**
 * Sixteen random bytes. As a member's id they are its incarnation: made fresh at every start of a process and never derived from a name or a host,
 * because a re-used incarnation would make new writes look like old ones.
 */
export type UniqueId = Uint8Array

export const UNIQUE_ID_BYTES = 16

/** Every byte's two digits. Sixteen of them are put together sooner than a Buffer is made of the bytes. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

export function newUniqueId(random: Random): UniqueId {
  return random.fill(new Uint8Array(UNIQUE_ID_BYTES))
}

/** 32 hexadecimal digits: the form used as a map key and in logs. */
export function uniqueIdText(id: UniqueId): string {
  let text = ''
  for (let i = 0; i < id.length; i++) text += HEX[id[i]!]
  return text
}
