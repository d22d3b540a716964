import type { Stamp } from './hybrid-clock.js'
import { counterOf, type VersionVector } from './version-vector.js'

/** One attribute or property of a session, as one commit wrote it. Immutable. */
export interface Entry {
  readonly name: string
  /** Who wrote it: 16 bytes of incarnation as latin1 text. */
  readonly actor: string
  /** The writer's how-manieth commit to this session it belongs to. Together with `actor`: its dot. */
  readonly counter: number
  readonly stamp: Stamp
  /** The encoded value; absent for a removal, which is kept so that it stays a removal wherever the old value still is. */
  readonly value: Uint8Array | undefined
}

/** Names that begin so are properties of the session, not attributes of the application. */
const RESERVED = '\u0000'

export function propertyName(name: string): string {
  return RESERVED + name
}

/** When the session was created, and by whom: the one entry that is written once and never again. */
export const CREATED_AT = propertyName('createdAt')

export function isProperty(name: string): boolean {
  return name.startsWith(RESERVED)
}

export function sameDot(a: Entry, b: Entry): boolean {
  return a.counter === b.counter && a.actor === b.actor
}

/**
 * Which of two entries of one name stays: the greater (stamp, actor, counter), everywhere. A maximum of a total order is idempotent, commutative
 * and associative, and because a write is stamped above what it replaces, a superseding write always wins against what it has seen.
 */
export function winner(a: Entry, b: Entry): Entry {
  if (a.stamp !== b.stamp) return a.stamp > b.stamp ? a : b
  if (a.actor !== b.actor) return a.actor > b.actor ? a : b
  return a.counter >= b.counter ? a : b
}

/** Whether a copy with this history has seen this entry being written. */
export function hasSeen(history: VersionVector, entry: Entry): boolean {
  return counterOf(history, entry.actor) >= entry.counter
}
