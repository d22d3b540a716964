export type * from './cluster-channel.js'
export * from './errors.js'
export { LocalChannel } from './local-channel.js'
export type { SessionLock } from './lock/session-lock.js'
export type { SessionLocks } from './lock/session-locks.js'
export { DeltaManager, type DeltaManagerComponents } from './manager/delta-manager.js'
export { type DeltaManagerOptions, deltaManagerDefaults } from './manager/delta-manager-options.js'
export type * from './manager/manager.js'
export type { SessionEvents } from './manager/session-events.js'
export type { Codec } from './ports/codec.js'
export { DeltaSession } from './session/delta-session.js'
export type { MergeFunction } from './session/merge-function.js'
export {
  SimpleTcpCluster,
  type SimpleTcpClusterComponents,
  type SimpleTcpClusterOptions,
} from './simple-tcp-cluster.js'
export { coversToken, readToken, type VersionToken, withUncovered, writeToken } from './state/version-token.js'
