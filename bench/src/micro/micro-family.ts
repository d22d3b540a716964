import { createCluster } from 'clowder'
import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import type { Operation } from './operation.js'
import { referenceLoop } from './reference-loop.js'
import { requestOperations } from './request-operations.js'
import { stateOperations } from './state-operations.js'

export interface MicroOptions {
  readonly rounds: number
  readonly msPerRun: number
}

export interface MicroRow {
  readonly title: string
  /** Of CPU time, round by round. */
  readonly nanoseconds: readonly number[]
  /** The same in loops of the reference, taken just before. */
  readonly loops: readonly number[]
}

export interface MicroResults {
  readonly rows: readonly MicroRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
}

const SECRET = 'a secret for measuring, long enough'
const WARM_UP_RUNS = 2
const WARM_UP_MS = 300
const AT_A_TIME = 200

/** Nanoseconds of CPU time per operation, alone in a process that does nothing else. */
export async function runMicro({ rounds, msPerRun }: MicroOptions, progress: Progress): Promise<MicroResults> {
  const cluster = await createCluster({ distributable: false, secret: SECRET, logger: false })
  try {
    const operations = [...stateOperations(), ...requestOperations(cluster)]
    const rows = operations.map(operation => ({ operation, nanoseconds: [] as number[], loops: [] as number[] }))
    const reference: Operation = { title: 'reference', run: referenceLoop }
    for (let n = 0; n < WARM_UP_RUNS; n++) for (const { operation } of rows) await nanosecondsOf(operation, WARM_UP_MS)
    const otherLoad: number[] = []
    for (let round = 1; round <= rounds; round++) {
      const others = new OtherLoad([])
      for (const { operation, nanoseconds, loops } of rows) {
        progress.tell(`micro: round ${round} of ${rounds}`, operation.title)
        const loop = await nanosecondsOf(reference, msPerRun / 2)
        const took = await nanosecondsOf(operation, msPerRun)
        nanoseconds.push(took)
        loops.push(took / loop)
      }
      otherLoad.push(others.shareSince())
    }
    return { rows: rows.map(({ operation: { title }, ...figures }) => ({ title, ...figures })), otherLoad }
  } finally {
    await cluster.stop()
  }
}

async function nanosecondsOf({ title, run }: Operation, ms: number): Promise<number> {
  const deadline = performance.now() + ms
  const before = process.cpuUsage()
  let times = 0
  let seen: unknown
  do {
    for (let i = 0; i < AT_A_TIME; i++) seen = run()
    times += AT_A_TIME
    // What an answer leaves for later is done here, and counts.
    await new Promise(setImmediate)
  } while (performance.now() < deadline)
  const { user, system } = process.cpuUsage(before)
  if (seen === undefined) throw new Error(`'${title}' gave nothing`)
  return ((user + system) * 1000) / times
}
