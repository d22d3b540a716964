import { setTimeout as delay } from 'node:timers/promises'
import type { LineProcess } from '../../process/line-process.js'
import type { LoadFigures } from '../load-plan.js'
import type { RunningNode, RunningSystem } from '../running-system.js'
import { trialLoad } from './trial-load.js'

/** One of two nodes stands still (SIGSTOP), while the other has clients that change their sessions. */
export interface HungPeer {
  readonly p99BeforeUs: number
  /** Of the first requests, which find out. */
  readonly p99FirstUs: number
  /** Of all that come then. */
  readonly p99MeanwhileUs: number
  readonly requestsMeanwhile: number
  /** Until the other has it no longer among its members; absent: not while it was watched. */
  readonly goneAfterMs?: number
}

const CLIENTS = 16
/** The peer may have joined just now, and be cold. */
const RUN_IN_SECONDS = 1.5
const FIRST_SECONDS = 0.25
const MEANWHILE_SECONDS = 4
const WATCH_MS = 10_000
const ASK_EVERY_MS = 20

export async function hungPeer(load: LineProcess, running: RunningSystem): Promise<HungPeer> {
  const [alive, hung] = running.nodes as [RunningNode, RunningNode]
  await load.ask(trialLoad([alive.ready.port], CLIENTS))
  await load.ask(`go ${RUN_IN_SECONDS}`)
  const before = await load.ask<LoadFigures>('go 1')
  process.kill(hung.process.pid, 'SIGSTOP')
  const gone = goneAfterMs(alive)
  const first = await load.ask<LoadFigures>(`go ${FIRST_SECONDS}`)
  const meanwhile = await load.ask<LoadFigures>(`go ${MEANWHILE_SECONDS}`)
  const goneMs = await gone
  process.kill(hung.process.pid, 'SIGCONT')
  await load.ask('close')
  return {
    p99BeforeUs: before.p99Us,
    p99FirstUs: first.p99Us,
    p99MeanwhileUs: meanwhile.p99Us,
    requestsMeanwhile: meanwhile.requests,
    ...(goneMs !== undefined && { goneAfterMs: goneMs }),
  }
}

async function goneAfterMs(alive: RunningNode): Promise<number | undefined> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < WATCH_MS) {
    if ((await alive.process.ask<{ members: number }>('members')).members === 0) return performance.now() - startedAt
    await delay(ASK_EVERY_MS)
  }
  return undefined
}
