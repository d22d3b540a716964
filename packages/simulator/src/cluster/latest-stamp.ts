import type { SessionWatch } from '@clowder/ha'

type Copy = Parameters<NonNullable<SessionWatch['joined']>>[0]
/** What a copy says, alive or dead. */
export type CopyState = ReturnType<Copy['peek']>

/** Of all stamps in a copy; of an ended one that of its end. */
export function latestIn(state: CopyState): number {
  if (state.kind === 'dead') return state.stamp
  return state.entries.reduce((latest, { stamp }) => Math.max(latest, stamp), 0)
}
