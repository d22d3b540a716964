import type { Dice } from './dice.js'
import type { DirectedLink, PlannedFault } from './planned-fault.js'

/** A cluster that forgets what is gone after a few seconds, and a machine that is away for longer. */
export interface Absence {
  /** Seconds for which an end is remembered. */
  readonly retention: number
  readonly faults: readonly PlannedFault[]
}

export interface AbsenceOptions {
  /** How long sessions live idle, seconds; -1: for ever. Ends are remembered for twice as long at least. */
  readonly idleSeconds: number
  /** Share of absences in which all others are replaced meanwhile, one after the other, when they have forgotten what ended. */
  readonly replacedShare: number
}

const FIRST_MS = 5_000
/** From one replacement to the next: a process must have the table before it can leave it to others, ms. */
const EACH_MS = 2_600
/** Certificates are looked at once a second, and asked for everywhere before they go, ms. */
const FORGOTTEN_MS = 2_500

/** F08, F53. `nodes`: at least two. */
export function drawAbsence(
  dice: Dice,
  nodes: readonly string[],
  { idleSeconds, replacedShare }: AbsenceOptions,
  untilMs: number,
): Absence {
  const retention = Math.max(dice.whole(5, 8), 2 * idleSeconds)
  const awayMs = 1_000 * retention + dice.whole(4_000, 9_000)
  const isReplaced = replacedShare > 0 && nodes.length > 2 && dice.chance(replacedShare)
  const wantedMs = isReplaced ? awayMs + EACH_MS * nodes.length : awayMs
  const atMs = dice.whole(Math.min(FIRST_MS, untilMs), Math.max(FIRST_MS, untilMs - wantedMs))
  const lasting = { atMs, forMs: Math.max(0, Math.min(wantedMs, untilMs - atMs)) }
  const [away, ...others] = dice.sample(nodes, nodes.length)
  if (isReplaced) {
    const replacedMs = 1_000 * retention + FORGOTTEN_MS
    const replaced = {
      atMs: atMs + Math.min(replacedMs, lasting.forMs),
      forMs: Math.max(0, lasting.forMs - replacedMs),
    }
    return {
      retention,
      faults: [
        { ...lasting, kind: 'pause', nodes: [away!] },
        { ...replaced, kind: 'rolling-restart', nodes: others, eachMs: EACH_MS },
      ],
    }
  }
  if (dice.chance(0.5)) return { retention, faults: [{ ...lasting, kind: 'pause', nodes: [away!] }] }
  const links = others.flatMap((other): DirectedLink[] => [
    [away!, other],
    [other, away!],
  ])
  return { retention, faults: [{ ...lasting, kind: 'partition', shape: 'isolate', links }] }
}
