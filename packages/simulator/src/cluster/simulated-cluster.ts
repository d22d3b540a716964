import type { Circumstances } from '../faults/circumstances.js'
import type { SeededRandom } from '../seeded-random.js'
import type { SimNetwork } from '../sim-network.js'
import { ClusterNode, type NodePlan } from './cluster-node.js'
import type { ClusterProcess } from './cluster-process.js'
import { includes } from './evidence.js'
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
    const onlooker = () => new Onlooker(() => this.processes())
    const soleSessions = (process: ClusterProcess) => this.#soleSessions(process)
    this.nodes = plans.map(
      plan =>
        new ClusterNode(
          { ...components, random: random.fork(), onlooker, soleSessions },
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

  #soleSessions({ manager, incarnation }: ClusterProcess): string[] {
    const others = this.processes().filter(other => other.incarnation !== incarnation)
    return manager.sessionIds().filter(id => {
      const written = manager.inspectCopy(id)!.state
      if (written.kind === 'dead') return false
      return !others.some(other => includes(other.manager, id, written))
    })
  }
}
