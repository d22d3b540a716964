import type { JoinBudgetOptions } from './join-budget.js'

/** What one may tune about the connections between members. Durations are in milliseconds, sizes in bytes. */
export interface TransportOptions extends JoinBudgetOptions {
  /** Members of another cluster are refused at the handshake. At most 64 bytes. */
  readonly clusterName: string
  /**
   * The longest frame that is sent or accepted. The same on all members; a peer that sends a longer one loses its connection.
   * @default 1_048_576
   */
  readonly maxFrameBytes: number

  /**
   * Tomcat's `timeout`: how long a member may take to acknowledge a message, and how long a dial may take. Checked every 250 ms (a tenth of it when that is less).
   * @default 3000
   */
  readonly timeoutMs: number
  /**
   * How often a message whose connection broke, or whose dial failed, is tried again on the next connection. 0: never.
   * @default 1
   */
  readonly maxRetryAttempts: number
  /**
   * How many members may be dialled at the same time. Tomcat opens this many connections to one member; here one connection per pair carries
   * everything, and the pool bounds the dials when many members appear at once.
   * @default 25
   */
  readonly poolSize: number
  /**
   * A connection older than this is put to rest when nothing waits on it, and dialled again on demand; no message is lost or doubled. -1: never.
   * @default -1
   */
  readonly keepAliveTimeMs: number
  /**
   * The same after this many messages sent. -1: never.
   * @default -1
   */
  readonly keepAliveCount: number
  /**
   * What may wait for one member (queued, or sent and not acknowledged), counting 256 bytes of bookkeeping a message. Above this the member is *behind*: messages to
   * it are refused until its queue is empty. The price is this much memory per member, at worst.
   * @default 16_777_216
   */
  readonly maxQueueBytes: number

  /**
   * While this much of one member's messages, counting 256 bytes of bookkeeping each, is with listeners whose promises are open, nothing more is read from it.
   * @default 67_108_864
   */
  readonly maxInFlightBytes: number
  /**
   * A connection whose handshake is not complete by then is closed.
   * @default 2000
   */
  readonly helloTimeoutMs: number
  /**
   * A frame that has begun must be complete by then.
   * @default 10_000
   */
  readonly partialFrameTimeoutMs: number
  /**
   * When a member dials although we hold a connection to it, ours must answer a PING within this time, or it is taken for half-open and closed.
   * @default 1000
   */
  readonly readTestTimeoutMs: number
  /**
   * Why members that say that they are at this host are refused; undefined: they are not.
   * @default every host is accepted
   */
  readonly hostRefusal: (host: string) => string | undefined
}

export const DEFAULT_TRANSPORT_OPTIONS: Omit<TransportOptions, 'clusterName'> = {
  maxFrameBytes: 1_048_576,
  timeoutMs: 3000,
  maxRetryAttempts: 1,
  poolSize: 25,
  keepAliveTimeMs: -1,
  keepAliveCount: -1,
  maxQueueBytes: 16_777_216,
  maxInFlightBytes: 67_108_864,
  helloTimeoutMs: 2000,
  partialFrameTimeoutMs: 10_000,
  readTestTimeoutMs: 1000,
  maxJoinsPerSecond: 4,
  hostRefusal: () => undefined,
}

/** The rhythm of the one timer behind all timeouts. */
export function sweepIntervalMs(timeoutMs: number): number {
  return Math.max(1, Math.min(250, Math.floor(timeoutMs / 10)))
}
