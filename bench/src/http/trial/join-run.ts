import type { LineProcess } from '../../process/line-process.js'
import type { RunningSystem } from '../running-system.js'
import { trialLoad } from './trial-load.js'

/** A node that starts where others hold sessions. */
export interface JoinRun {
  /** Clowder: until `createCluster` resolved; Tomcat: until its start returned, web application included. */
  readonly startMs: number
  /** At that moment. */
  readonly sessions: number
  /** What the others held. */
  readonly expected: number
}

const SESSIONS = 900
/** For the others, which are warm when somebody joins. */
const WARM_SECONDS = 1.5

/** Of a system that has no sessions yet; whoever joins is stopped again. */
export async function joinRuns(load: LineProcess, running: RunningSystem, times: number): Promise<JoinRun[]> {
  await load.ask(trialLoad(running.httpPorts, SESSIONS))
  await load.ask(`go ${WARM_SECONDS}`)
  await load.ask('close')
  const runs: JoinRun[] = []
  while (runs.length < times) runs.push(await joinRun(running))
  return runs
}

async function joinRun(running: RunningSystem): Promise<JoinRun> {
  const { sessions: expected } = await running.nodes[0]!.process.ask<{ sessions: number }>('sessions')
  const joiner = await running.addNode()
  await running.joined(running.nodes.length)
  await running.removeNode(joiner)
  await running.joined(running.nodes.length)
  return { startMs: joiner.ready.startMs, sessions: joiner.ready.sessions, expected }
}
