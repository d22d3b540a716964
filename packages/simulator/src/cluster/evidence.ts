import type { DeltaManager } from '@clowder/ha'

type State = NonNullable<ReturnType<DeltaManager['inspectCopy']>>['state']
type Entry = LiveCopy['state']['entries'][number]

/** What somebody has, or had, of a session. */
export interface LiveCopy {
  readonly id: string
  readonly state: Extract<State, { kind: 'live' }>
}

/** What somebody must have in order to hold what one request changed. */
export interface Evidence {
  /** The commit: who made it and which one of his it is, of this session. */
  readonly written: { readonly id: string; readonly actor: string; readonly counter: number } | undefined
  /** Ids that the request ended. */
  readonly ended: readonly string[]
}

export function isEmpty({ written, ended }: Evidence): boolean {
  return written === undefined && ended.length === 0
}

/** Whether this node's copies include all of it; a copy with gaps holds what has come to it, or what the same writer put in its place. A session that is dead by now needs nothing more. `hasForgotten`: the certificate of an end may have gone at once. */
export function holds(manager: DeltaManager, { written, ended }: Evidence, hasForgotten: boolean): boolean {
  const isEnded = (state: State | undefined) => (state ? state.kind === 'dead' : hasForgotten)
  if (!ended.every(id => isEnded(manager.inspectCopy(id)?.state))) return false
  if (!written) return true
  const state = manager.inspectCopy(written.id)?.state
  if (state?.kind !== 'live') return state?.kind === 'dead'
  const { actor, counter } = written
  return (
    state.vector.some(dot => dot.actor === actor && dot.counter >= counter) ||
    state.entries.some(entry => entry.actor === actor && entry.counter >= counter)
  )
}

/** Whether this node has the session alive, without gaps, and for certain not what the request did. */
export function isMissing(manager: DeltaManager, { written, ended }: Evidence): boolean {
  if (ended.some(id => manager.inspectCopy(id)?.state.kind === 'live')) return true
  const state = written && manager.inspectCopy(written.id)?.state
  if (state?.kind !== 'live' || state.needed.length > 0) return false
  return !holds(manager, { written, ended: [] }, false)
}

/** The name of an attribute with a merge function begins so: it stands in a copy once for each writer. */
export const MERGED = '\u0001'

/**
 * Whether this node's copy has every entry of another's, or what replaced it. A session that is dead here has nothing more to lose. What the copies' vectors name
 * beyond is in no entry any more, and folded away in time.
 */
export function includes(manager: DeltaManager, id: string, { entries }: LiveCopy['state']): boolean {
  const state = manager.inspectCopy(id)?.state
  if (state?.kind !== 'live') return state?.kind === 'dead'
  const covers = ({ actor, counter }: Entry) => state.vector.some(dot => dot.actor === actor && dot.counter >= counter)
  const hasInPlace = ({ name, actor, stamp }: Entry) =>
    state.entries.some(e => e.name === name && e.stamp >= stamp && (e.actor === actor || !name.startsWith(MERGED)))
  const hasForgotten = ({ value, stamp }: Entry) => value === undefined && stamp <= (state.floor ?? 0)
  return entries.every(entry => covers(entry) || hasInPlace(entry) || hasForgotten(entry))
}

/**
 * The commit that this process has just made: of the entries in its copy that it has written, the latest is one of it. Where a clock is far ahead, each attribute has stamps of its
 * own, so that only those of `names` are compared, if one is there.
 */
export function latestCommit(
  manager: DeltaManager,
  id: string,
  actor: string,
  names: ReadonlySet<string>,
): Evidence['written'] {
  const state = manager.inspectCopy(id)?.state
  if (state?.kind !== 'live') return undefined
  const own = state.entries.filter(entry => isAlias(entry.actor, actor))
  const named = own.filter(({ name }) => names.has(name.startsWith(MERGED) ? name.slice(MERGED.length) : name))
  const [first, ...others] = named.length > 0 ? named : own
  if (!first) return undefined
  const latest = others.reduce((a, b) => (a.stamp >= b.stamp ? a : b), first)
  return { id, actor: latest.actor, counter: latest.counter }
}

/** The names under which a process writes differ from its incarnation in the second four bytes. */
function isAlias(name: string, actor: string): boolean {
  return name.slice(0, 4) === actor.slice(0, 4) && name.slice(8) === actor.slice(8)
}
