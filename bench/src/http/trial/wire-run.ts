import { setTimeout as delay } from 'node:timers/promises'
import type { LineProcess } from '../../process/line-process.js'
import { tcpTraffic, trafficSince } from '../../process/tcp-traffic.js'
import { CROWD, type Work } from '../http-case.js'
import type { LoadFigures } from '../load-plan.js'
import type { RunningSystem } from '../running-system.js'
import { trialLoad } from './trial-load.js'

/** What one request makes the members send each other, acknowledgements and encryption included. */
export interface WireRun {
  readonly work: Work
  readonly clients: number
  /** Of what the request stored. */
  readonly payloadBytes: number
  readonly bytesPerRequest: number
  readonly packetsPerRequest: number
}

const SECONDS = 0.8
const SETTLE_MS = 300
const PAYLOAD_BYTES: Partial<Record<Work, number>> = { new: 1024, write: 200 }

export async function wireRuns(load: LineProcess, running: RunningSystem): Promise<WireRun[]> {
  const runs: WireRun[] = []
  for (const work of ['new', 'write'] as const) {
    for (const clients of [1, CROWD]) {
      const run = await wireRun(load, running, work, clients)
      if (run) runs.push(run)
    }
  }
  return runs
}

async function wireRun(
  load: LineProcess,
  running: RunningSystem,
  work: Work,
  clients: number,
): Promise<WireRun | undefined> {
  const ports = running.nodes.map(node => node.ready.clusterPort)
  await load.ask(trialLoad(running.httpPorts.slice(0, 1), clients, work))
  await delay(SETTLE_MS)
  const before = tcpTraffic(ports)
  const { requests } = await load.ask<LoadFigures>(`go ${SECONDS}`)
  await delay(SETTLE_MS)
  const after = tcpTraffic(ports)
  await load.ask('close')
  if (!before || !after) return undefined
  const { bytes, packets } = trafficSince(after, before)
  return {
    work,
    clients,
    payloadBytes: PAYLOAD_BYTES[work]!,
    bytesPerRequest: bytes / requests,
    packetsPerRequest: packets / requests,
  }
}
