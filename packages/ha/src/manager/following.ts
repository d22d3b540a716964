import type { DeltaSession } from '../session/delta-session.js'
import { sameHash } from './digest.js'
import type { SessionReplicas } from './session-replicas.js'

/**
 * A session that was open while its copy went is about the copy that there is now. It may have expired under a long request, and come back since, perhaps as a dead one. One that was only given away
 * may have come back with less than the request has seen: whoever gave less lacks the rest.
 */
export function followCopy(session: DeltaSession, replicas: SessionReplicas, nowMs: number): void {
  const before = session.copy
  const current = before && replicas.table.get(before.id)
  if (!current || current === before) return
  if (before.kind === 'live' && current.kind === 'live' && !before.hasExpired) {
    const { hash } = current
    replicas.applyState({ id: before.id, idleMs: before.idleMs(nowMs), state: before.state })
    if (!sameHash(current.hash, hash)) current.isHint = true
  }
  session.follow(current)
}
