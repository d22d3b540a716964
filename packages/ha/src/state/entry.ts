import type { Stamp } from './hybrid-clock.js'
import { advanced, commonVector, counterOf, emptyVector, type VersionVector } from './version-vector.js'

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
  /** What its writer had seen, of an entry that came before some of that: tells later whether what comes late was known to it. */
  readonly context?: VersionVector
  /** What it has won against, and that has been told: may come again over a gap. Kept in memory only. */
  readonly told?: VersionVector
}

/** Names that begin so are properties of the session, not attributes of the application. */
const RESERVED = '\u0000'

export function propertyName(name: string): string {
  return RESERVED + name
}

/** When the session was created, and by whom: the one entry that is written once and never again. */
export const CREATED_AT = propertyName('createdAt')

/** Names that begin so belong to attributes with a merge function: of these every writer's entry is kept until a later commit has taken it in. */
const MERGED = '\u0001'

export function mergedName(name: string): string {
  return MERGED + name
}

export function isMerged(name: string): boolean {
  return name[0] === MERGED
}

/** Whether one of these has a merge function. They are sorted, and stand before other attributes. */
export function hasMerged(entries: readonly Entry[]): boolean {
  for (const { name } of entries) if (!isProperty(name)) return isMerged(name)
  return false
}

/** The application's name of an attribute. */
export function plainName(name: string): string {
  return isMerged(name) ? name.slice(MERGED.length) : name
}

/** Entries that stand in one place of a state compare equal: those of one name, and, of a merged one, of one writer. */
export function compareEntries(a: Entry, b: Entry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  if (a.actor === b.actor || !isMerged(a.name)) return 0
  return a.actor < b.actor ? -1 : 1
}

/** No attribute of the application can have it: it would be something else in the state. */
export function isReservedName(name: string): boolean {
  return isProperty(name) || isMerged(name)
}

export function isProperty(name: string): boolean {
  return name[0] === RESERVED
}

/** The same entry, with what its writer had seen beside it. */
export function withContext(entry: Entry, context: VersionVector): Entry {
  return noted(entry, context, entry.told)
}

/**
 * The entry as it stays where it meets `other`. If both are the same write, only what both copies note of its context is still of use: a copy notes nothing that its vector
 * includes, nor what it has folded out of it.
 */
export function withCommonContext(entry: Entry, other: Entry): Entry {
  if (!entry.context || !sameDot(entry, other)) return entry
  return noted(entry, other.context && commonVector(entry.context, other.context), entry.told)
}

/** The same entry, which is known to have won against another. */
export function withTold(entry: Entry, { actor, counter }: Entry): Entry {
  return noted(entry, entry.context, advanced(entry.told ?? emptyVector, actor, counter))
}

/** Not enumerable, because it is no part of what was written. */
function noted(entry: Entry, context: VersionVector | undefined, told: VersionVector | undefined): Entry {
  const copy = { ...entry }
  if (context) Object.defineProperty(copy, 'context', { value: context })
  if (told) Object.defineProperty(copy, 'told', { value: told })
  return copy
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
