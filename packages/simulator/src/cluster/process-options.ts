import type { DeltaManagerOptions } from '@clowder/ha'
import type { ReplicationValveOptions } from '@clowder/http'
import type { NioReceiverOptions, TransportOptions } from '@clowder/tribes'
import type { MoodMerge } from '../faults/circumstances.js'

/** What every process of one simulated cluster is started with; what is optional are one plan's circumstances. */
export interface ProcessOptions {
  readonly manager: Partial<DeltaManagerOptions>
  readonly transport: Partial<TransportOptions>
  readonly membership: { readonly frequency?: number; readonly dropTime?: number }
  readonly whenStale: NonNullable<ReplicationValveOptions['whenStale']>
  /** Requests that write have their session to themselves without asking for it. */
  readonly lock?: ReplicationValveOptions['lock']
  /** Milliseconds for which a starting process looks for members. */
  readonly discoveryTimeMs: number
  /** True: TAGS has a merge function. */
  readonly hasMerges: boolean
  /** Bytes that every value takes besides its number. */
  readonly paddingBytes: number
  /** @default CLUSTER_NAME */
  readonly clusterName?: string
  /** A list of members, besides multicast. */
  readonly members?: readonly string[]
  readonly resolveIntervalMs?: number
  readonly receiver?: Partial<NioReceiverOptions>
  readonly domain?: string
  readonly payload?: Uint8Array
  readonly mood?: MoodMerge
  /** Members compare their tables only while they begin. */
  readonly isUncompared?: boolean
}

/** Of the pages that are not expected to write; of those that are. */
export const READING_PATH = '/look'
export const WRITING_PATH = '/write'
export const CLUSTER_NAME = 'clowder'
export const COOKIE_NAME = 'sid'
export const COOKIE_SECRET = 'of no use outside a simulation'

/** All defaults. */
export const plainProcess: ProcessOptions = {
  manager: {},
  transport: {},
  membership: {},
  whenStale: 'serve',
  discoveryTimeMs: 100,
  hasMerges: false,
  paddingBytes: 0,
}
