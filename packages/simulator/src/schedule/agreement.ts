import type { DeltaManager } from '@clowder/ha'

type Tables = Pick<DeltaManager, 'digest'>
type Copies = Pick<DeltaManager, 'sessionIds' | 'inspectCopy'>

/** Whether all hold the same. */
export function haveEqualTables(managers: readonly Tables[]): boolean {
  return new Set(managers.map(manager => manager.digest())).size <= 1
}

/** Whether those that hold a session hold the same of it, where not all hold all. */
export function haveEqualCopies(managers: readonly Copies[]): boolean {
  const first = new Map<string, Uint8Array>()
  for (const manager of managers)
    for (const id of manager.sessionIds()) {
      const copy = manager.inspectCopy(id)
      if (copy?.state.kind !== 'live') continue
      const bytes = copy.packed()
      const other = first.get(id)
      if (other && Buffer.compare(other, bytes) !== 0) return false
      first.set(id, bytes)
    }
  return true
}
