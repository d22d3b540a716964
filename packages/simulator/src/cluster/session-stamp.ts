import type { ClusterProcess } from './cluster-process.js'
import { stampedAtMs } from './stamped-at.js'

export const CREATED_AT = '\u0000createdAt'
/** More than any clock of a run is set wrong, but for those that are years ahead. */
const FAR_AHEAD_MS = 86_400_000

/** Some member's clock may be years ahead: this process, which has begun the session, has stamped it by its own. */
export function checkStamp(process: ClusterProcess, id: string): void {
  const { latestWallMs, manager } = process
  const state = manager.inspectCopy(id)?.state
  const creation = state?.kind === 'live' ? state.entries.find(({ name }) => name === CREATED_AT) : undefined
  if (!creation) return
  const begunAtMs = stampedAtMs(creation.stamp)
  if (begunAtMs - latestWallMs > FAR_AHEAD_MS) process.broken('a session is stamped by a clock of today')
}
