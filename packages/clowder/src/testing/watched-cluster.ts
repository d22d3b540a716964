import type { Commit } from '@clowder/ha'
import type { Cluster } from '../cluster/cluster.js'

/** Told of every promise that only the cluster's time can settle. */
export type Watch = <T>(promise: Promise<T>) => Promise<T>

/**
 * The same cluster, whose asynchronous verbs tell `watch` of their promises. These are all there are: a request waits for the cluster in `loadSession`, for
 * its session's lock, and for `Commit.acknowledged` only. They are replaced on this one instance; nothing is changed for other clusters of the process.
 */
export function watchedCluster(cluster: Cluster, watch: Watch): Cluster {
  const { manager } = cluster
  const loadSession = manager.loadSession.bind(manager)
  const requestCompleted = manager.requestCompleted.bind(manager)
  const expireSession = manager.expireSession.bind(manager)
  const lock = manager.locks.lock.bind(manager.locks)
  const stop = cluster.stop.bind(cluster)
  const watchCommit = (commit: Commit): Commit => {
    if (commit.acknowledged) void watch(commit.acknowledged)
    return commit
  }
  manager.loadSession = (...args) => watch(loadSession(...args))
  manager.requestCompleted = (...args) => watchCommit(requestCompleted(...args))
  manager.expireSession = (...args) => watchCommit(expireSession(...args))
  manager.locks.lock = (...args) => watch(lock(...args))
  cluster.stop = () => watch(stop())
  return cluster
}
