import type { DeltaManagerOptions } from '@clowder/ha'
import type { ErrandKind } from '../clients/errand.js'
import type { Range } from '../faults/dice.js'
import { defaultFaults, type FaultOptions } from '../faults/fault-options.js'

/** What plans are drawn from. A profile is a difference from the default. */
export interface PlanOptions {
  readonly seconds: number
  /** How many nodes, and how likely each number is. */
  readonly nodes: Readonly<Record<number, number>>
  readonly clients: Range
  readonly requestsPerSecond: Range
  readonly mix: Readonly<Record<ErrandKind, number>>
  readonly faults: FaultOptions
  /** How often each acknowledgement level is drawn. */
  readonly acknowledge: Readonly<Record<DeltaManagerOptions['acknowledge'], number>>
  /** Share of seeds that refuse stale answers. */
  readonly refuseShare: number
  /** Idle limits to draw from, seconds. */
  readonly idleSeconds: readonly number[]
  /** How many members hold a session, and how likely each number is; 0: all of them. */
  readonly copies: Readonly<Record<number, number>>
  /** How long what is gone is remembered, to draw from, seconds. */
  readonly retentionSeconds: readonly number[]
  /** Share of seeds whose nodes remember only a few ended sessions. */
  readonly shortMemoryShare: number
  /** How many they remember. */
  readonly certificates: Range
  /** Share of seeds in which hardly any session is ended: what goes wrong with long ones is not covered up by their end. */
  readonly longLivedShare: number
  /** Share of seeds in which every queue is short and values are large, so that a receiver that does not read fills it. */
  readonly shortQueuesShare: number
  /** How often a second browser is given a cookie, per request, to draw from. */
  readonly sharedCookies: readonly number[]
  /** Shares of pages that commit twice, to draw from. */
  readonly saveShares: readonly number[]
  /** Shares of the pages that write which lock their session, to draw from. */
  readonly lockShares: readonly number[]
  /** Of the seeds with such pages, the share in which nobody asks for the lock: the valve knows which routes write, or finds out late. */
  readonly learnedLocksShare: number
  /** Shares of pages whose answers begin before they write, to draw from. */
  readonly headShares: readonly number[]
  /** Shares of pages whose clients go away before they are answered, to draw from. */
  readonly leaveShares: readonly number[]
  /** Pages that are asked of a node just before it wakes, to draw from. */
  readonly wakeCalls: readonly number[]
  /** Bytes of a short queue. */
  readonly queueBytes: Range
  /** Bytes that a value takes where queues are short. */
  readonly paddingBytes: Range
  /** Writers that are killed in the midst of what they say, a minute. */
  readonly lastWordsPerMinute: number
  /** Share of seeds whose applications have an attribute with a merge function. */
  readonly mergesShare: number
  /** Members compare their tables only while they begin: nothing makes up for what is not said when it happens. */
  readonly isUncompared: boolean
  /** Options that every manager of this profile has. */
  readonly manager: Partial<DeltaManagerOptions>
}

export const defaultPlan: PlanOptions = {
  seconds: 60,
  nodes: { 1: 2, 2: 10, 3: 30, 4: 20, 5: 28, 6: 4, 7: 3, 8: 2, 9: 1 },
  clients: { min: 4, max: 16 },
  requestsPerSecond: { min: 0.5, max: 2 },
  mix: { touch: 8, read: 35, write: 43, take: 5, logout: 3, rename: 3, regenerate: 3, remove: 3 },
  faults: defaultFaults,
  acknowledge: { backup: 7, all: 2, async: 1 },
  refuseShare: 0.2,
  idleSeconds: [1800, 1800, 1800, 1800, 1800, 8],
  copies: { 0: 8, 1: 0.4, 2: 0.9, 3: 0.7 },
  retentionSeconds: [3600, 3600, 3600, 3600, 6, 12],
  shortMemoryShare: 0.03,
  certificates: { min: 3, max: 20 },
  longLivedShare: 0.4,
  shortQueuesShare: 0.05,
  sharedCookies: [0, 0, 0.1],
  saveShares: [0],
  lockShares: [0],
  learnedLocksShare: 0,
  headShares: [0, 0, 0, 0.2],
  leaveShares: [0, 0, 0, 0, 0, 0.03],
  wakeCalls: [0, 1, 3],
  // A queue holds at least one chunk of an exchange.
  queueBytes: { min: 300_000, max: 600_000 },
  paddingBytes: { min: 2_000, max: 20_000 },
  lastWordsPerMinute: 0.5,
  mergesShare: 0.3,
  isUncompared: false,
  manager: {},
}
