import type { Work } from './http-case.js'

export type Framework = 'node:http' | 'fastify' | 'express' | 'Tomcat'

/**
 * none: the same work without a session. map: a Map and a cookie, by hand. clowder: not distributable, or replicated with `acknowledge` async, backup or
 * all. memory, redis, memcached: what the framework's own session middleware keeps sessions in. tomcat: without a cluster, or with channelSendOptions 8
 * (asynchronous, the default) or 6 (synchronized acknowledgement).
 */
export type SessionKind =
  | 'none'
  | 'map'
  | 'clowder-local'
  | 'clowder-async'
  | 'clowder-backup'
  | 'clowder-all'
  | 'memory'
  | 'redis'
  | 'memcached'
  | 'tomcat-local'
  | 'tomcat-8'
  | 'tomcat-6'

export interface HttpSystem {
  readonly framework: Framework
  readonly session: SessionKind
  readonly nodes: number
}

/** What a cluster counts itself. */
export interface Doubts {
  /** Changes that were answered although no other member had acknowledged them in time. */
  readonly degraded: number
  /** Answers from a copy older than what the client had seen, because no newer one came in time. */
  readonly stale: number
}

const SESSION_TITLES: Record<SessionKind, string> = {
  none: 'no session',
  map: 'a Map',
  'clowder-local': 'Clowder, not distributable',
  'clowder-async': 'Clowder, async',
  'clowder-backup': 'Clowder, backup',
  'clowder-all': 'Clowder, all',
  memory: 'MemoryStore',
  redis: 'connect-redis',
  memcached: 'connect-memcached',
  'tomcat-local': 'no cluster',
  'tomcat-8': 'option 8',
  'tomcat-6': 'option 6',
}

const LOCAL: readonly SessionKind[] = ['map', 'clowder-local', 'memory', 'tomcat-local']

/** Sessions that live on one node only would be lost in a round robin: their clients stay where they are. */
export function isLocal({ session }: HttpSystem): boolean {
  return LOCAL.includes(session)
}

export function isCluster({ session }: HttpSystem): boolean {
  return isClowder(session) ? session !== 'clowder-local' : session === 'tomcat-8' || session === 'tomcat-6'
}

export function isClowder(session: SessionKind): boolean {
  return session.startsWith('clowder')
}

export function isChecked({ session }: HttpSystem, work: Work): boolean {
  return session !== 'none' && (work === 'write' || work === 'read')
}

export function sessionTitle({ framework, session }: HttpSystem): string {
  const middleware = { express: 'express-session, ', fastify: '@fastify/session, ', 'node:http': '', Tomcat: '' }
  const isMiddleware = session === 'memory' || session === 'redis' || session === 'memcached'
  return `${isMiddleware ? middleware[framework] : ''}${SESSION_TITLES[session]}`
}

export function systemTitle(system: HttpSystem): string {
  return `${system.framework}: ${sessionTitle(system)}${system.nodes === 2 ? '' : `, ${system.nodes} nodes`}`
}
