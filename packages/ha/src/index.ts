export type * from './cluster-channel.js'
export { type ContextEvents, SharedContext } from './context/shared-context.js'
export * from './errors.js'
export { guardedListener } from './listeners/guarded-listener.js'
export type * from './listeners/session-listener.js'
export type { SessionListeners } from './listeners/session-listeners.js'
export { LiveSessions, type WatchOptions } from './live/live-sessions.js'
export type { FeedEnd, SessionChange, SessionFeed } from './live/session-feed.js'
export { LocalChannel } from './local-channel.js'
export type { SessionLock } from './lock/session-lock.js'
export type { SessionLocks } from './lock/session-locks.js'
export { DeltaManager, type DeltaManagerComponents } from './manager/delta-manager.js'
export { type DeltaManagerOptions, deltaManagerDefaults } from './manager/delta-manager-options.js'
export type { SessionSize } from './manager/largest-sessions.js'
export type * from './manager/manager.js'
export type { SessionEvents } from './manager/session-events.js'
export type { SessionWatch, WatchedParts } from './manager/session-watch.js'
export type { Codec } from './ports/codec.js'
export type { SessionLabel } from './ports/session-label.js'
export type { AttributeSchema } from './session/attribute-schema.js'
export { DeltaSession } from './session/delta-session.js'
export type { MergeFunction } from './session/merge-function.js'
export type { BindingEvent, SessionBindingListener } from './session/value-bindings.js'
export { type SignedOn, SingleSignOn } from './sign-on/single-sign-on.js'
export {
  SimpleTcpCluster,
  type SimpleTcpClusterComponents,
  type SimpleTcpClusterOptions,
} from './simple-tcp-cluster.js'
export { coversToken, readToken, type VersionToken, withUncovered, writeToken } from './state/version-token.js'
export {
  type EndedSessions,
  SessionUsers,
  type SessionUsersComponents,
  type SessionUsersOptions,
  type UserSession,
} from './users/session-users.js'
export type { WhenOver } from './users/surplus.js'
