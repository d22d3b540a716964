import { setTimeout as delay } from 'node:timers/promises'
import type { LineProcess } from '../process/line-process.js'
import { ClusterProcesses } from './cluster-processes.js'

/** What each member of a cluster that has nothing to do costs. */
export interface IdleCost {
  /** Of one core, 0 to 1; one figure for each member. */
  readonly cores: readonly number[]
  /** Handed to the network, a second; the same. */
  readonly bytesPerSecond: readonly number[]
}

interface Used {
  readonly cpuSeconds: number
  readonly sentBytes: number
  readonly atMs: number
}

export interface IdleTimes {
  /**
   * Before it is looked. Those who have just met have much to say, code that has just been loaded is compiled, and after some forty seconds V8 throws away what
   * starting has left behind: once, for 45 ms.
   */
  readonly settleSeconds: number
  readonly seconds: number
}

export async function idleCost(
  nodes: number,
  isSecured: boolean,
  { settleSeconds, seconds }: IdleTimes,
): Promise<IdleCost> {
  const cluster = new ClusterProcesses(isSecured)
  try {
    await cluster.start(nodes)
    await delay(settleSeconds * 1000)
    const before = await usedBy(cluster.members)
    await delay(seconds * 1000)
    const after = await usedBy(cluster.members)
    const rate = (of: (used: Used) => number) =>
      after.map((used, i) => ((of(used) - of(before[i]!)) * 1000) / (used.atMs - before[i]!.atMs))
    return { cores: rate(used => used.cpuSeconds), bytesPerSecond: rate(used => used.sentBytes) }
  } finally {
    await cluster.stop()
  }
}

function usedBy(members: readonly LineProcess[]): Promise<Used[]> {
  return Promise.all(members.map(member => member.ask<Used>('used')))
}
