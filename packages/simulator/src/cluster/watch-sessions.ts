import type { DeltaManager } from '@clowder/ha'
import type { ProcessHappening } from './cluster-process.js'

/** Writes down what a manager tells its application of sessions. */
export function watchSessions({ events }: DeltaManager, record: (happening: ProcessHappening) => void): void {
  const told = (event: 'created' | 'destroyed' | 'expired', { id, local }: { id: string; local: boolean }) =>
    record({ kind: 'session', event, session: id, isLocal: local })
  events.on('sessionCreated', event => told('created', event))
  events.on('sessionDestroyed', event => told('destroyed', event))
  events.on('sessionExpired', event => told('expired', event))
  events.on('sessionIdChanged', ({ id, oldId, local }) =>
    record({ kind: 'session', event: 'id-changed', session: id, oldSession: oldId, isLocal: local }),
  )
  events.on('conflict', ({ id, name, local, kept, dropped }) =>
    record({ kind: 'session', event: 'conflict', session: id, name, isLocal: local, ...valuesOf(kept, dropped) }),
  )
}

function valuesOf(kept: () => unknown, dropped: () => unknown) {
  return { kept: (kept() as number | undefined) ?? null, dropped: (dropped() as number | undefined) ?? null }
}
