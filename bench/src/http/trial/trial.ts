import type { LineProcess } from '../../process/line-process.js'
import type { Progress } from '../../process/progress.js'
import type { HttpEffort } from '../http-effort.js'
import { RunningSystem, type SystemTools } from '../running-system.js'
import type { HttpSystem } from '../system.js'
import { systemTitle } from '../system.js'
import { warmUp } from '../warm-up.js'
import { type HungPeer, hungPeer } from './hung-peer.js'
import { type JoinRun, joinRuns } from './join-run.js'
import { type KilledNode, killedNode } from './killed-node.js'
import { type WireRun, wireRuns } from './wire-run.js'

/** What is done once to a cluster rather than measured per request. */
export interface Trial {
  readonly system: HttpSystem
  /** Empty where there is no `ss`. */
  readonly wire: readonly WireRun[]
  readonly joins: readonly JoinRun[]
  readonly killed: KilledNode
  readonly hung: HungPeer
}

export interface TrialTools extends SystemTools {
  readonly load: LineProcess
  readonly progress: Progress
  readonly effort: HttpEffort
}

/** Two nodes, whom a third joins a few times (a Tomcat takes its time, so less often); another one, when the first is to be killed, so that there are two again of which one stands still. */
export async function runTrial(system: HttpSystem, tools: TrialTools): Promise<Trial> {
  const { load, progress, effort } = tools
  const tell = (stage: string) => progress.tell(`http, trials: ${stage}`, systemTitle(system))
  tell('starting')
  const running = await RunningSystem.start(system, tools)
  try {
    tell('a node joins')
    const joins = await joinRuns(load, running, system.framework === 'Tomcat' ? effort.rounds - 1 : effort.rounds + 2)
    tell('warming up')
    await warmUp(load, { running, nginx: undefined, nginxPorts: [] }, effort)
    tell('bytes on the wire')
    const wire = await wireRuns(load, running)
    await running.addNode()
    await running.joined(running.nodes.length)
    tell('a node is killed')
    const killed = await killedNode(load, running)
    tell('a peer hangs')
    return { system, wire, joins, killed, hung: await hungPeer(load, running) }
  } finally {
    await running.stop()
  }
}
