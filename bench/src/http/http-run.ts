import { setTimeout as delay } from 'node:timers/promises'
import { CpuTime } from '../process/cpu-time.js'
import type { LineProcess } from '../process/line-process.js'
import type { HttpCase } from './http-case.js'
import type { LoadFigures, LoadPlan } from './load-plan.js'
import type { NginxProcess } from './nginx-process.js'
import type { RunningSystem } from './running-system.js'
import { type Doubts, isChecked, isLocal } from './system.js'

export interface HttpRun extends LoadFigures, Doubts {
  readonly perSecond: number
  /** All nodes, and the store where there is one. */
  readonly cpuUsPerRequest: number
  /** In the order of `RunningSystem.pids`. */
  readonly cpuUsPerRequestOf: readonly number[]
  readonly nginxUsPerRequest: number
  readonly loadUsPerRequest: number
}

/** A system where it can be loaded. */
export interface HttpTarget {
  readonly running: RunningSystem
  readonly nginx: NginxProcess | undefined
  /** By which nginx leads to it. */
  readonly nginxPorts: readonly number[]
}

export interface HttpPace {
  readonly seconds: number
  readonly perSecond?: number | undefined
}

/** Between connecting and what is measured, so that neither new sessions nor new connections are. */
const RUN_IN_SECONDS = 0.08
/** What asynchronous replication still has to do after the last answer. */
const SETTLE_MS = 30

export async function httpRun(load: LineProcess, target: HttpTarget, one: HttpCase, pace: HttpPace): Promise<HttpRun> {
  const { running, nginx } = target
  await load.ask(`prepare ${JSON.stringify(loadPlan(target, one, pace))}`)
  await load.ask(`go ${RUN_IN_SECONDS}`)
  await delay(SETTLE_MS)
  const doubtsBefore = await doubtsOf(running)
  const nginxPids = one.arrangement === 'nginx' && nginx ? nginx.pids : []
  const [own, passing, loading] = [running.pids, nginxPids, [load.pid]].map(pids => new CpuTime(pids))
  const figures = await load.ask<LoadFigures>(`go ${pace.seconds}`)
  await delay(SETTLE_MS)
  const usOf = (cpu: CpuTime) => cpu.secondsSince().map(seconds => (seconds * 1e6) / figures.requests)
  const cpuUsPerRequestOf = usOf(own!)
  await load.ask('close')
  const doubtsAfter = await doubtsOf(running)
  return {
    ...figures,
    degraded: doubtsAfter.degraded - doubtsBefore.degraded,
    stale: doubtsAfter.stale - doubtsBefore.stale,
    perSecond: figures.requests / figures.seconds,
    cpuUsPerRequest: sum(cpuUsPerRequestOf),
    cpuUsPerRequestOf,
    nginxUsPerRequest: sum(usOf(passing!)),
    loadUsPerRequest: sum(usOf(loading!)),
  }
}

export function loadPlan(
  { running, nginxPorts }: HttpTarget,
  { arrangement, work, clients }: HttpCase,
  { perSecond }: HttpPace,
): LoadPlan {
  const { httpPorts, system } = running
  return {
    ports: arrangement === 'nginx' ? nginxPorts : arrangement === 'one' ? httpPorts.slice(0, 1) : httpPorts,
    clients,
    isSticky: isLocal(system),
    work,
    isChecked: isChecked(system, work),
    ...(perSecond !== undefined && { perSecond }),
  }
}

async function doubtsOf({ nodes }: RunningSystem): Promise<Doubts> {
  const all = await Promise.all(nodes.map(node => node.process.ask<Doubts>('doubts')))
  return all.reduce((a, b) => ({ degraded: a.degraded + b.degraded, stale: a.stale + b.stale }))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
