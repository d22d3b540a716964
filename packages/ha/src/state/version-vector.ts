/** One writer's share of a session's history: it has made `counter` commits. `actor`: 16 bytes of incarnation as latin1 text. */
export interface Dot {
  readonly actor: string
  readonly counter: number
}

/** Sorted by actor, each actor once, counters > 0: equal histories are equal values. */
export type VersionVector = readonly Dot[]

/** The first bytes of a name are those of all other names of the same process. */
const SHARED_BYTES = 4

/** Mostly a process writes under one name: nobody makes it anew with every message, nor keeps it twice. */
const lastNames = new Map<string, { readonly alias: number; readonly name: string }>()
const MOST_LAST_NAMES = 256

/**
 * A name of the same process, made of its incarnation: it uses no dot twice, neither where it may have dropped a copy of the session before nor where another process has the same
 * incarnation. Differs in the eight bytes that a token names.
 */
export function aliasOf(actor: string, alias: number): string {
  if (alias === 0) return actor
  const last = lastNames.get(actor)
  if (last?.alias === alias) return last.name
  const name = mixed(actor, alias)
  if (lastNames.size >= MOST_LAST_NAMES) lastNames.clear()
  lastNames.set(actor, { alias, name })
  return name
}

function mixed(actor: string, alias: number): string {
  const bytes = Buffer.from(actor, 'latin1')
  bytes.writeUInt32BE((bytes.readUInt32BE(SHARED_BYTES) ^ alias) >>> 0, SHARED_BYTES)
  return bytes.toString('latin1')
}

/** The process of all of whose names this is one, as far as the first eight bytes of a name tell it: what its aliases differ in is left out. */
export function processOf(actor: string): string {
  return actor.slice(0, SHARED_BYTES)
}

export const emptyVector: VersionVector = []

export function counterOf(vector: VersionVector, actor: string): number {
  for (const dot of vector) if (dot.actor === actor) return dot.counter
  return 0
}

/** Whether `a` includes all of `b`. */
export function covers(a: VersionVector, b: VersionVector): boolean {
  return b.every(dot => counterOf(a, dot.actor) >= dot.counter)
}

/** `vector` with `actor` at `counter` at least. */
export function advanced(vector: VersionVector, actor: string, counter: number): VersionVector {
  return joinVectors(vector, [{ actor, counter }])
}

/** The join; `a` itself where it covers `b`, as it mostly does. */
export function joinedUnlessCovered(a: VersionVector, b: VersionVector): VersionVector {
  return a === b || covers(a, b) ? a : joinVectors(a, b)
}

/** The greatest vector that both cover. */
export function commonVector(a: VersionVector, b: VersionVector): VersionVector {
  const common = a.map(({ actor, counter }) => ({ actor, counter: Math.min(counter, counterOf(b, actor)) }))
  return common.filter(({ counter }) => counter > 0)
}

/** The smallest vector that covers both: a merge of two sorted lists. */
export function joinVectors(a: VersionVector, b: VersionVector): VersionVector {
  const joined: Dot[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const x = a[i]
    const y = b[j]
    if (!y || (x && x.actor < y.actor)) joined.push(a[i++]!)
    else if (!x || y.actor < x.actor) joined.push(b[j++]!)
    else {
      joined.push(x.counter >= y.counter ? x : y)
      i++
      j++
    }
  }
  return joined
}
