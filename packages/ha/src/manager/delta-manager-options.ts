import type { AttributeSchema } from '../session/attribute-schema.js'
import type { MergeFunction } from '../session/merge-function.js'
import type { AcknowledgementLevel } from './manager.js'

/** Names, meanings and defaults are Tomcat's where it has the option. */
export interface DeltaManagerOptions {
  /** Sessions of managers with different names never meet. @default 'default' */
  readonly name: string
  /** Seconds without a request after which a session expires; ≤ 0: never. @default 1800 */
  readonly maxInactiveInterval: number
  /**
   * How many members hold each session. With fewer than there are members, a member that does not hold a session asks one that does (see
   * docs/design/0006-fewer-copies-than-members.md). @default Infinity
   */
  readonly copies: number
  /** Sessions created on this node that may be alive at a time; -1: no limit. Replicas do not count. @default -1 */
  readonly maxActiveSessions: number
  /**
   * Seconds for which the end of a session, the removal of an attribute and the name of a writer that is gone are remembered by a record of their own; at least
   * twice `maxInactiveInterval`. What comes back later than that is recognized all the same (docs/design/0004). @default 3600
   */
  readonly retention: number
  /** Ended sessions that are remembered at a time; beyond it the oldest are forgotten before their time. @default 1000000 */
  readonly maxDeathCertificates: number
  /** True: stopping this node ends all sessions of the cluster. @default false */
  readonly expireSessionsOnShutdown: boolean
  /** True: who listens to attributes also hears, with `local: false`, of what other nodes' applications did. @default true */
  readonly notifyListenersOnReplication: boolean
  /** The same of those who listen to the beginning, the end and the id of sessions. @default true */
  readonly notifySessionListenersOnReplication: boolean
  /** Seconds that `start` waits for the cluster's sessions; -1: as long as it takes; 0: not at all. @default 60 */
  readonly stateTransferTimeout: number
  /** Only attributes whose name matches are replicated; the others stay on this node. */
  readonly sessionAttributeNameFilter?: RegExp
  /** Only attributes whose value's type name matches are replicated, e.g. `/^(string|number|Object|Array)$/`. */
  readonly sessionAttributeValueTypeFilter?: RegExp
  /** True: a warning is logged, once for each name, when an attribute stays here for one of these. @default false */
  readonly warnOnSessionAttributeFilterFailure: boolean
  /**
   * By attribute: how two values that were written without knowledge of each other become one. The same on every member. Without one, the later write stays and
   * a `conflict` event tells of the other.
   */
  readonly merges?: Readonly<Record<string, MergeFunction>>
  /** By attribute: which version of it this application knows, and how it becomes one of another. */
  readonly schemas?: Readonly<Record<string, AttributeSchema>>
  /** How much must hold a change before the response leaves. @default 'backup' */
  readonly acknowledge: AcknowledgementLevel
  /** Milliseconds after which a response leaves although its change is not held by as many as asked (counted as degraded). @default 50 */
  readonly acknowledgeTimeout: number
  /** Milliseconds that a request waits for a session this node lacks or has an older copy of. @default 50 */
  readonly pullTimeout: number
  /** Milliseconds for which a lock is given; renewed while its request runs. The same on every member. @default 3000 */
  readonly lockLease: number
  /** Bytes of all encoded attributes of a session. @default 262144 */
  readonly maxSessionBytes: number
  /** Bytes of one encoded attribute; -1: as many as the session may have. @default -1 */
  readonly maxAttributeBytes: number
  /** Bytes of a session beyond which a warning is logged, once each time it grows past them; -1: never. @default -1 */
  readonly warnSessionBytes: number
  /** @default 1000 */
  readonly maxAttributes: number
}

export const deltaManagerDefaults: DeltaManagerOptions = {
  name: 'default',
  maxInactiveInterval: 1800,
  copies: Number.POSITIVE_INFINITY,
  maxActiveSessions: -1,
  retention: 3600,
  maxDeathCertificates: 1_000_000,
  expireSessionsOnShutdown: false,
  notifyListenersOnReplication: true,
  notifySessionListenersOnReplication: true,
  stateTransferTimeout: 60,
  warnOnSessionAttributeFilterFailure: false,
  acknowledge: 'backup',
  acknowledgeTimeout: 50,
  pullTimeout: 50,
  lockLease: 3000,
  maxSessionBytes: 262_144,
  maxAttributeBytes: -1,
  warnSessionBytes: -1,
  maxAttributes: 1_000,
}
