import { defaultFaults, type FaultOptions, onlyKinds } from '../faults/fault-options.js'
import { defaultPlan, type PlanOptions } from './plan-options.js'

const noFaults: FaultOptions = {
  ...onlyKinds(defaultFaults, []),
  skewMsMax: 0,
  farAheadShare: 0,
  driftMax: 0,
  datagramLossMax: 0,
  datagramDuplicationMax: 0,
  datagramReorderMax: 0,
  latencyMsMax: 1,
}

const linkFaults = ['partition', 'one-way', 'flap', 'clog', 'deaf', 'half-open', 'reset', 'interface-down'] as const

/** Each a difference from the default: what is stressed more than usual, and what is left out so that it shows. */
export const profiles: Readonly<Record<string, Partial<PlanOptions>>> = {
  default: {},
  /** Nothing fails: what goes wrong here is no fault's doing. */
  calm: { faults: noFaults },
  /** Clocks up to 5 s apart, 5 % loss, 5 % duplication, reordering: few answers may be stale, and none unflagged. */
  skewed: {
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
  partition: { nodes: { 2: 2, 3: 5, 4: 4, 5: 5 }, faults: { ...onlyKinds(defaultFaults, linkFaults), kindShare: 0.6 } },
  /** Processes come and go all the time. */
  churn: {
    faults: {
      ...onlyKinds(defaultFaults, ['kill', 'power-off', 'stop', 'rolling-restart', 'pause', 'stall']),
      kindShare: 0.8,
    },
  },
  /** Idle limits so short that sessions expire, and certificates are collected, within the run. */
  expiry: { seconds: 90, idleSeconds: [3, 5, 8], requestsPerSecond: { min: 0.15, max: 1 } },
  /** What is gone is remembered for so short that nodes come back from cuts and pauses after the others have forgotten it (F08, F53). */
  'long-cut': {
    seconds: 100,
    nodes: { 2: 3, 3: 6, 4: 3, 5: 2 },
    retentionSeconds: [4, 6, 10],
    shortMemoryShare: 0.15,
    mix: { touch: 8, read: 30, write: 40, take: 8, logout: 7, rename: 5, regenerate: 2 },
    faults: {
      ...onlyKinds(defaultFaults, ['partition', 'one-way', 'pause', 'kill', 'clog', 'interface-down']),
      kindShare: 0.6,
      longerBy: 3,
    },
  },
  /** Every schedule has somebody who is away for longer than ends are remembered, and sessions live for ever: what is gone must not come back with him (F08, F53). */
  forgetful: {
    nodes: { 2: 2, 3: 6, 4: 3, 5: 2 },
    faults: { ...defaultFaults, absences: { share: 1, idleSeconds: -1 } },
  },
  /** Fewer copies than members: every session is on one to three of five to seven nodes. */
  copies: { nodes: { 4: 3, 5: 4, 6: 2, 7: 1 }, copies: { 1: 1, 2: 4, 3: 3 } },
  /** Machines are cloned: two processes have one incarnation until one of them takes another. */
  clones: {
    nodes: { 2: 1, 3: 3, 4: 2, 5: 2 },
    faults: {
      ...onlyKinds(defaultFaults, ['partition', 'kill', 'pause']),
      kinds: { ...defaultFaults.kinds, clone: { perMinute: 4, forMs: { min: 1000, max: 1000 } } },
      kindShare: 0.5,
    },
  },
  /** Sessions that live long while processes are replaced all the time: their vectors name more writers than anybody needs. */
  folding: {
    seconds: 120,
    nodes: { 3: 1, 4: 2, 5: 1 },
    clients: { min: 2, max: 5 },
    retentionSeconds: [2, 4],
    mix: { touch: 4, read: 30, write: 60, take: 2, logout: 0.3, rename: 0.3, regenerate: 0.3 },
    faults: {
      ...onlyKinds(defaultFaults, []),
      kinds: {
        ...onlyKinds(defaultFaults, ['partition', 'pause']).kinds,
        kill: { perMinute: 20, forMs: { min: 50, max: 1000 } },
        'rolling-restart': { perMinute: 12, forMs: { min: 2000, max: 8000 } },
      },
      killTwoShare: 0,
      killAllShare: 0,
    },
  },
  /** One process alone. */
  one: { nodes: { 1: 1 } },
}

/** Throws for a name that is none. */
export function optionsOf(profile: string): PlanOptions {
  const difference = profiles[profile]
  if (!difference) throw new Error(`no such profile: ${profile}; there are ${Object.keys(profiles).join(', ')}`)
  return { ...defaultPlan, ...difference }
}
