import { defaultFaults, onlyKinds } from '../faults/fault-options.js'
import type { PlanOptions } from './plan-options.js'
import { kindsOf } from './profile-faults.js'

const { kinds: usual } = defaultFaults

/** Profiles in which what is gone is forgotten soon, while somebody is away, or hears late of what is new. */
export const forgettingProfiles: Readonly<Record<string, Partial<PlanOptions>>> = {
  /** What is gone is remembered for so short that nodes come back from cuts and pauses after the others have forgotten it (F08, F53). */
  'long-cut': {
    seconds: 100,
    nodes: { 2: 4, 3: 6, 4: 1 },
    clients: { min: 3, max: 7 },
    requestsPerSecond: { min: 0.7, max: 1.5 },
    // A session that never expires is remembered for the retention alone.
    idleSeconds: [-1, 3, 4],
    retentionSeconds: [3, 5],
    shortMemoryShare: 0.1,
    mix: { touch: 8, read: 30, write: 40, take: 8, remove: 6, logout: 9, rename: 5, regenerate: 4 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        partition: { perMinute: 4, forMs: { min: 6_000, max: 35_000 } },
        pause: { perMinute: 2, forMs: { min: 6_000, max: 35_000 } },
        'one-way': { perMinute: 1, forMs: { min: 6_000, max: 30_000 } },
        'interface-down': { perMinute: 2, forMs: { min: 6_000, max: 30_000 } },
        'rolling-restart': { perMinute: 3, forMs: { min: 2_000, max: 8_000 } },
        kill: { perMinute: 3, forMs: { min: 50, max: 8_000 } },
      }),
      kindShare: 0.7,
    },
  },
  /** Hardly any end is remembered by a certificate, while sessions begin and end all the time and not everybody hears everybody. */
  memory: {
    nodes: { 3: 4, 4: 4, 5: 1 },
    requestsPerSecond: { min: 0.5, max: 1.5 },
    idleSeconds: [1800],
    retentionSeconds: [3600],
    shortMemoryShare: 1,
    certificates: { min: 5, max: 12 },
    // Tables are so large that comparing them takes a while.
    shortQueuesShare: 0.5,
    queueBytes: { min: 600_000, max: 2_000_000 },
    paddingBytes: { min: 4_000, max: 20_000 },
    longLivedShare: 0.2,
    mix: { touch: 5, read: 20, write: 30, take: 2, remove: 2, logout: 12, rename: 8, regenerate: 12 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        partition: { perMinute: 6, forMs: { min: 1_000, max: 20_000 } },
        'one-way': { perMinute: 3, forMs: { min: 500, max: 10_000 } },
        pause: { perMinute: 2, forMs: { min: 3_000, max: 15_000 } },
        'bad-network': { perMinute: 4, forMs: { min: 2_000, max: 15_000 } },
        kill: { perMinute: 4, forMs: { min: 50, max: 3_000 } },
      }),
      kindShare: 0.8,
      latencyMsMax: 40,
    },
  },
  /**
   * One end after the other is forgotten at once, while the latest sessions come late to some: what is on its way is not to be taken for what has been.
   */
  overtaken: {
    nodes: { 3: 5, 4: 2 },
    clients: { min: 10, max: 18 },
    requestsPerSecond: { min: 0.8, max: 2 },
    idleSeconds: [1800],
    retentionSeconds: [3600],
    shortMemoryShare: 1,
    certificates: { min: 1, max: 2 },
    shortQueuesShare: 0.7,
    queueBytes: { min: 2_000_000, max: 4_000_000 },
    paddingBytes: { min: 2_000, max: 20_000 },
    longLivedShare: 0,
    lastWordsPerMinute: 0,
    mix: { touch: 5, read: 20, write: 30, take: 2, remove: 2, logout: 14, rename: 6, regenerate: 14 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        clog: { perMinute: 20, forMs: { min: 800, max: 4_000 } },
        'one-way': { perMinute: 8, forMs: { min: 300, max: 3_000 } },
        'bad-network': { perMinute: 6, forMs: { min: 5_000, max: 20_000 } },
        partition: { perMinute: 4, forMs: { min: 1_000, max: 12_000 } },
      }),
      latencyMsMax: 80,
    },
  },
  /** Sessions that are in use on one side of a cut for longer than they may be idle, while ends are forgotten on the other. */
  apart: {
    seconds: 90,
    nodes: { 2: 4, 3: 4 },
    clients: { min: 6, max: 14 },
    requestsPerSecond: { min: 0.6, max: 1.2 },
    idleSeconds: [4, 5, 6],
    retentionSeconds: [3600],
    shortMemoryShare: 1,
    certificates: { min: 2, max: 5 },
    longLivedShare: 0.3,
    lastWordsPerMinute: 0,
    mix: { touch: 8, read: 40, write: 40, take: 2, remove: 2, logout: 4, rename: 2, regenerate: 3 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({ partition: { perMinute: 2, forMs: { min: 15_000, max: 35_000 } } }),
    },
  },
  /** Sessions that live long while processes are replaced all the time: their vectors name more writers than anybody needs. */
  folding: {
    seconds: 120,
    nodes: { 3: 1, 4: 2, 5: 1 },
    clients: { min: 2, max: 5 },
    idleSeconds: [-1],
    retentionSeconds: [2, 4],
    longLivedShare: 0,
    mix: { touch: 4, read: 30, write: 60, take: 2, remove: 2, logout: 0.3, rename: 0.3, regenerate: 0.3 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        partition: usual.partition,
        pause: usual.pause,
        kill: { perMinute: 20, forMs: { min: 50, max: 1000 } },
        'rolling-restart': { perMinute: 12, forMs: { min: 2000, max: 8000 } },
      }),
      killTwoShare: 0,
      killAllShare: 0,
    },
  },
}
