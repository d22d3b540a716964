import { propertyName } from './entry.js'
import type { Stamp } from './hybrid-clock.js'
import type { VersionToken } from './version-token.js'

/**
 * What a copy that was adopted has instead of a creation: what its client had seen of the session. By it the session is recognized where it was and has been
 * forgotten (see docs/design/0004). Raw bytes: the stamp, then eight bytes for each writer.
 */
export const ADOPTED = propertyName('adopted')

const STAMP_BYTES = 8
const PREFIX_BYTES = 8

/** What is known of a session that was adopted: one of the writers in it, by the first bytes of its name, and up to which stamp at least. */
export interface Sighting {
  readonly actorPrefix: string
  readonly stamp: Stamp
}

export function encodeAdoption({ stamp, dots }: VersionToken): Uint8Array {
  const bytes = Buffer.alloc(STAMP_BYTES + PREFIX_BYTES * dots.length)
  bytes.writeDoubleBE(stamp)
  for (const [i, { actor }] of dots.entries())
    bytes.write(actor, STAMP_BYTES + PREFIX_BYTES * i, PREFIX_BYTES, 'latin1')
  return bytes
}

export function sightingsOf({ stamp, dots }: VersionToken): readonly Sighting[] {
  return dots.map(({ actor }) => ({ actorPrefix: actor, stamp }))
}

/** Of bytes that are none of these: nothing. */
export function decodeAdoption(value: Uint8Array | undefined): readonly Sighting[] {
  if (!value || value.length < STAMP_BYTES) return []
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const stamp = bytes.readDoubleBE(0)
  return Array.from({ length: Math.floor((bytes.length - STAMP_BYTES) / PREFIX_BYTES) }, (_, i) => {
    const from = STAMP_BYTES + PREFIX_BYTES * i
    return { actorPrefix: bytes.toString('latin1', from, from + PREFIX_BYTES), stamp }
  })
}
