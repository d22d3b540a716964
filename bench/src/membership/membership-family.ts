import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type Death, detectionTimes } from './detection.js'
import { type IdleCost, type IdleTimes, idleCost } from './idle-cost.js'

export interface MembershipOptions {
  readonly sizes: readonly number[]
  readonly idle: IdleTimes
  /** How often a member dies, in each way. */
  readonly deaths: Readonly<Record<Death, number>>
}

export interface IdleRow extends IdleCost {
  readonly nodes: number
  readonly isSecured: boolean
}

export interface DeathRow {
  readonly death: Death
  readonly isSecured: boolean
  /** Of each survivor, each time. */
  readonly tookMs: readonly number[]
}

export interface MembershipResults {
  readonly idle: readonly IdleRow[]
  readonly deaths: readonly DeathRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
}

const KINDS = [true, false]
/** Members that stand still are waited for for seconds, at no cost: several clusters at once. */
const AT_ONCE: Record<Death, number> = { killed: 1, silent: 4 }

/** What it costs to belong to a cluster that has nothing to do, and how soon a member that is gone is out of it. */
export async function runMembership(
  { sizes, idle: idleTimes, deaths }: MembershipOptions,
  progress: Progress,
): Promise<MembershipResults> {
  const otherLoad: number[] = []
  const idle: IdleRow[] = []
  for (const nodes of sizes) {
    otherLoad.push(await OtherLoad.atRest())
    progress.tell(`membership: an idle cluster of ${nodes}`)
    for (const isSecured of KINDS) idle.push({ nodes, isSecured, ...(await idleCost(nodes, isSecured, idleTimes)) })
  }
  const rows: DeathRow[] = []
  for (const death of ['killed', 'silent'] as const) {
    progress.tell(`membership: a member is ${death}`)
    for (const isSecured of KINDS) {
      const each = Math.ceil(deaths[death] / AT_ONCE[death])
      const clusters = Array.from({ length: AT_ONCE[death] }, () => detectionTimes(death, isSecured, each))
      rows.push({ death, isSecured, tookMs: (await Promise.all(clusters)).flat() })
    }
  }
  return { idle, deaths: rows, otherLoad }
}
