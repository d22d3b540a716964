import type { Commit, SharedContext } from '@clowder/ha'
import type { Cluster } from '../cluster/cluster.js'

/** Told of every promise that only the cluster's time can settle. */
export type Watch = <T>(promise: Promise<T>) => Promise<T>

/**
 * The same cluster, whose asynchronous verbs tell `watch` of their promises. These are all there are: a request waits for the cluster in `loadSession`,
 * for `Commit.acknowledged` and for the sessions of a user. They are replaced on this one instance; nothing is changed for other clusters of the process.
 */
export function watchedCluster(cluster: Cluster, watch: Watch): Cluster {
  const { manager, sessions } = cluster
  const loadSession = manager.loadSession.bind(manager)
  const requestCompleted = manager.requestCompleted.bind(manager)
  const expireSession = manager.expireSession.bind(manager)
  const stop = cluster.stop.bind(cluster)
  const context = cluster.context.bind(cluster)
  const of = sessions.of.bind(sessions)
  const endAll = sessions.endAll.bind(sessions)
  const watchCommit = (commit: Commit): Commit => {
    if (commit.acknowledged) void watch(commit.acknowledged)
    return commit
  }
  manager.loadSession = (...args) => watch(loadSession(...args))
  manager.requestCompleted = (...args) => watchCommit(requestCompleted(...args))
  manager.expireSession = (...args) => watchCommit(expireSession(...args))
  sessions.of = userId => watch(of(userId))
  sessions.endAll = (...args) => watch(endAll(...args))
  cluster.context = name => watchedContext(context(name), watch)
  cluster.stop = () => watch(stop())
  return cluster
}

/** The same object each time, so it is replaced once. */
function watchedContext(context: SharedContext, watch: Watch): SharedContext {
  if (Object.hasOwn(context, 'setAttribute')) return context
  const setAttribute = context.setAttribute.bind(context)
  const removeAttribute = context.removeAttribute.bind(context)
  context.setAttribute = (...args) => watch(setAttribute(...args))
  context.removeAttribute = name => watch(removeAttribute(name))
  return context
}
