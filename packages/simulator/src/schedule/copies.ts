import type { DeltaManager } from '@clowder/ha'
import { TAGS } from '../clients/client-options.js'
import type { ClusterProcess, ProcessHappening } from '../cluster/cluster-process.js'
import { MERGED } from '../cluster/evidence.js'
import { NumberCodec } from '../cluster/number-codec.js'
import { tagsMerge } from '../cluster/tags-merge.js'
import type { CopyEvent, Removals } from '../history/history-event.js'
import { TraceHash } from '../trace-hash.js'

type InspectedCopy = ReturnType<DeltaManager['inspectCopy']>
type LiveState = Extract<NonNullable<InspectedCopy>['state'], { kind: 'live' }>

const codec = new NumberCodec(0)

/** Everything that a manager holds of these sessions, and of those that it knows itself. */
export function copiesOf(
  { manager, host }: Pick<ClusterProcess, 'manager' | 'host'>,
  ids: Iterable<string>,
  names: readonly string[],
): Extract<ProcessHappening, { kind: 'copies' }> {
  const sessions: Record<string, CopyEvent> = {}
  for (const id of new Set([...ids, ...manager.sessionIds()])) {
    const copy = copyOf(manager.inspectCopy(id), names, host.clock.now())
    if (copy) sessions[id] = copy
  }
  return { kind: 'copies', digest: manager.digest(), sessions }
}

function copyOf(copy: InspectedCopy, names: readonly string[], nowMs: number): CopyEvent | undefined {
  if (!copy) return undefined
  const state = hashOf(copy.packed())
  if (copy.state.kind === 'dead') return { standing: 'dead', state, ...(!copy.isListed && { isUnlisted: true }) }
  const { entries, needed } = copy.state
  const values: Record<string, number | null | readonly number[]> = {}
  for (const name of names) {
    const value = entries.find(entry => entry.name === name)?.value
    values[name] = value ? (codec.decode(value) as number) : null
  }
  const tags = entries.filter(entry => entry.name === MERGED + TAGS && entry.value)
  if (tags.length > 0) values[TAGS] = tags.map(entry => codec.decode(entry.value!)).reduce(tagsMerge[TAGS]!) as number[]
  const gap = needed.length > 0 && { hasGap: true }
  return {
    standing: 'live',
    state,
    idleMs: Math.max(0, nowMs - copy.accessedAtMs),
    ...gap,
    ...removalsIn(copy.state),
    values,
  }
}

function removalsIn({ entries, vector, needed, floor = 0 }: LiveState): { removals: Removals } | undefined {
  const removed = entries.filter(({ value }) => value === undefined)
  if (removed.length === 0 && floor === 0) return undefined
  const rest = JSON.stringify([entries.filter(({ value }) => value !== undefined), vector, needed])
  const stamps = Object.fromEntries(removed.map(({ name, stamp }) => [name, stamp]))
  return { removals: { stamps, floor, rest: hashOf(Buffer.from(rest)) } }
}

function hashOf(bytes: Uint8Array): string {
  const hash = new TraceHash()
  hash.addBytes(bytes)
  return hash.digest()
}
