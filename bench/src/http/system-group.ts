import type { Framework, HttpSystem, SessionKind } from './system.js'

/** Systems that run at the same time and are measured in turns; the others do not exist meanwhile. */
export interface SystemGroup {
  readonly name: string
  readonly systems: readonly HttpSystem[]
}

const CLOWDER: readonly SessionKind[] = ['clowder-local', 'clowder-async', 'clowder-backup', 'clowder-all']
const SHORT_CLOWDER: readonly SessionKind[] = ['clowder-local', 'clowder-backup']

export function systemGroups(isQuick: boolean): SystemGroup[] {
  return isQuick ? quickGroups() : fullGroups()
}

function quickGroups(): SystemGroup[] {
  return [
    group('node:http', systems('node:http', ['none', ...SHORT_CLOWDER])),
    group('fastify', systems('fastify', ['none', ...SHORT_CLOWDER, 'redis'])),
    group('express', systems('express', ['none', ...SHORT_CLOWDER, 'memory', 'redis'])),
    group('Tomcat', systems('Tomcat', ['tomcat-local', 'tomcat-6'])),
  ]
}

function fullGroups(): SystemGroup[] {
  return [
    group('node:http', systems('node:http', ['none', 'map', ...CLOWDER])),
    group('fastify', systems('fastify', ['none', ...CLOWDER, 'memory', 'redis'])),
    group('express', systems('express', ['none', ...CLOWDER, 'memory', 'redis', 'memcached'])),
    group('Tomcat', systems('Tomcat', ['tomcat-local', 'tomcat-8', 'tomcat-6'])),
    group('node:http, 4 nodes', systems('node:http', ['none', ...SHORT_CLOWDER], 4)),
    group('Tomcat, 4 nodes', systems('Tomcat', ['tomcat-local', 'tomcat-6'], 4)),
  ]
}

function group(name: string, members: readonly HttpSystem[]): SystemGroup {
  return { name, systems: members }
}

function systems(framework: Framework, sessions: readonly SessionKind[], nodes = 2): HttpSystem[] {
  return sessions.map(session => ({ framework, session, nodes }))
}
