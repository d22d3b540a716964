import type { Circumstances } from '../faults/circumstances.js'
import type { SeededRandom } from '../seeded-random.js'
import type { SimNetwork } from '../sim-network.js'
import { ClusterNode, type NodePlan } from './cluster-node.js'
import type { ClusterProcess, IsElsewhere } from './cluster-process.js'
import { includes, type LiveCopy } from './evidence.js'
import { LockWatch } from './lock-watch.js'
import { addressOf, nodeOptions } from './node-options.js'
import { Onlooker } from './onlooker.js'
import type { ProcessOptions } from './process-options.js'
import type { Recorder } from './recorder.js'

export interface SimulatedClusterComponents {
  readonly network: SimNetwork
  readonly random: SeededRandom
  readonly recorder: Recorder
}

/** All nodes of one cluster, and what an onlooker who sees into every process can tell of them. */
export class SimulatedCluster {
  readonly nodes: readonly ClusterNode[]

  constructor(
    components: SimulatedClusterComponents,
    plans: readonly NodePlan[],
    options: ProcessOptions,
    circumstances: Circumstances = {},
  ) {
    const { random } = components
    const hasForgiven = () => this.nodes.some(node => node.processes.some(hasStoppedWaiting))
    const lockWatch = new LockWatch()
    const onlooker = () => new Onlooker(() => this.processes())
    const isElsewhere: IsElsewhere = (process, copy, sinceMs) => this.#isElsewhere(process, copy, sinceMs)
    this.nodes = plans.map(
      plan =>
        new ClusterNode(
          { ...components, random: random.fork(), onlooker, isElsewhere, lockWatch, hasForgiven },
          plan,
          nodeOptions(plan.name, options, circumstances),
          addressOf(plan.name, circumstances.addresses),
        ),
    )
  }

  node(name: string): ClusterNode {
    const found = this.nodes.find(node => node.name === name)
    if (!found) throw new Error(`there is no node ${name}`)
    return found
  }

  /** The processes alive. */
  processes(): ClusterProcess[] {
    const alive: ClusterProcess[] = []
    for (const { process } of this.nodes) if (process) alive.push(process)
    return alive
  }

  #isElsewhere(process: ClusterProcess, { id, state }: LiveCopy, sinceMs = Number.POSITIVE_INFINITY): boolean {
    const others = this.nodes.flatMap(node => node.processes).filter(other => other !== process)
    return others.some(other => other.overAtMs >= sinceMs && includes(other.manager, id, state))
  }
}

function hasStoppedWaiting({ manager }: ClusterProcess): boolean {
  return manager.inspect().pulls.forgiven > 0
}
