import type { Clock } from '@clowder/tribes'
import type { Recorder } from '../cluster/recorder.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { Physics } from '../physics.js'
import type { SimNetwork } from '../sim-network.js'
import { WINDOW_BYTES } from '../wire.js'
import type { EndFault, FaultHands } from './fault-hands.js'
import { LinkLedger } from './link-ledger.js'
import { networkFaults } from './network-faults.js'
import {
  type BadPhysics,
  catalogue,
  type FaultAction,
  type FaultKind,
  harmless,
  type PlannedFault,
} from './planned-fault.js'
import { probeFaults } from './probe-faults.js'
import { processFaults } from './process-faults.js'
import { strangerFaults } from './stranger-faults.js'

export interface FaultInjectorComponents {
  readonly clock: Clock
  readonly network: SimNetwork
  readonly cluster: SimulatedCluster
  readonly recorder: Recorder
  /** What the network is like between the faults. */
  readonly physics: Physics
}

/** Does what a plan says, each fault at its time, and puts everything right at the end. */
export class FaultInjector {
  /** How often each kind was begun. */
  readonly counts = new Map<FaultKind, number>()
  readonly #components: FaultInjectorComponents
  readonly #hands: FaultHands<FaultKind>
  readonly #open = new Set<EndFault>()
  #isOver = false

  constructor(components: FaultInjectorComponents) {
    this.#components = components
    const ledger = new LinkLedger(components)
    this.#hands = {
      ...processFaults(components),
      ...networkFaults({ ...components, ledger }),
      ...strangerFaults(components),
      ...probeFaults(components),
    }
  }

  schedule(faults: readonly PlannedFault[]): void {
    for (const fault of faults) this.#components.clock.setTimer(fault.atMs, () => this.#begin(fault))
  }

  /** Every fault ends now, and no other begins; every node runs again. */
  heal(): void {
    const { cluster, network } = this.#components
    for (const end of [...this.#open]) end()
    this.#isOver = true
    network.healEverything()
    for (const node of cluster.nodes) {
      node.resumeNow()
      node.start()
    }
  }

  #begin(fault: PlannedFault): void {
    if (this.#isOver) return
    const { clock } = this.#components
    this.counts.set(fault.kind, (this.counts.get(fault.kind) ?? 0) + 1)
    this.#note(fault, false)
    if (harmless.has(fault.kind)) this.#note(fault, true)
    const undo = (this.#hands[fault.kind] as (action: FaultAction, forMs: number) => EndFault)(fault, fault.forMs)
    const end = () => {
      if (!this.#open.delete(end)) return
      undo()
      if (!harmless.has(fault.kind)) this.#note(fault, true)
    }
    this.#open.add(end)
    clock.setTimer(fault.forMs, end)
  }

  #note(fault: PlannedFault, isOver: boolean): void {
    if (fault.kind === 'probe') return
    this.#components.recorder.record({
      kind: 'fault',
      fault: catalogue[fault.kind],
      what: textOf(fault),
      ...(isOver && { isOver }),
      ...((fault.kind === 'partition' || fault.kind === 'one-way') && { cuts: fault.links }),
      ...((fault.kind === 'interface-down' || fault.kind === 'new-address') && { offline: fault.nodes }),
      ...(fault.kind === 'half-open' && { silenced: fault.nodes }),
      ...(fault.kind === 'reset' && { resets: fault.links }),
      ...(fault.kind === 'bad-network' && backlogOf(fault.physics)),
    })
  }
}

function backlogOf({ bytesPerMs }: BadPhysics): { readonly backlogMs?: number } {
  return bytesPerMs === undefined ? {} : { backlogMs: WINDOW_BYTES / bytesPerMs }
}

/** A fault in a line. */
function textOf({ atMs: _at, forMs, kind, ...about }: PlannedFault): string {
  return `${kind} for ${forMs} ms ${JSON.stringify(about)}`
}
