import { CpuTime } from '../process/cpu-time.js'
import { type LineProcess, nodeScript } from '../process/line-process.js'
import { ports } from '../process/ports.js'
import { until } from '../process/until.js'
import type { Churn } from '../state/member-sessions.js'

/** Where a write happens. */
export interface WriteSetting {
  readonly nodes: number
  readonly sessions: number
  /** Of each session; one of them is written. */
  readonly attributes: number
}

export interface WriteCost {
  /** Of all members, for each write. */
  readonly cpuUs: number
  readonly perSecond: number
}

const READY_TIMEOUT_MS = 120_000
const BYTES = 200
/** What is compiled, and copies that are written for the first time, do not count. For each member, because they share the processor. */
const WARM_UP_SECONDS = 1

/** What one write of a text of 200 bytes costs all members of such a cluster, when one of them writes as fast as the others acknowledge: once for each round. */
export async function writeCosts(
  { nodes, sessions, attributes }: WriteSetting,
  rounds: number,
  seconds: number,
): Promise<WriteCost[]> {
  const { multicast } = ports()
  const members: LineProcess[] = Array.from({ length: nodes }, () =>
    nodeScript('state/state-node.js', [`${multicast}`, 'unwatched']),
  )
  try {
    await Promise.all(members.map(member => member.ready(READY_TIMEOUT_MS)))
    const [writer] = members as [LineProcess]
    for (const member of members) {
      await until(member, async () => (await member.ask<{ members: number }>('members')).members === nodes - 1)
    }
    await writer.ask(`fill ${sessions} ${BYTES} 0 ${attributes}`)
    for (const member of members) {
      await until(member, async () => (await member.ask<{ sessions: number }>('sessions')).sessions === sessions)
    }
    await writer.ask(`rewrite ${nodes * WARM_UP_SECONDS} ${sessions} ${BYTES}`)
    const costs: WriteCost[] = []
    for (let round = 0; round < rounds; round++) {
      const cpu = new CpuTime(members.map(({ pid }) => pid))
      const { writes, seconds: took } = await writer.ask<Churn>(`rewrite ${seconds} ${sessions} ${BYTES}`)
      const worked = cpu.secondsSince().reduce((sum, one) => sum + one, 0)
      costs.push({ cpuUs: (worked * 1e6) / writes, perSecond: writes / took })
    }
    return costs
  } finally {
    await Promise.all(members.map(member => member.stop()))
  }
}
