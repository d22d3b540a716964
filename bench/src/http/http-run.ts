import { setTimeout as delay } from 'node:timers/promises'
import { CpuTime } from '../process/cpu-time.js'
import type { LineProcess } from '../process/line-process.js'
import type { LoadFigures, LoadPlan } from './load-generator.js'
import type { RunningSystem } from './running-system.js'
import type { Arrangement, Doubts, Work } from './system.js'

export interface HttpCase {
  readonly arrangement: Arrangement
  readonly work: Work
}

export interface HttpRun extends LoadFigures, Doubts {
  readonly perSecond: number
  /** All nodes, and Redis where there is one. Not the load generator. */
  readonly cpuUsPerRequest: number
  /** In the order of `RunningSystem.pids`. */
  readonly cpuUsPerRequestOf: readonly number[]
}

const CLIENTS = 64
/** What asynchronous replication still has to do after the last answer. */
const SETTLE_MS = 30

export async function httpRun(
  load: LineProcess,
  system: RunningSystem,
  { arrangement, work }: HttpCase,
  seconds: number,
): Promise<HttpRun> {
  const plan: LoadPlan = {
    ports: system.httpPorts,
    clients: CLIENTS,
    arrangement,
    work,
    isChecked: system.session !== 'none',
  }
  await load.ask(`prepare ${JSON.stringify(plan)}`)
  await delay(SETTLE_MS)
  const doubtsBefore = await doubtsOf(system)
  const cpu = new CpuTime(system.pids)
  const figures = await load.ask<LoadFigures>(`go ${seconds}`)
  await delay(SETTLE_MS)
  const cpuUsPerRequestOf = cpu.secondsSince().map(cpuSeconds => (cpuSeconds * 1e6) / figures.requests)
  await load.ask('close')
  const doubtsAfter = await doubtsOf(system)
  return {
    ...figures,
    degraded: doubtsAfter.degraded - doubtsBefore.degraded,
    stale: doubtsAfter.stale - doubtsBefore.stale,
    perSecond: figures.requests / figures.seconds,
    cpuUsPerRequest: cpuUsPerRequestOf.reduce((sum, us) => sum + us, 0),
    cpuUsPerRequestOf,
  }
}

async function doubtsOf({ nodes }: RunningSystem): Promise<Doubts> {
  const all = await Promise.all(nodes.map(node => node.ask<Doubts>('doubts')))
  return all.reduce((a, b) => ({ degraded: a.degraded + b.degraded, stale: a.stale + b.stale }))
}
