import type { SessionStore, SessionStoreOptions } from '@clowder/http'
import { Cluster } from './cluster.js'

/**
 * `cluster.store()` for an application that cannot wait for `createCluster` before it names its middleware. Until the cluster has started the store is disconnected, and
 * express-session answers without sessions. When it cannot start, the store emits `error` with the reason, which ends the process unless somebody listens.
 */
export function storeOf(starting: Promise<Cluster>, options?: SessionStoreOptions): SessionStore {
  return Cluster.storeOf(starting, options)
}
