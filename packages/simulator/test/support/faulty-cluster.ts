import { type ProcessOptions, plainProcess } from '../../src/cluster/process-options.js'
import { Recorder } from '../../src/cluster/recorder.js'
import { SimulatedCluster } from '../../src/cluster/simulated-cluster.js'
import type { Circumstances } from '../../src/faults/circumstances.js'
import { FaultInjector } from '../../src/faults/fault-injector.js'
import type { FaultAction } from '../../src/faults/planned-fault.js'
import { SOUND } from '../../src/physics.js'
import { SeededRandom } from '../../src/seeded-random.js'
import { SimNetwork } from '../../src/sim-network.js'
import { VirtualClock } from '../../src/virtual-clock.js'

/** A cluster on a sound network, and an injector for it. */
export class FaultyCluster {
  readonly clock = new VirtualClock()
  readonly recorder = new Recorder({ clock: this.clock })
  readonly network: SimNetwork
  readonly cluster: SimulatedCluster
  readonly #injector: FaultInjector

  static async started(circumstances: Circumstances = {}, options: Partial<ProcessOptions> = {}) {
    const world = new FaultyCluster(circumstances, { ...plainProcess, ...options })
    for (const node of world.cluster.nodes) node.start()
    await world.clock.advance(1_000)
    return world
  }

  private constructor(circumstances: Circumstances, options: ProcessOptions) {
    const random = new SeededRandom(1)
    const { members, mtuBytes = Infinity } = circumstances
    this.network = new SimNetwork(
      { clock: this.clock, random: random.fork() },
      { hasMulticast: !members, mtuBytes, splitReads: 0.1 },
    )
    const plans = [...'abc'].map(name => ({ name, skewMs: 0, rate: 1 }))
    const parts = { network: this.network, recorder: this.recorder }
    this.cluster = new SimulatedCluster({ ...parts, random }, plans, options, circumstances)
    this.#injector = new FaultInjector({ ...parts, clock: this.clock, cluster: this.cluster, physics: SOUND })
  }

  /** The fault from its beginning to its end, and some time for it to be got over. */
  async suffer(action: FaultAction, forMs: number): Promise<void> {
    this.#injector.schedule([{ ...action, atMs: 0, forMs }])
    await this.clock.advance(forMs + 3_000)
  }

  judge(): void {
    for (const node of this.cluster.nodes) for (const process of node.processes) process.judge()
  }

  /** What was seen to be wrong. */
  get troubles(): string[] {
    return this.recorder.events.flatMap(event => (event.kind === 'trouble' ? event.what : []))
  }

  /** How often each class was reached. */
  classes(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const event of this.recorder.events)
      if (event.kind === 'fault' && !event.isOver) counts[event.fault] = (counts[event.fault] ?? 0) + 1
    return counts
  }

  /** Whom each sees: `a: b c`. */
  views(): string[] {
    return this.cluster.processes().map(process => `${process.node}: ${process.members().join(' ')}`)
  }
}

export const WHOLE = ['a: b c', 'b: a c', 'c: a b']
