import { NO_WRITE, type Write } from './write-forest.js'

/**
 * What a client has last seen under one name. `one`: this write, or (not `isThere`) nothing, which came after this write. `many`: the values under a
 * name with a merge function.
 */
export type Sighting =
  | { readonly kind: 'one'; readonly write: Write; readonly isThere: boolean }
  | { readonly kind: 'many'; readonly versions: readonly number[] }

/** What a client can expect of an unflagged answer about one session: what the cookie that it sends stands for. Never changed, only followed by another. */
export interface View {
  /** Of each of several sightings of a name it may be the one, where nobody can say which cookie was sent. */
  readonly names: ReadonlyMap<string, readonly Sighting[]>
  /** What was known under a name before an answer was flagged, as long as no unflagged answer has shown the name since. */
  readonly beforeFlag: ReadonlyMap<string, Write>
  readonly chain: Chain
  readonly seq: number
}

/** Of a row of views, each made from the one before: which writes were seen to be replaced, and at which view. */
interface Chain {
  readonly replaced: Map<string, Map<Write, number>>
  /** The last view of the row. One that is made from an earlier one begins a row of its own. */
  tip: number
}

/** More than so many possible sightings of one name are given up: nothing is expected then. */
const MAX_ALTERNATIVES = 4

/** Makes views, and numbers them. */
export class Views {
  #seq = 0

  /** What is known after `known` (undefined: nothing) and the sightings that `look` tells of; of a flagged answer only these. */
  follow(
    before: View | undefined,
    isFlagged: boolean,
    look: (saw: (name: string, now: Sighting) => void, names: ReadonlyMap<string, readonly Sighting[]>) => void,
  ): View {
    const seq = ++this.#seq
    const known = isFlagged ? undefined : before
    const beforeFlag = new Map([...(before?.beforeFlag ?? []), ...(isFlagged ? singles(before) : [])])
    const chain = known && known.chain.tip === known.seq ? known.chain : { replaced: new Map(), tip: seq }
    chain.tip = seq
    const names = new Map(known?.names)
    look((name, now) => {
      noteReplaced(chain, name, names.get(name), now, seq)
      names.set(name, [now])
      if (!isFlagged) beforeFlag.delete(name)
    }, names)
    return { names, beforeFlag, chain, seq }
  }

  /** Either of the two. */
  either(a: View | undefined, b: View): View {
    const seq = ++this.#seq
    const names = new Map<string, readonly Sighting[]>()
    for (const [name, sightings] of b.names) {
      const both = union(a?.names.get(name), sightings)
      if (both) names.set(name, both)
    }
    return { names, beforeFlag: new Map(), chain: { replaced: new Map(), tip: seq }, seq }
  }

  /** The same knowledge about data that have moved to another session. */
  moved({ names, beforeFlag }: View): View {
    const seq = ++this.#seq
    return { names, beforeFlag, chain: { replaced: new Map(), tip: seq }, seq }
  }
}

/** The values of which it is certain that the client has seen them last. */
function singles(view: View | undefined): [string, Write][] {
  return [...(view?.names ?? [])].flatMap(([name, [only, ...more]]) =>
    only?.kind === 'one' && only.isThere && more.length === 0 ? [[name, only.write] as [string, Write]] : [],
  )
}

/** Whether a client with this view had already seen this write replaced. */
export function hadSeenReplaced({ chain, seq }: View, name: string, write: Write): boolean {
  return (chain.replaced.get(name)?.get(write) ?? Number.POSITIVE_INFINITY) <= seq
}

/** The one write that a client last knew of under a name; NO_WRITE when there is none, or more than one that it may be. */
export function onlyWrite(sightings: readonly Sighting[] | undefined): Write {
  const [only, ...more] = sightings ?? []
  return only?.kind === 'one' && more.length === 0 ? only.write : NO_WRITE
}

function noteReplaced(
  { replaced }: Chain,
  name: string,
  before: readonly Sighting[] | undefined,
  now: Sighting,
  seq: number,
) {
  const [only, ...more] = before ?? []
  if (only?.kind !== 'one' || now.kind !== 'one' || more.length > 0 || !only.isThere) return
  if (now.isThere && now.write === only.write) return
  const ofName = replaced.get(name) ?? new Map<Write, number>()
  replaced.set(name, ofName.set(only.write, seq))
}

/** Undefined when nothing can be expected: one of the two knows nothing of the name, or they are too many. */
function union(
  a: readonly Sighting[] | undefined,
  b: readonly Sighting[] | undefined,
): readonly Sighting[] | undefined {
  if (!a || !b || a[0]?.kind === 'many' || b[0]?.kind === 'many') return undefined
  const all = [...a, ...b.filter(s => !a.some(other => isSame(s, other)))]
  return all.length > MAX_ALTERNATIVES ? undefined : all
}

function isSame(a: Sighting, b: Sighting): boolean {
  return a.kind === 'one' && b.kind === 'one' && a.write === b.write && a.isThere === b.isThere
}
