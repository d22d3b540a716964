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

const NEW_SESSIONS = 900

/** The last node that joins stays. */
export async function joinRuns(load: LineProcess, running: RunningSystem, times: number): Promise<JoinRun[]> {
  await load.ask(trialLoad(running.httpPorts, NEW_SESSIONS))
  await load.ask('close')
  const runs = [await joinRun(running)]
  while (runs.length < times) {
    await running.removeNode(running.nodes.at(-1)!)
    await running.joined(running.nodes.length)
    runs.push(await joinRun(running))
  }
  return runs
}

async function joinRun(running: RunningSystem): Promise<JoinRun> {
  const { sessions: expected } = await running.nodes[0]!.process.ask<{ sessions: number }>('sessions')
  const { ready } = await running.addNode()
  await running.joined(running.nodes.length)
  return { startMs: ready.startMs, sessions: ready.sessions, expected }
}
