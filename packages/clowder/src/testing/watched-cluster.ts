import type { Commit, DeltaManager } from '@clowder/ha'
import type { Cluster } from '../cluster/cluster.js'

/** Told of every promise that only the cluster's time can settle. */
export type Watch = <T>(promise: Promise<T>) => Promise<T>

/**
 * The same cluster, whose asynchronous verbs tell `watch` of their promises. These are all there are: a request waits for the cluster in `loadSession`, for
 * its session's lock, for `Commit.acknowledged` and for the sessions of a user; an operator waits for keys. They are replaced on this one instance; nothing is changed for other clusters of the process.
 * `end` is aborted when the process is: nothing is left then that could be stopped.
 */
export function watchedCluster(cluster: Cluster, watch: Watch, end: AbortSignal): Cluster {
  const { sessions } = cluster
  const of = sessions.of.bind(sessions)
  const endAll = sessions.endAll.bind(sessions)
  const stop = cluster.stop.bind(cluster)
  for (const manager of cluster.managers) watchManager(manager, watch)
  sessions.of = userId => watch(of(userId))
  sessions.endAll = (...args) => watch(endAll(...args))
  cluster.stop = () => (end.aborted ? Promise.resolve() : watch(stop()))
  watchKeyring(cluster, watch)
  return cluster
}

function watchKeyring(cluster: Cluster, watch: Watch): void {
  if (!cluster.hasKeyring) return
  const { keyring } = cluster
  const useKey = keyring.useKey.bind(keyring)
  const removeKey = keyring.removeKey.bind(keyring)
  keyring.useKey = id => watch(useKey(id))
  keyring.removeKey = (...args) => watch(removeKey(...args))
}

function watchManager(manager: DeltaManager, watch: Watch): void {
  const loadSession = manager.loadSession.bind(manager)
  const requestCompleted = manager.requestCompleted.bind(manager)
  const expireSession = manager.expireSession.bind(manager)
  const lock = manager.locks.lock.bind(manager.locks)
  const watchCommit = (commit: Commit): Commit => {
    if (commit.acknowledged) void watch(commit.acknowledged)
    return commit
  }
  manager.loadSession = (...args) => watch(loadSession(...args))
  manager.requestCompleted = (...args) => watchCommit(requestCompleted(...args))
  manager.expireSession = (...args) => watchCommit(expireSession(...args))
  manager.locks.lock = (...args) => watch(lock(...args))
}
