import { KeyInUseError, KeyRemovedError, TooManyKeysError, UnknownKeyError } from './keyring-errors.js'
import type { SecretKey } from './secret-key.js'

/*
 * The keys of a cluster as a value. Two of them merge: commutative, associative, idempotent, so that members may tell each other theirs in any order and as often as they like.
 *
 *   state    accepted → retired → removed    only grows: the later one holds
 *   usedAt   a stamp                         the largest holds; the key with the largest of all is the current one
 *
 * The newest key stays whatever its state says: two members may each remove the other's at a time, and one key must be left. Hence whether a secret is still held follows from the
 * rest of the value: every secret but those of removed keys, and that of the newest always. A few things more are up to each member and do not merge: the order among keys that nobody
 * was ever told to use.
 */

export type KeyState = 'accepted' | 'retired' | 'removed'

export interface RingEntry {
  readonly state: KeyState
  /** When it was last told to be used; 0: never. */
  readonly usedAt: number
  /** Somebody did something with it at run time, so the others hear of it. What merely stands in a member's options is that member's own. */
  readonly isTold: boolean
  /** Undefined of a removed one: the secret is forgotten, and the id kept so that nobody brings it back. */
  readonly key: SecretKey | undefined
}

/** By id; of those never told to be used the first is preferred. */
export type Ring = ReadonlyMap<string, RingEntry>

/** As many as members offer each other when they meet. */
const MAX_KEYS = 4
/** Ids of removed keys that are kept; those used longest ago are forgotten first. */
export const MAX_REMOVED = 256

const STATES: readonly KeyState[] = ['accepted', 'retired', 'removed']

/** Of the options. */
export function ringOf(keys: readonly SecretKey[]): Ring {
  return new Map(keys.map(key => [key.id, { state: 'accepted', usedAt: 0, isTold: false, key }]))
}

export function mergeRings(a: Ring, b: Ring): Ring {
  const merged = new Map(a)
  for (const [id, entry] of b) merged.set(id, joined(merged.get(id) ?? entry, entry))
  return settled(merged)
}

/** All that are understood: the current one first, then those that may be spoken with, the newest first, then the retired. */
export function liveKeys(ring: Ring): SecretKey[] {
  const newest = newestId(ring)
  const live = [...ring].filter(([, { key }]) => key !== undefined)
  const rank = (id: string, { state }: RingEntry) => (id === newest ? -1 : STATES.indexOf(state))
  live.sort(([idA, a], [idB, b]) => rank(idA, a) - rank(idB, b) || compareUse([idB, b], [idA, a]))
  return live.map(([, { key }]) => key!)
}

/** Throws KeyRemovedError and TooManyKeysError. Adding one twice is the same as adding it once. */
export function withKey(ring: Ring, key: SecretKey): Ring {
  const known = ring.get(key.id)
  if (known && effectiveState(ring, key.id) !== 'accepted') throw new KeyRemovedError(key.id)
  if (!known && liveKeys(ring).length >= MAX_KEYS) throw new TooManyKeysError(MAX_KEYS)
  return changed(ring, key.id, { ...(known ?? { state: 'accepted', usedAt: 0, key }), isTold: true })
}

/** Throws UnknownKeyError and KeyRemovedError. */
export function usingKey(ring: Ring, id: string, nowMs: number): Ring {
  const entry = ring.get(id)
  if (!entry) throw new UnknownKeyError(id)
  if (effectiveState(ring, id) !== 'accepted') throw new KeyRemovedError(id)
  if (entry.usedAt > 0 && newestId(ring) === id) return ring
  const latest = Math.max(0, ...Array.from(ring.values(), ({ usedAt }) => usedAt))
  return changed(ring, id, { ...entry, usedAt: Math.max(latest + 1, Math.floor(nowMs)), isTold: true })
}

/** Throws UnknownKeyError, and KeyInUseError of the current one, which is told to be used from then on: so there always is one, whatever others do at the time. */
export function without(ring: Ring, id: string, state: 'retired' | 'removed', nowMs: number): Ring {
  const entry = ring.get(id)
  if (!entry) throw new UnknownKeyError(id)
  const current = liveKeys(ring)[0]!.id
  if (id === current) throw new KeyInUseError(id)
  const used = effectiveState(ring, current) === 'accepted' ? usingKey(ring, current, nowMs) : ring
  return changed(used, id, { ...entry, state: later(entry.state, state), isTold: true })
}

/** What others are told: all that was done at run time. */
export function toldPart(ring: Ring): Ring {
  return new Map([...ring].filter(([, { isTold }]) => isTold))
}

/** The newest is accepted, whatever it was told. */
export function effectiveState(ring: Ring, id: string): KeyState {
  return id === newestId(ring) ? 'accepted' : ring.get(id)!.state
}

/** Undefined: nobody was ever told to use any. */
export function newestId(ring: Ring): string | undefined {
  let newest: [string, RingEntry] | undefined
  for (const each of ring) if (each[1].usedAt > 0 && (!newest || compareUse(each, newest) > 0)) newest = each
  return newest?.[0]
}

export function isSameRing(a: Ring, b: Ring): boolean {
  return a.size === b.size && [...a].every(([id, entry]) => isSameEntry(entry, b.get(id)))
}

function isSameEntry(a: RingEntry, b: RingEntry | undefined): boolean {
  return a.state === b?.state && a.usedAt === b.usedAt && a.isTold === b.isTold && a.key?.id === b.key?.id
}

function changed(ring: Ring, id: string, entry: RingEntry): Ring {
  return settled(new Map([...ring, [id, entry]]))
}

function joined(a: RingEntry, b: RingEntry): RingEntry {
  return {
    state: later(a.state, b.state),
    usedAt: Math.max(a.usedAt, b.usedAt),
    isTold: a.isTold || b.isTold,
    key: a.key ?? b.key,
  }
}

function later(a: KeyState, b: KeyState): KeyState {
  return STATES.indexOf(a) > STATES.indexOf(b) ? a : b
}

/** Forgets the secrets of removed keys, and the oldest of their ids. */
function settled(ring: Map<string, RingEntry>): Ring {
  const newest = newestId(ring)
  const removed = [...ring].filter(([id, { state }]) => state === 'removed' && id !== newest)
  for (const [id, entry] of removed) ring.set(id, { ...entry, key: undefined })
  const surplus = removed.sort(compareUse).slice(0, Math.max(0, removed.length - MAX_REMOVED))
  for (const [id] of surplus) ring.delete(id)
  return ring
}

/** Later use is larger. Equal stamps were given by two members at a time: the ids decide, alike on all; what was never used keeps its order. */
function compareUse([idA, a]: readonly [string, RingEntry], [idB, b]: readonly [string, RingEntry]): number {
  if (a.usedAt !== b.usedAt) return a.usedAt - b.usedAt
  if (a.usedAt === 0) return 0
  return idA < idB ? -1 : Number(idA > idB)
}
