export type Framework = 'node:http' | 'express'

/**
 * none: the same work without a session. Clowder: not distributable, or replicated with `acknowledge` async or backup. express-session: with its
 * MemoryStore, or with connect-redis.
 */
export type SessionKind = 'none' | 'clowder-local' | 'clowder-async' | 'clowder-backup' | 'memory' | 'redis'

/** one: all clients at the first of two nodes. robin: each client's requests alternate between both. halves: half of the clients at each. */
export type Arrangement = 'one' | 'robin' | 'halves'

export type Work = 'write' | 'read'

export interface HttpSystem {
  readonly framework: Framework
  readonly session: SessionKind
}

/** What a cluster counts itself. */
export interface Doubts {
  /** Changes that were answered although no other member had acknowledged them in time. */
  readonly degraded: number
  /** Answers from a copy older than what the client had seen, because no newer one came in time. */
  readonly stale: number
}

export const SESSION_TITLES: Record<SessionKind, string> = {
  none: 'no session',
  'clowder-local': 'Clowder, not distributable',
  'clowder-async': 'Clowder, async',
  'clowder-backup': 'Clowder, backup',
  memory: 'express-session, MemoryStore',
  redis: 'express-session, connect-redis',
}

export const HTTP_SYSTEMS: readonly HttpSystem[] = [
  { framework: 'node:http', session: 'none' },
  { framework: 'node:http', session: 'clowder-local' },
  { framework: 'node:http', session: 'clowder-async' },
  { framework: 'node:http', session: 'clowder-backup' },
  { framework: 'express', session: 'none' },
  { framework: 'express', session: 'clowder-local' },
  { framework: 'express', session: 'clowder-backup' },
  { framework: 'express', session: 'memory' },
  { framework: 'express', session: 'redis' },
]

/** Sessions that live on one node only would be lost in a round robin: their clients stay where they are. */
export function arrangementsOf({ session }: HttpSystem): readonly Arrangement[] {
  return session === 'clowder-local' || session === 'memory' ? ['one', 'halves'] : ['one', 'robin']
}

export function isReplicated({ session }: HttpSystem): boolean {
  return session === 'clowder-async' || session === 'clowder-backup'
}

export function systemTitle({ framework, session }: HttpSystem): string {
  return `${framework}: ${SESSION_TITLES[session]}`
}
