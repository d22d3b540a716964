import {
  DeltaManager,
  type DeltaManagerComponents,
  deltaManagerDefaults,
  SessionUsers,
  SingleSignOn,
  type WatchedParts,
} from '@clowder/ha'
import type { ClusterSettings } from '../options/cluster-options.js'
import { present } from '../options/present.js'

/** All managers of one member, each with the channel's messages of its own name. Members must agree on the names. */
export interface ClusterManagers {
  readonly manager: DeltaManager
  /** Name of the application → its own. */
  readonly applications: ReadonlyMap<string, DeltaManager>
  /** Of what all members share. */
  readonly shared: DeltaManager | undefined
  readonly users: SessionUsers | undefined
  readonly signOn: SingleSignOn | undefined
  readonly all: readonly DeltaManager[]
}

/** The manager of the sessions, and those that are asked for: an application more, a context, single sign-on. */
export function clusterManagers(components: DeltaManagerComponents, settings: ClusterSettings): ClusterManagers {
  const names = Object.keys(settings.applications)
  const manager = sessionsOf(components, settings, 'default')
  const applications = new Map(names.map(name => [name, sessionsOf(components, settings, `application:${name}`)]))
  const shared = settings.users || settings.context ? sharedBy(components, settings) : undefined
  const users = shared && settings.users ? usersOf(components, manager, shared, settings) : undefined
  const entries = settings.singleSignOn ? everywhere(components, settings, { name: 'sign-on' }) : undefined
  const signOn = entries && new SingleSignOn({ ...components, entries })
  const sessions = [manager, ...applications.values()]
  if (signOn) for (const each of sessions) signOn.include(each)
  const all = [...sessions, ...(shared ? [shared] : []), ...(entries ? [entries] : [])]
  return { manager, applications, shared, users, signOn, all }
}

function sessionsOf(
  components: DeltaManagerComponents,
  { manager, valve }: ClusterSettings,
  name: string,
): DeltaManager {
  const copies = manager.copies < 0 ? Number.POSITIVE_INFINITY : manager.copies
  return new DeltaManager(components, present({ ...manager, name, copies, lockLease: valve.lock.lease }))
}

function sharedBy(components: DeltaManagerComponents, settings: ClusterSettings): DeltaManager {
  return everywhere(components, settings, {
    name: 'context',
    maxInactiveInterval: -1,
    ...present({ merges: settings.context?.merges }),
  })
}

/** As safe as the sessions, on all members, and told of on all. */
function everywhere(
  components: DeltaManagerComponents,
  { manager }: ClusterSettings,
  own: Partial<typeof deltaManagerDefaults>,
): DeltaManager {
  const { maxInactiveInterval, retention, acknowledge, acknowledgeTimeout, pullTimeout } = manager
  const { stateTransferTimeout, maxSessionBytes } = manager
  const safety = { retention, acknowledge, acknowledgeTimeout, pullTimeout, stateTransferTimeout, maxSessionBytes }
  return new DeltaManager(components, { ...deltaManagerDefaults, maxInactiveInterval, ...safety, ...own })
}

function usersOf(
  components: DeltaManagerComponents,
  manager: DeltaManager,
  shared: DeltaManager,
  { users, manager: { retention, maxInactiveInterval } }: ClusterSettings,
): SessionUsers {
  const options = present({ ...users!, retention: Math.max(retention, 2 * maxInactiveInterval) })
  return manager.attach((parts: WatchedParts) => new SessionUsers({ ...components, shared }, parts, options))
}
