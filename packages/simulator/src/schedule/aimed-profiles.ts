import { defaultFaults, onlyKinds } from '../faults/fault-options.js'
import type { PlanOptions } from './plan-options.js'
import { kindsOf, noFaults } from './profile-faults.js'

/** Profiles that lead where one kind of mistake would show: to what a schedule of anything and everything hardly ever comes to. */
export const aimedProfiles: Readonly<Record<string, Partial<PlanOptions>>> = {
  /** Processes come and go in an orderly way, with seldom used sessions in their care: nothing may be lost, and nobody is missing. */
  restarts: {
    nodes: { 2: 4, 3: 5, 4: 3, 5: 1 },
    clients: { min: 6, max: 16 },
    requestsPerSecond: { min: 0.1, max: 0.8 },
    idleSeconds: [3, 10, 20, 30],
    retentionSeconds: [3600],
    longLivedShare: 0.5,
    lastWordsPerMinute: 0,
    faults: {
      ...noFaults,
      ...kindsOf({
        stop: { perMinute: 6, forMs: { min: 20, max: 4_000 } },
        'rolling-restart': { perMinute: 4, forMs: { min: 3_000, max: 12_000 } },
      }),
      kindShare: 0.7,
      latencyMsMax: 5,
    },
  },
  /** Heartbeats are lost and processes stand still for moments: nobody may be excluded for either (F07, F09, F20, F21). */
  datagrams: {
    nodes: { 2: 2, 3: 5, 4: 3, 5: 3 },
    clients: { min: 2, max: 8 },
    lastWordsPerMinute: 0,
    faults: {
      ...noFaults,
      ...kindsOf({
        deaf: { perMinute: 6, forMs: { min: 1_000, max: 15_000 } },
        'send-error': { perMinute: 3, forMs: { min: 200, max: 8_000 } },
        stall: { perMinute: 14, forMs: { min: 200, max: 2_400 } },
        pause: { perMinute: 10, forMs: { min: 200, max: 1_850 } },
      }),
      kindShare: 0.7,
      latencyMsMax: 40,
      datagramLossMax: 0.3,
      datagramDuplicationMax: 0.5,
      datagramReorderMax: 0.3,
    },
  },
  /** Two windows with one cookie: what one of them writes the other one reads, and it must not read less afterwards, wherever it asks. */
  windows: {
    nodes: { 3: 5, 4: 3 },
    clients: { min: 3, max: 8 },
    requestsPerSecond: { min: 1, max: 2.5 },
    sharedCookies: [0.1, 0.3],
    saveShares: [0, 0.4],
    mix: { touch: 4, read: 60, write: 30, take: 1, remove: 2, logout: 1, rename: 1, regenerate: 1 },
    longLivedShare: 0,
    lastWordsPerMinute: 0,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        partition: { perMinute: 10, forMs: { min: 500, max: 6_000 } },
        'one-way': { perMinute: 6, forMs: { min: 300, max: 4_000 } },
      }),
    },
  },
  /** Two windows with one cookie, and pages that have the session to themselves, while processes come and go and stand still. Nothing comes between those that run: each side of a cut would lock for itself. */
  locks: {
    nodes: { 2: 1, 3: 4, 4: 3 },
    clients: { min: 3, max: 6 },
    requestsPerSecond: { min: 1, max: 2.5 },
    sharedCookies: [0.1, 0.3],
    lockShares: [0.7, 1],
    learnedLocksShare: 0.4,
    mix: { touch: 2, read: 15, write: 75, take: 2, remove: 2, logout: 1, rename: 1, regenerate: 1 },
    copies: { 0: 8, 2: 1 },
    lastWordsPerMinute: 0,
    faults: {
      ...onlyKinds(defaultFaults, ['kill', 'stop', 'rolling-restart', 'pause', 'stall']),
      kindShare: 0.7,
      farAheadShare: 0,
    },
  },
  /** Processes are away until the others have excluded them, and are asked for sessions that have ended meanwhile when they wake. */
  waking: {
    nodes: { 2: 2, 3: 3, 4: 4, 5: 1 },
    mix: { touch: 4, read: 25, write: 30, take: 4, remove: 2, logout: 10, rename: 6, regenerate: 6 },
    wakeCalls: [1, 8],
    longLivedShare: 0,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        pause: { perMinute: 10, forMs: { min: 1_000, max: 15_000 } },
        stall: { perMinute: 6, forMs: { min: 1_000, max: 8_000 } },
      }),
      pauseTwoShare: 0.4,
    },
  },
  /** Sessions begin, end and change their ids all the time, at two places at once, while messages overtake each other. */
  races: {
    nodes: { 3: 5, 4: 4, 5: 2 },
    requestsPerSecond: { min: 0.7, max: 2 },
    mix: { touch: 12, read: 20, write: 30, take: 4, remove: 12, logout: 8, rename: 7, regenerate: 7 },
    longLivedShare: 0.2,
    lastWordsPerMinute: 1,
    faults: {
      ...defaultFaults,
      ...kindsOf({
        'bad-network': { perMinute: 12, forMs: { min: 1_000, max: 10_000 } },
        clog: { perMinute: 15, forMs: { min: 100, max: 3_000 } },
        'one-way': { perMinute: 6, forMs: { min: 50, max: 2_500 } },
      }),
    },
  },
  /** Writers die in the midst of what they say, while some of the others hear it late: what is missing then is with nobody. */
  writers: {
    nodes: { 3: 5, 4: 3, 5: 2 },
    longLivedShare: 0.8,
    lastWordsPerMinute: 14,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        'bad-network': { perMinute: 10, forMs: { min: 1_000, max: 10_000 } },
        clog: { perMinute: 20, forMs: { min: 200, max: 4_000 } },
        'one-way': { perMinute: 8, forMs: { min: 100, max: 4_000 } },
      }),
    },
  },
  /** Short queues and large values, with receivers that do not read: what does not fit is refused, and made up for later. */
  queues: {
    nodes: { 2: 2, 3: 5, 4: 2 },
    clients: { min: 4, max: 10 },
    requestsPerSecond: { min: 1, max: 3 },
    shortQueuesShare: 1,
    queueBytes: { min: 300_000, max: 400_000 },
    paddingBytes: { min: 8_000, max: 40_000 },
    // What a member believes that it has had tells when hardly any end is remembered otherwise.
    shortMemoryShare: 0.4,
    longLivedShare: 0.5,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        clog: { perMinute: 10, forMs: { min: 1_000, max: 12_000 } },
        'slow-receiver': { perMinute: 8, forMs: { min: 1_000, max: 12_000 } },
        'bad-network': { perMinute: 5, forMs: { min: 2_000, max: 10_000 } },
        kill: { perMinute: 3, forMs: { min: 50, max: 2_000 } },
      }),
    },
  },
  /** Sessions that are looked at now and then, on one side of cuts that are shorter than their limit, and brought along by whoever joins. */
  readers: {
    seconds: 80,
    nodes: { 2: 3, 3: 5, 4: 2 },
    clients: { min: 8, max: 20 },
    requestsPerSecond: { min: 0.06, max: 0.3 },
    idleSeconds: [12, 16, 20],
    mix: { touch: 25, read: 60, write: 12, take: 1, remove: 1, logout: 0.5, rename: 0.5, regenerate: 0.5 },
    longLivedShare: 0,
    lastWordsPerMinute: 0,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        partition: { perMinute: 4, forMs: { min: 6_000, max: 16_000 } },
        'rolling-restart': { perMinute: 1.5, forMs: { min: 3_000, max: 10_000 } },
        stop: { perMinute: 2, forMs: { min: 50, max: 3_000 } },
      }),
      kindShare: 0.6,
    },
  },
  /** Everything arrives, though late, and nothing is ever compared: what is not said when it happens is missing in the end. */
  uncompared: {
    nodes: { 2: 1, 3: 4, 4: 3, 5: 2 },
    requestsPerSecond: { min: 0.7, max: 2 },
    mix: { touch: 8, read: 30, write: 40, take: 5, remove: 5, logout: 5, rename: 4, regenerate: 4 },
    idleSeconds: [1800],
    retentionSeconds: [3600],
    shortMemoryShare: 0,
    shortQueuesShare: 0,
    sharedCookies: [0, 0.1, 0.3],
    saveShares: [0, 0.3],
    lastWordsPerMinute: 0,
    isUncompared: true,
    faults: {
      ...noFaults,
      ...kindsOf({
        clog: { perMinute: 15, forMs: { min: 100, max: 3_000 } },
      }),
      kindShare: 0.7,
      skewMsMax: 5_000,
      latencyMsMax: 40,
    },
  },
  /** Another cluster on the same group and port, somebody who writes nonsense, programs on our ports: none of it may matter. */
  strangers: {
    nodes: { 2: 4, 3: 4, 4: 1 },
    clients: { min: 2, max: 6 },
    lastWordsPerMinute: 0,
    faults: {
      ...noFaults,
      ...kindsOf({
        'other-cluster': { perMinute: 5, forMs: { min: 2_000, max: 10_000 } },
        outsider: { perMinute: 6, forMs: { min: 2_000, max: 10_000 } },
        'port-taken': { perMinute: 3, forMs: { min: 500, max: 5_000 } },
        stop: { perMinute: 4, forMs: { min: 20, max: 4_000 } },
      }),
      kindShare: 0.8,
    },
  },
}
