import type { Clock } from '@clowder/tribes'
import type { Answer } from '../cluster/answer.js'
import type { ClusterProcess } from '../cluster/cluster-process.js'
import { type ProcessOptions, plainProcess } from '../cluster/process-options.js'
import { Recorder } from '../cluster/recorder.js'
import { SimulatedCluster } from '../cluster/simulated-cluster.js'
import { SeededRandom } from '../seeded-random.js'
import type { SimNetwork } from '../sim-network.js'

const NAMES = ['x', 'y'] as const
const FIRST_VISIT_MS = 1_500

const OPTIONS: ProcessOptions = { ...plainProcess, clusterName: 'somebody else' }

export interface OtherClusterComponents {
  readonly clock: Clock
  readonly network: SimNetwork
  /** The cluster that is looked at. */
  readonly cluster: SimulatedCluster
}

/** Two processes of another cluster, on the same multicast group and port (F35); `knowsUs`: our nodes are in their list of members by mistake (F43). */
export class OtherCluster {
  readonly #components: OtherClusterComponents
  readonly #recorder: Recorder
  readonly #others: SimulatedCluster
  #session: string | undefined

  constructor(components: OtherClusterComponents, options: { readonly seed: number; readonly knowsUs: boolean }) {
    const { clock, network, cluster } = components
    this.#components = components
    this.#recorder = new Recorder({ clock })
    const members = [...cluster.nodes.map(node => node.name), ...NAMES]
    this.#others = new SimulatedCluster(
      { network, recorder: this.#recorder, random: new SeededRandom(options.seed) },
      NAMES.map(name => ({ name, skewMs: 0, rate: 1 })),
      OPTIONS,
      options.knowsUs ? { members } : {},
    )
  }

  begin(): void {
    for (const node of this.#others.nodes) node.start()
    this.#visitLater()
  }

  /** Ends them all. What of either cluster has come into the other, and what went wrong over there. */
  end(): string[] {
    const mixed = [...this.#mixed()]
    const troubles = this.#recorder.events.flatMap(event =>
      event.kind === 'trouble' ? `over there: ${event.what}` : [],
    )
    for (const node of this.#others.nodes) node.kill()
    return [...mixed, ...troubles]
  }

  #visitLater(): void {
    this.#components.clock.setTimer(FIRST_VISIT_MS, () => this.#visit())
  }

  #visit(): void {
    const { process } = this.#others.node(NAMES[0])
    if (!process) return
    if (!process.isReady) return this.#visitLater()
    const application: Parameters<ClusterProcess['visit']>[1] = visit => {
      visit.write('cart', 1)
      visit.finish()
    }
    process.visit(undefined, application, (answer: Answer) => {
      this.#session = answer.session
    })
  }

  *#mixed(): Generator<string> {
    const { cluster } = this.#components
    for (const process of cluster.processes()) {
      yield* strangersOf(process, this.#others)
      if (this.#session !== undefined && process.manager.inspectCopy(this.#session))
        yield `${process.node} has a session of another cluster`
    }
    for (const process of this.#others.processes()) yield* strangersOf(process, cluster)
  }
}

function* strangersOf(process: ClusterProcess, others: SimulatedCluster): Generator<string> {
  const names = others.nodes.map(node => node.name)
  const strangers = process.members().filter(name => names.includes(name))
  if (strangers.length > 0) yield `${process.node} takes ${strangers.join(' ')} for members, who are of another cluster`
}
