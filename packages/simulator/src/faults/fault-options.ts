import type { Range } from './dice.js'
import type { AbsenceOptions } from './draw-absence.js'
import type { FaultKind } from './planned-fault.js'

/** How often a fault comes and how long it lasts. */
interface FaultStrength {
  /** How many of them a minute, on average; 0: never. */
  readonly perMinute: number
  /** Short ones are as likely as long ones, by magnitude, ms. */
  readonly forMs: Range
  /** Share of seeds that have it. @default `kindShare` */
  readonly share?: number
}

/** Everything that can go wrong, and how strongly. A seed draws a subset of the kinds, and of each strength a part. */
export interface FaultOptions {
  readonly kinds: Readonly<Record<FaultKind, FaultStrength>>
  /** Share of the kinds above that a seed has. */
  readonly kindShare: number
  /** Share of seeds with each of the circumstances that a cluster may be set up in. */
  readonly circumstanceShare: number
  /** Share of seeds in which somebody is away for longer than ends are remembered, and what else is so there (F08, F53). */
  readonly absences: AbsenceOptions & { readonly share: number }
  /** How many times as long as their strengths say all faults last. */
  readonly longerBy: number
  /** Chance that a kill takes two at once, and all at once. */
  readonly killTwoShare: number
  readonly killAllShare: number
  /** Chance that a pause takes two at once, as when the machine of both is suspended. */
  readonly pauseTwoShare: number
  /** How wrong each machine's time of day is at most, either way, ms. */
  readonly skewMsMax: number
  /** Chance that one machine's time is ten years ahead (F15). */
  readonly farAheadShare: number
  /** How fast or slow a machine's crystal runs at most: 0.01 is one per cent. */
  readonly driftMax: number
  /** What the clocks jump by at most, either way, ms. */
  readonly jumpMsMax: number
  /** What the network is like all the time; a seed draws up to these. */
  readonly datagramLossMax: number
  readonly datagramDuplicationMax: number
  readonly datagramReorderMax: number
  readonly latencyMsMax: number
  /** Share of reads that bring a part of what has arrived. */
  readonly splitReadsMax: number
}

const SECOND_MS = 1000
const MINUTE_MS = 60_000

function every(seconds: number, min: number, max: number): FaultStrength {
  return { perMinute: 60 / seconds, forMs: { min, max } }
}

/** What costs much to run, or what only few schedules should have. */
function seldom(share: number, strength: FaultStrength): FaultStrength {
  return { ...strength, share }
}

/** Strong enough that most schedules see every kind of trouble at work, weak enough that the cluster is whole now and then. */
export const defaultFaults: FaultOptions = {
  kinds: {
    kill: every(12, 50, 8 * SECOND_MS),
    'power-off': every(30, 200, 10 * SECOND_MS),
    stop: every(20, 50, 5 * SECOND_MS),
    'rolling-restart': every(40, 5 * SECOND_MS, 15 * SECOND_MS),
    pause: every(12, 100, 12 * SECOND_MS),
    stall: every(8, 50, 6 * SECOND_MS),
    partition: every(9, 100, 15 * SECOND_MS),
    'one-way': every(12, 100, 10 * SECOND_MS),
    flap: every(25, SECOND_MS, 8 * SECOND_MS),
    clog: every(20, 200, 5 * SECOND_MS),
    deaf: every(15, 500, 15 * SECOND_MS),
    'half-open': every(20, SECOND_MS, SECOND_MS),
    reset: every(12, 200, 5 * SECOND_MS),
    'slow-receiver': every(20, 200, 8 * SECOND_MS),
    'send-error': every(15, 200, 8 * SECOND_MS),
    'interface-down': every(25, 200, 8 * SECOND_MS),
    'no-descriptors': every(30, 200, 5 * SECOND_MS),
    clone: every(30, SECOND_MS, SECOND_MS),
    'clock-jump': every(15, SECOND_MS, 20 * SECOND_MS),
    'bad-network': every(15, 500, 10 * SECOND_MS),
    'app-throws': seldom(0.1, every(15, SECOND_MS, 10 * SECOND_MS)),
    'port-taken': seldom(0.08, every(20, 500, 5 * SECOND_MS)),
    'other-cluster': seldom(0.06, every(18, 2 * SECOND_MS, 8 * SECOND_MS)),
    outsider: seldom(0.08, every(20, 2 * SECOND_MS, 8 * SECOND_MS)),
    probe: seldom(0.2, every(8, SECOND_MS, SECOND_MS)),
    'new-address': seldom(0.08, every(20, 200, 5 * SECOND_MS)),
  },
  kindShare: 0.35,
  circumstanceShare: 0.04,
  absences: { share: 0.03, idleSeconds: 4, replacedShare: 0 },
  longerBy: 1,
  killTwoShare: 0.2,
  killAllShare: 0.04,
  pauseTwoShare: 0,
  skewMsMax: 5 * SECOND_MS,
  farAheadShare: 0.05,
  driftMax: 0.01,
  jumpMsMax: 60 * MINUTE_MS,
  datagramLossMax: 0.3,
  datagramDuplicationMax: 0.5,
  datagramReorderMax: 0.1,
  latencyMsMax: 20,
  splitReadsMax: 0.3,
}

/** The same, with only these kinds and no circumstances; `kindShare` is 1 then. */
export function onlyKinds(options: FaultOptions, kept: readonly FaultKind[]): FaultOptions {
  const kinds = Object.entries(options.kinds) as [FaultKind, FaultStrength][]
  const changed = kinds.map(([kind, strength]) => [
    kind,
    kept.includes(kind) ? strength : { ...strength, perMinute: 0 },
  ])
  return {
    ...options,
    kindShare: 1,
    circumstanceShare: 0,
    absences: { ...options.absences, share: 0 },
    kinds: Object.fromEntries(changed) as Record<FaultKind, FaultStrength>,
  }
}
