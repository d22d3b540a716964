import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'
import { type KeyState, newestId, type Ring, type RingEntry } from './ring.js'
import { KEY_ID_BYTES, SecretKey } from './secret-key.js'

// n × (key id (8) · u8 state · u64 stamp · u8 1 and text secret, or u8 0), n before all

const STATES: readonly KeyState[] = ['accepted', 'retired', 'removed']
/** Keys of all members together, and the ids of those removed. */
const MAX_ENTRIES = 1_000
const MIN_ENTRY_BYTES = KEY_ID_BYTES + 10
const MIN_SECRET_BYTES = 32
const MAX_SECRET_BYTES = 65_535

/** Writes what others are to know, secrets and all: only ever to members whose connection is authenticated and encrypted, or on this host. */
export function writeRing(out: ByteWriter, ring: Ring): void {
  out.varint(ring.size)
  for (const [id, { state, usedAt, key }] of ring) {
    out.raw(Buffer.from(id, 'hex')).u8(STATES.indexOf(state)).u64(usedAt)
    if (key) out.u8(1).text(key.reveal())
    else out.u8(0)
  }
}

/** Later versions may append. Throws MalformedError; nothing of a secret is in it. */
export function readRing(input: ByteReader, clusterName: string): Ring {
  const count = input.varint()
  if (count > MAX_ENTRIES || count * MIN_ENTRY_BYTES > input.remaining)
    throw new MalformedError(`a ring of ${count} keys`)
  const ring = new Map<string, RingEntry>()
  for (let n = 0; n < count; n++) ring.set(...readEntry(input, clusterName))
  const newest = newestId(ring)
  if (newest !== undefined && !ring.get(newest)!.key) throw new MalformedError('a ring without its newest key')
  return ring
}

function readEntry(input: ByteReader, clusterName: string): [string, RingEntry] {
  const id = input.raw(KEY_ID_BYTES).toString('hex')
  const state = STATES[input.u8()]
  if (!state) throw new MalformedError('a key in no known state')
  const usedAt = input.u64()
  const hasKey = input.u8()
  if (hasKey > 1) throw new MalformedError('a key that is neither there nor not')
  return [id, { state, usedAt, isTold: true, key: hasKey ? readKey(input, id, clusterName) : undefined }]
}

function readKey(input: ByteReader, id: string, clusterName: string): SecretKey {
  const secret = input.text(MAX_SECRET_BYTES)
  const key = new SecretKey(secret, clusterName)
  if (Buffer.byteLength(secret) < MIN_SECRET_BYTES || key.id !== id)
    throw new MalformedError(`a key that is not the one named ${id}`)
  return key
}
