import type { ClusterNode } from '../cluster/cluster-node.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { Dice } from '../faults/dice.js'

/** Sends requests to nodes that serve: to the one that the cookie names, or, as often as the options say, to any. A process that hangs looks as if it served. */
export class Balancer {
  readonly #cluster: SimulatedCluster
  readonly #dice: Dice
  readonly #stickiness: number

  constructor(components: { readonly cluster: SimulatedCluster; readonly dice: Dice }, stickiness: number) {
    this.#cluster = components.cluster
    this.#dice = components.dice
    this.#stickiness = stickiness
  }

  /** Undefined while nobody serves. `besides`: the node that has just failed. */
  choose(cookie: string | undefined, besides?: ClusterNode): ClusterNode | undefined {
    const serving = this.#cluster.nodes.filter(node => node.process?.isReady)
    const others = serving.length > 1 ? serving.filter(node => node !== besides) : serving
    if (others.length === 0) return undefined
    const route = cookie?.slice(cookie.lastIndexOf('.') + 1)
    const named = others.find(node => node.name === route)
    return named && this.#dice.chance(this.#stickiness) ? named : this.#dice.pick(others)
  }
}
