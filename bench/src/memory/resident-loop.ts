import { setTimeout as delay } from 'node:timers/promises'
import { type LineProcess, nodeScript } from '../process/line-process.js'
import type { LoopFigures } from '../process/loop-watch.js'
import type { MemoryUse } from '../process/memory-use.js'
import { ports } from '../process/ports.js'
import { until } from '../process/until.js'
import type { Churn } from '../state/member-sessions.js'

/** Two members hold so many sessions: what that does to their event loops, at rest and while one of them writes. */
export interface ResidentRun {
  readonly sessions: number
  readonly bytes: number
  /** A process with nothing in it, at rest meanwhile: what the machine and the measuring itself do. */
  readonly idle: LoopFigures
  readonly resting: { readonly writer: LoopFigures; readonly replica: LoopFigures }
  readonly paced: { readonly writer: LoopFigures; readonly replica: LoopFigures; readonly churn: Churn }
  readonly churning: { readonly writer: LoopFigures; readonly replica: LoopFigures; readonly churn: Churn }
  /** Of the replica, before all churn and after it. */
  readonly before: MemoryUse
  readonly after: MemoryUse
}

/** The same without a cluster: express-session's MemoryStore. */
export interface StoreRun {
  readonly sessions: number
  readonly bytes: number
  readonly churning: { readonly loop: LoopFigures; readonly churn: Churn }
}

export interface ResidentOptions {
  readonly sessions: number
  readonly bytes: number
  readonly restSeconds: number
  readonly churnSeconds: number
}

/** What a busy application writes, changed sessions a second. */
export const PACED_PER_SECOND = 1_000
const READY_TIMEOUT_MS = 60_000
/** What was new has been packed, and what the churn made has expired: 2 s of idleness, its grace, and a look at the whole table. */
const SETTLE_MS = 15_000
const WITH_GC = ['--expose-gc']

export async function residentRun({
  sessions,
  bytes,
  restSeconds,
  churnSeconds,
}: ResidentOptions): Promise<ResidentRun> {
  const { multicast } = ports()
  const start = () => nodeScript('state/state-node.js', [`${multicast}`], WITH_GC)
  const [writer, replica, idler] = [start(), start(), nodeScript('memory/memory-store-node.js', [], WITH_GC)]
  const all = [writer, replica, idler]
  try {
    await Promise.all(all.map(process => process.ready(READY_TIMEOUT_MS)))
    await until(writer, async () => (await writer.ask<{ members: number }>('members')).members === 1)
    await writer.ask(`fill ${sessions} ${bytes}`)
    await holds(replica, sessions)
    await delay(SETTLE_MS)
    const before = await settled(replica)
    await settled(writer)
    const looped = async () => {
      const [inWriter, inReplica, idle] = await Promise.all(all.map(process => process.ask<LoopFigures>('looped')))
      return { writer: inWriter!, replica: inReplica!, idle: idle! }
    }
    await looped()
    await delay(restSeconds * 1000)
    const { idle, ...resting } = await looped()
    const paced = await churned(writer, `churn ${churnSeconds} ${sessions} ${bytes} ${PACED_PER_SECOND}`, looped)
    const churning = await churned(writer, `churn ${churnSeconds} ${sessions} ${bytes}`, looped)
    await delay(SETTLE_MS)
    const after = await settled(replica)
    return { sessions, bytes, idle, resting, paced, churning, before, after }
  } finally {
    await Promise.all(all.map(process => process.stop()))
  }
}

async function churned<Figures extends { writer: LoopFigures; replica: LoopFigures }>(
  writer: LineProcess,
  command: string,
  looped: () => Promise<Figures>,
) {
  const churn = await writer.ask<Churn>(command)
  const { writer: inWriter, replica } = await looped()
  return { writer: inWriter, replica, churn }
}

export async function storeRun({ sessions, bytes, churnSeconds }: ResidentOptions): Promise<StoreRun> {
  const store = nodeScript('memory/memory-store-node.js', [], WITH_GC)
  try {
    await store.ready(READY_TIMEOUT_MS)
    await store.ask(`fill ${sessions} ${bytes}`)
    await settled(store)
    await store.ask('looped')
    const churn = await store.ask<Churn>(`churn ${churnSeconds} ${sessions} ${bytes}`)
    return { sessions, bytes, churning: { loop: await store.ask<LoopFigures>('looped'), churn } }
  } finally {
    await store.stop()
  }
}

function settled(of: LineProcess): Promise<MemoryUse> {
  return of.ask<MemoryUse>('memory')
}

function holds(of: LineProcess, count: number): Promise<void> {
  return until(of, async () => (await of.ask<{ sessions: number }>('sessions')).sessions >= count)
}
