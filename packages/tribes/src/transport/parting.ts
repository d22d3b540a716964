import type { Clock } from '../ports/clock.js'
import type { Connection, ConnectionOwner } from './connection.js'

/** Longer than last words take that can arrive at all, unless much waits before them on a slow line. */
const PATIENCE_MS = 1000

/** Nobody is interested in what still comes. */
const NOBODY: ConnectionOwner = { frameReceived() {}, heard() {}, drained() {}, closed() {} }

/** Lets what was written leave, then closes; a peer that takes nothing more is not waited for. */
export function closeSoon(connection: Connection, reason: Error, clock: Clock): void {
  connection.leave(NOBODY)
  connection.end(reason)
  clock.setTimer(PATIENCE_MS, () => connection.destroy(reason))
}
