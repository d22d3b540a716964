import type { Dice } from './dice.js'
import type { DirectedLink, PlannedFault } from './planned-fault.js'

/** A cluster that forgets what is gone after a few seconds, and a machine that is away for longer. */
export interface Absence {
  /** Seconds for which an end is remembered. */
  readonly retention: number
  readonly fault: PlannedFault
}

const FIRST_MS = 5_000

/** F08, F53. `nodes`: at least two. `idleSeconds`: ends are remembered for twice as long at least. */
export function drawAbsence(dice: Dice, nodes: readonly string[], idleSeconds: number, untilMs: number): Absence {
  const retention = Math.max(dice.whole(5, 8), 2 * idleSeconds)
  const wantedMs = 1_000 * retention + dice.whole(4_000, 9_000)
  const atMs = dice.whole(Math.min(FIRST_MS, untilMs), Math.max(FIRST_MS, untilMs - wantedMs))
  const lasting = { atMs, forMs: Math.max(0, Math.min(wantedMs, untilMs - atMs)) }
  const [away, ...others] = dice.sample(nodes, nodes.length)
  if (dice.chance(0.5)) return { retention, fault: { ...lasting, kind: 'pause', nodes: [away!] } }
  const links = others.flatMap((other): DirectedLink[] => [
    [away!, other],
    [other, away!],
  ])
  return { retention, fault: { ...lasting, kind: 'partition', shape: 'isolate', links } }
}
