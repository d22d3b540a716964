import type { Codec } from '../ports/codec.js'
import type { MergeFunction } from './merge-function.js'

/** What a session object needs from whoever made it. */
export interface SessionOrigin {
  readonly codec: Codec
  newSessionId(): string
  /** Epoch milliseconds, now. */
  wallTime(): number
  /** Epoch milliseconds of a monotonic time of this node. */
  wallTimeOf(monotonicMs: number): number
  readonly maxInactiveIntervalSeconds: number
  /** How two values of this attribute, written without knowledge of each other, become one; undefined: one of them stays. */
  mergeOf(name: string): MergeFunction | undefined
  /** False: the attribute stays on this node (sessionAttributeNameFilter, sessionAttributeValueTypeFilter). */
  isReplicated(name: string, value: unknown): boolean
}
