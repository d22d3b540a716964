import type { LineProcess } from '../../process/line-process.js'
import type { LoadFigures } from '../load-plan.js'
import type { RunningSystem } from '../running-system.js'
import { trialLoad } from './trial-load.js'

/** A node that gets SIGKILL as soon as the last of its clients has its answer; then each asks another node. */
export interface KilledNode {
  readonly sessions: number
  /** The other node answered with another counter. */
  readonly missing: number
  /** It did not answer, or with an error. */
  readonly failed: number
}

const SESSIONS = 1000

export async function killedNode(load: LineProcess, running: RunningSystem): Promise<KilledNode> {
  const [first, second] = running.nodes
  await load.ask(trialLoad([first!.ready.port], SESSIONS))
  process.kill(first!.process.pid, 'SIGKILL')
  await running.removeNode(first!)
  await load.ask(`move ${JSON.stringify([second!.ready.port])}`)
  const { wrong, failed } = await load.ask<LoadFigures>('each read')
  await load.ask('close')
  await running.joined(running.nodes.length)
  return { sessions: SESSIONS, missing: wrong, failed }
}
