import { setTimeout as delay } from 'node:timers/promises'
import type { LineProcess } from '../process/line-process.js'
import { monotonicUs } from '../process/monotonic.js'
import { until } from '../process/until.js'
import { ClusterProcesses } from './cluster-processes.js'

/** `killed`: the process ends without a word, and the system closes its connections. `silent`: it stands still, and its connections stay. */
export type Death = 'killed' | 'silent'

const SIGNALS: Record<Death, NodeJS.Signals> = { killed: 'SIGKILL', silent: 'SIGSTOP' }
const SURVIVORS = 2
/** So that deaths come at any moment of the heartbeat's period. */
const HEARTBEAT_MS = 500

/** After how many ms each of two survivors, in turn, tells that the third member is gone. */
export async function detectionTimes(death: Death, isSecured: boolean, times: number): Promise<number[]> {
  const cluster = new ClusterProcesses(isSecured)
  try {
    const survivors = await cluster.start(SURVIVORS)
    const tookMs: number[] = []
    for (let n = 0; n < times; n++) {
      const [victim] = await cluster.start(1)
      await delay(((n + 0.5) / times) * HEARTBEAT_MS)
      tookMs.push(...(await detected(death, victim!, survivors)))
      cluster.forget(victim!)
    }
    return tookMs
  } finally {
    await cluster.stop()
  }
}

async function detected(death: Death, victim: LineProcess, survivors: readonly LineProcess[]): Promise<number[]> {
  const atUs = monotonicUs()
  victim.kill(SIGNALS[death])
  const tookMs = survivors.map(async survivor => ((await goneAfterUs(survivor, atUs)) - atUs) / 1000)
  const all = await Promise.all(tookMs)
  victim.kill('SIGKILL')
  await victim.stop()
  return all
}

async function goneAfterUs(survivor: LineProcess, sinceUs: number): Promise<number> {
  let foundUs: number | undefined
  await until(survivor, async () => {
    const { atUs } = await survivor.ask<{ atUs: readonly number[] }>('gone')
    foundUs = atUs.find(us => us >= sinceUs)
    return foundUs !== undefined
  })
  return foundUs!
}
