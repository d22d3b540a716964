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

/** With two nodes; then a third joins, the first is killed, and the last one stands still. */
export async function runTrial(system: HttpSystem, tools: TrialTools): Promise<Trial> {
  const { load, progress, effort } = tools
  const tell = (stage: string) => progress.tell(`http, ${stage}`, systemTitle(system))
  tell('trials: starting')
  const running = await RunningSystem.start(system, tools)
  try {
    tell('trials: warming up')
    await warmUp(load, { running, nginx: undefined, nginxPorts: [] }, effort)
    tell('trials: bytes on the wire')
    const wire = await wireRuns(load, running)
    tell('trials: a node joins')
    const joins = await joinRuns(load, running, effort.rounds)
    tell('trials: a node is killed')
    const killed = await killedNode(load, running)
    tell('trials: a peer hangs')
    return { system, wire, joins, killed, hung: await hungPeer(load, running) }
  } finally {
    await running.stop()
  }
}
