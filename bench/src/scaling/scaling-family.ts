import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type WriteCost, type WriteSetting, writeCosts } from './write-cost.js'

/** What grows, the rest being as in `USUAL`. */
export type Growing = 'nodes' | 'sessions' | 'attributes'

export interface ScalingOptions {
  readonly rounds: number
  readonly seconds: number
  readonly steps: Readonly<Record<Growing, readonly number[]>>
}

export interface ScalingRow extends WriteSetting {
  readonly growing: Growing
  readonly runs: readonly WriteCost[]
}

export interface ScalingResults {
  readonly rows: readonly ScalingRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
}

const USUAL: WriteSetting = { nodes: 2, sessions: 1_000, attributes: 1 }
/** Sessions of 1,000 attributes are large. */
const FEW_SESSIONS = 100

/** How the cost of a write grows with the cluster, with what it holds, and with the session. */
export async function runScaling(
  { rounds, seconds, steps }: ScalingOptions,
  progress: Progress,
): Promise<ScalingResults> {
  const rows: ScalingRow[] = []
  const otherLoad: number[] = []
  for (const growing of ['nodes', 'sessions', 'attributes'] as const) {
    otherLoad.push(await OtherLoad.atRest())
    for (const step of steps[growing]) {
      progress.tell(`scaling: ${growing}`, `${step}`)
      const setting = { ...USUAL, ...(growing === 'attributes' && { sessions: FEW_SESSIONS }), [growing]: step }
      rows.push({ growing, ...setting, runs: await writeCosts(setting, rounds, seconds) })
    }
  }
  return { rows, otherLoad }
}
