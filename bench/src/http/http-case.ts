import type { HttpSystem, SessionKind } from './system.js'

/**
 * one: all clients at the first node. robin: each client's requests alternate between all nodes. nginx: the same, but nginx does it. Where sessions live on
 * one node, robin and nginx give each client a node of its own instead, so that all are loaded alike.
 */
export type Arrangement = 'one' | 'robin' | 'nginx'

/** write: changes an attribute of 200 bytes. read: reads it. never: leaves the session alone. new: a client without a cookie stores 1 KiB. */
export type Work = 'write' | 'read' | 'never' | 'new'

export interface HttpCase {
  readonly arrangement: Arrangement
  readonly work: Work
  /** Each with one request at a time. */
  readonly clients: number
  /** Half as many requests a second, evenly, as the same case brought at full load just before. */
  readonly isHalfLoad: boolean
}

/** As many as keep two cores busy. */
export const CROWD = 64
/** Enough to send a request whenever one is due. */
const HALF_LOAD_CLIENTS = 16

const ARRANGEMENTS: readonly Arrangement[] = ['one', 'robin', 'nginx']
/** Of these a change says enough. */
const VARIATIONS: readonly SessionKind[] = ['clowder-async', 'clowder-all', 'map']
const COMPARED: readonly SessionKind[] = ['clowder-local', 'clowder-backup', 'tomcat-local', 'tomcat-8', 'tomcat-6']

/** In this order, round by round. */
export function casesOf({ framework, session, nodes }: HttpSystem, isQuick: boolean): HttpCase[] {
  const changes = [...casesWith('write', CROWD, ARRANGEMENTS), ...casesWith('write', 1, ['one'])]
  if (VARIATIONS.includes(session) || nodes > 2) return changes
  const isCompared = COMPARED.includes(session)
  const usual = [
    ...changes,
    ...casesWith('read', CROWD, isQuick ? ['one'] : ARRANGEMENTS),
    ...casesWith('never', CROWD, isCompared || session === 'none' ? ['one'] : []),
  ]
  if (isQuick) return usual
  return [
    ...usual,
    ...casesWith('write', 1, ['nginx']),
    ...casesWith('read', 1, ['one']),
    ...(isCompared && framework !== 'express' ? [HALF_LOAD] : []),
  ]
}

const HALF_LOAD: HttpCase = { work: 'write', clients: HALF_LOAD_CLIENTS, arrangement: 'one', isHalfLoad: true }

/** The one whose rate `half` is half of. */
export function isFullLoadOf(half: HttpCase, one: HttpCase): boolean {
  return one.work === half.work && one.arrangement === half.arrangement && one.clients === CROWD
}

function casesWith(work: Work, clients: number, arrangements: readonly Arrangement[]): HttpCase[] {
  return arrangements.map(arrangement => ({ work, clients, arrangement, isHalfLoad: false }))
}
