import type { DeltaManager, SessionWatch } from '@clowder/ha'
import { MERGED } from './evidence.js'
import { NumberCodec } from './number-codec.js'

type State = Parameters<NonNullable<SessionWatch['joined']>>[0]['state']
type Entry = Extract<State, { kind: 'live' }>['entries'][number]

const PROPERTY = '\u0000'
/** Of larger sessions nobody looks at every entry. */
const MOST_ENTRIES = 64
const codec = new NumberCodec(0)

/** Whoever is told that a session has ended or expired is told what was in it: all that this process had of it, and nothing else. Of values that are merged only the names are compared. */
export function watchEnds(manager: DeltaManager, broken: (what: string) => void): void {
  const latest = new Map<string, readonly Entry[]>()
  manager.attach(() => ({
    joined: copy => {
      const state = copy.peek()
      if (state.kind === 'dead') latest.delete(copy.id)
      else latest.set(copy.id, state.entries)
    },
    // What expires is told of after it is gone.
    dropped: copy => {
      if (!copy.hasExpired) latest.delete(copy.id)
    },
  }))
  const told = ({ id, attributes }: { id: string; attributes: () => Record<string, unknown> }) => {
    const entries = latest.get(id)
    latest.delete(id)
    if (!entries || entries.length > MOST_ENTRIES) return
    const [had, said] = [textOf(valuesOf(entries)), textOf(attributes(), namesMerged(entries))]
    if (had !== said) broken(`session ${id} ended with ${said}, and had ${had}`)
  }
  manager.events.on('sessionDestroyed', told)
  manager.events.on('sessionExpired', told)
}

function valuesOf(entries: readonly Entry[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const { name, value } of entries) {
    if (value === undefined || name.startsWith(PROPERTY)) continue
    if (name.startsWith(MERGED)) values[name.slice(MERGED.length)] = MERGED
    else values[name] = codec.decode(value)
  }
  return values
}

function namesMerged(entries: readonly Entry[]): ReadonlySet<string> {
  return new Set(entries.filter(e => e.name.startsWith(MERGED)).map(e => e.name.slice(MERGED.length)))
}

function textOf(values: Record<string, unknown>, merged: ReadonlySet<string> = new Set()): string {
  const names = Object.keys(values).sort()
  return `{${names.map(name => `${name}: ${merged.has(name) ? MERGED : String(values[name])}`).join(', ')}}`
}
