import { SeededRandom, SimNetwork, type SimNetworkOptions, VirtualClock } from '../../src/index.js'
import { SimNode, type SimNodeOptions } from './sim-node.js'

export const DROP_TIME_MS = 3000

export interface SimClusterOptions extends SimNodeOptions {
  readonly seed?: number
  readonly network?: SimNetworkOptions
}

/** Some nodes on one network; all of them start in the same instant. */
export class SimCluster {
  readonly clock = new VirtualClock()
  readonly network: SimNetwork
  readonly nodes: SimNode[]
  readonly #random: SeededRandom
  readonly #options: SimClusterOptions

  constructor(names: readonly string[], options: SimClusterOptions = {}) {
    this.#random = new SeededRandom(options.seed ?? 1)
    this.#options = options
    this.network = new SimNetwork({ clock: this.clock, random: this.#random.fork() }, options.network)
    this.nodes = names.map(name => this.newNode(name))
  }

  /** Started, and complete. */
  static async started(names: readonly string[], options: SimClusterOptions = {}): Promise<SimCluster> {
    const cluster = new SimCluster(names, options)
    await cluster.start()
    await cluster.whole()
    return cluster
  }

  /** A process that is not started; each letter has an address of its own. */
  newNode(name: string, options: SimNodeOptions = this.#options): SimNode {
    return new SimNode(name, this.network.host(addressOf(name)), this.#random.fork(), options)
  }

  async start(): Promise<void> {
    await this.clock.completion(Promise.all(this.nodes.map(node => node.channel.start())))
  }

  /** Resolves with the time until every node sees all others. */
  whole(maxMs = 10_000): Promise<number> {
    return this.clock.runUntil(() => this.nodes.every(node => node.sees().length === this.nodes.length - 1), maxMs)
  }

  async stop(): Promise<void> {
    await this.clock.completion(Promise.all(this.nodes.map(node => node.channel.stop())))
  }
}

/** a → 10.0.0.1, b → 10.0.0.2, … */
export function addressOf(name: string): string {
  return `10.0.0.${name.charCodeAt(0) - 96}`
}
