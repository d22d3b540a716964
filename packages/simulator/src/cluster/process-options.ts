import type { DeltaManagerOptions } from '@clowder/ha'
import type { ReplicationValveOptions } from '@clowder/http'
import type { TransportOptions } from '@clowder/tribes'

/** What every process of one simulated cluster is started with. */
export interface ProcessOptions {
  readonly manager: Partial<DeltaManagerOptions>
  readonly transport: Partial<TransportOptions>
  readonly membership: { readonly frequency?: number; readonly dropTime?: number }
  readonly whenStale: NonNullable<ReplicationValveOptions['whenStale']>
  /** Milliseconds for which a starting process looks for members. */
  readonly discoveryTimeMs: number
  /** True: TAGS has a merge function. */
  readonly hasMerges: boolean
  /** Bytes that every value takes besides its number. */
  readonly paddingBytes: number
}

export const CLUSTER_NAME = 'clowder'
export const COOKIE_NAME = 'sid'
export const COOKIE_SECRET = 'of no use outside a simulation'
