import { CREATED_AT, type Entry, propertyName } from './entry.js'
import { MAX_STAMP, type Stamp } from './hybrid-clock.js'
import { actorPrefix, type Beginning, type VersionToken } from './version-token.js'

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

export function encodeAdoption(token: VersionToken): Uint8Array {
  const { stamp, actors } = token.beginning ?? allOf(token)
  const bytes = Buffer.alloc(STAMP_BYTES + PREFIX_BYTES * actors.length)
  bytes.writeDoubleBE(stamp)
  for (const [i, actor] of actors.entries()) bytes.write(actor, STAMP_BYTES + PREFIX_BYTES * i, PREFIX_BYTES, 'latin1')
  return bytes
}

/** Of bytes that are none of these: undefined. */
export function decodeAdoption(value: Uint8Array | undefined): Beginning | undefined {
  if (!value || value.length < STAMP_BYTES) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const stamp = bytes.readDoubleBE(0)
  if (!Number.isSafeInteger(stamp) || stamp < 0 || stamp > MAX_STAMP) return undefined
  const actors = Array.from({ length: Math.floor((bytes.length - STAMP_BYTES) / PREFIX_BYTES) }, (_, i) => {
    const from = STAMP_BYTES + PREFIX_BYTES * i
    return bytes.toString('latin1', from, from + PREFIX_BYTES)
  })
  return { actors, stamp }
}

/** Its creation, or what it has instead; undefined of a copy that arrived in parts. */
export function beginningOf({ entries }: { readonly entries: readonly Entry[] }): Beginning | undefined {
  const creation = entries.find(({ name }) => name === CREATED_AT)
  if (creation) return { actors: [actorPrefix(creation.actor)], stamp: creation.stamp }
  return adoptionIn(entries)
}

/** What it was adopted from, if it was. Properties stand first. */
export function adoptionIn(entries: readonly Entry[]): Beginning | undefined {
  return decodeAdoption(entries.find(({ name }) => name === ADOPTED)?.value)
}

/** The beginning comes first: what is newest may have been written after the session's end, by somebody who had not heard of it. */
export function sightingsOf(token: VersionToken): readonly Sighting[] {
  return [...sightingsIn(token.beginning), ...sightingsIn(allOf(token))]
}

export function sightingsIn(beginning: Beginning | undefined): readonly Sighting[] {
  return beginning ? beginning.actors.map(actor => ({ actorPrefix: actor, stamp: beginning.stamp })) : []
}

function allOf({ stamp, dots }: VersionToken): Beginning {
  return { actors: dots.map(({ actor }) => actor), stamp }
}
