export {
  type Acknowledged,
  type AcknowledgementLevel,
  type AttributeSchema,
  AttributeTooLargeError,
  BadMaxInactiveIntervalError,
  BadSessionIdError,
  BadUserIdError,
  type BindingEvent,
  type Codec,
  type DeltaManager,
  type DeltaSession,
  type EndedSessions,
  HaError,
  type Manager,
  ManagerNotStartedError,
  type MergeFunction,
  NewerSchemaError,
  ReservedNameError,
  SchemaMigrationError,
  type SessionAttributeEvent,
  type SessionBindingListener,
  type SessionChange,
  type SessionEndEvent,
  type SessionEvent,
  type SessionFeed,
  SessionInvalidatedError,
  type SessionListener,
  SessionNotHeldError,
  type SessionSize,
  SessionTooLargeError,
  type SharedContext,
  TooManyActiveSessionsError,
  TooManyAttributesError,
  TooManyUserSessionsError,
  UnserializableValueError,
  type UserSession,
  UsersDisabledError,
  type WatchOptions,
  WatchOverflowError,
} from '@clowder/ha'
export * from '@clowder/http'
export {
  EncryptInterceptor,
  type EncryptInterceptorOptions,
  EncryptionOptionError,
  type EncryptStats,
  KeyInUseError,
  KeyRemovedError,
  KeyringError,
  type KeySummary,
  TooManyKeysError,
  type Undecryptable,
  UndecryptableMessageError,
  UnknownKeyError,
} from '@clowder/node'
export {
  ChannelInterceptor,
  type ChannelMessage,
  type Clock,
  type Delivery,
  InterceptorTakenError,
  type Logger,
  type Member,
  type Network,
  type Random,
  TribesError,
} from '@clowder/tribes'
export type { Application } from './cluster/application.js'
export type { Cluster, ClusterInspection, ClusterState, MemberSummary } from './cluster/cluster.js'
export type { ClusterEvents } from './cluster/cluster-events.js'
export type { ClusterPorts } from './cluster/cluster-ports.js'
export type { ClusterSessions, EndAllOptions } from './cluster/cluster-sessions.js'
export { storeOf } from './cluster/store-of.js'
export { createCluster } from './create-cluster.js'
export * from './errors.js'
export type { AwaitedMember } from './keyring/awaited-members.js'
export type { ClusterKeyring, KeyRemoval, RemoveKeyOptions } from './keyring/cluster-keyring.js'
export type { LogRecord } from './log/cluster-logger.js'
export type { LogLevel } from './log/log-sink.js'
export { type CountedSession, Counter } from './merges/counter.js'
export { merges } from './merges/merges.js'
export type { ApplicationLogger, ClusterOptions } from './options/cluster-options.js'
export type { MountOptions } from './options/mount-options.js'
export { ValueCodec } from './value-codec.js'
