import { defaultFaults, onlyKinds } from '../faults/fault-options.js'
import { aimedProfiles } from './aimed-profiles.js'
import { forgettingProfiles } from './forgetting-profiles.js'
import { MIXTURE } from './mixture.js'
import { defaultPlan, type PlanOptions } from './plan-options.js'
import { kindsOf, noFaults } from './profile-faults.js'

const linkFaults = ['partition', 'one-way', 'flap', 'clog', 'deaf', 'half-open', 'reset', 'interface-down'] as const

/** Each a difference from what is usual: what is stressed more, and what is left out so that it shows. */
export const profiles: Readonly<Record<string, Partial<PlanOptions>>> = {
  /** Everything, a little of each. Only these seeds have clusters that are set up in some unusual way. */
  general: { faults: { ...defaultFaults, circumstanceShare: 0.08 } },
  /** Nothing fails: what goes wrong here is no fault's doing. */
  calm: { faults: noFaults, lastWordsPerMinute: 0 },
  /** Clocks up to 5 s apart, 5 % loss, 5 % duplication, reordering: few answers may be stale, and none unflagged. */
  skewed: {
    lastWordsPerMinute: 0,
    faults: {
      ...noFaults,
      skewMsMax: 5000,
      driftMax: 0.01,
      datagramLossMax: 0.05,
      datagramDuplicationMax: 0.05,
      datagramReorderMax: 0.1,
      latencyMsMax: 5,
    },
  },
  /** Links fail, processes do not: no holder dies, so that no loss is legitimate. */
  partition: {
    nodes: { 2: 2, 3: 5, 4: 4, 5: 5 },
    lastWordsPerMinute: 0,
    faults: { ...onlyKinds(defaultFaults, linkFaults), kindShare: 0.6 },
  },
  /** Processes come and go all the time. */
  churn: {
    faults: {
      ...onlyKinds(defaultFaults, ['kill', 'power-off', 'stop', 'rolling-restart', 'pause', 'stall']),
      kindShare: 0.8,
    },
  },
  /** Idle limits so short that sessions expire, and certificates are collected, within the run. */
  expiry: { seconds: 70, idleSeconds: [3, 5, 8], requestsPerSecond: { min: 0.15, max: 1 } },
  /** Every schedule has somebody who is away for longer than ends are remembered, and sessions live for ever: what is gone must not come back with him (F08, F53). */
  forgetful: {
    nodes: { 2: 2, 3: 6, 4: 3, 5: 2 },
    faults: { ...defaultFaults, absences: { share: 1, idleSeconds: -1, replacedShare: 0.4 } },
  },
  /** Fewer copies than members: every session is on one to three of five to seven nodes. */
  copies: { nodes: { 4: 3, 5: 4, 6: 2, 7: 1 }, copies: { 1: 1, 2: 4, 3: 3 } },
  /** Copies move all the time, because those who hold them leave and come back in an orderly way: none may be lost on its way, and none left behind. */
  moving: {
    nodes: { 3: 3, 4: 4, 5: 3 },
    copies: { 1: 3, 2: 4 },
    clients: { min: 6, max: 16 },
    requestsPerSecond: { min: 0.2, max: 1.2 },
    idleSeconds: [8, 15, 1800],
    longLivedShare: 0.6,
    lastWordsPerMinute: 0,
    shortQueuesShare: 0.3,
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        stop: { perMinute: 8, forMs: { min: 500, max: 12_000 } },
        'rolling-restart': { perMinute: 2, forMs: { min: 8_000, max: 20_000 } },
        partition: { perMinute: 5, forMs: { min: 300, max: 6_000 }, share: 0.4 },
        clog: { perMinute: 8, forMs: { min: 200, max: 3_000 }, share: 0.4 },
      }),
    },
  },
  /** Machines are cloned: two processes have one incarnation until one of them takes another. */
  clones: {
    nodes: { 2: 1, 3: 3, 4: 2, 5: 2 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      ...kindsOf({
        kill: defaultFaults.kinds.kill,
        pause: defaultFaults.kinds.pause,
        clone: { perMinute: 6, forMs: { min: 1000, max: 1000 }, share: 1 },
        partition: { perMinute: 7, forMs: { min: 1000, max: 12_000 }, share: 0.8 },
      }),
      kindShare: 0.5,
    },
  },
  /** One process alone. */
  one: { nodes: { 1: 1 } },
  ...aimedProfiles,
  ...forgettingProfiles,
}

/** Throws for a name that is none. */
export function optionsOf(profile: string): PlanOptions {
  const difference = profiles[profile]
  if (!difference)
    throw new Error(`no such profile: ${profile}; there are ${[MIXTURE, ...Object.keys(profiles)].join(', ')}`)
  return { ...defaultPlan, ...difference }
}
