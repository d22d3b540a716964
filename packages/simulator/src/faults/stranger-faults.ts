import type { Clock } from '@clowder/tribes'
import type { Recorder } from '../cluster/recorder.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import type { SimNetwork } from '../sim-network.js'
import type { ActionOf, EndFault, FaultHands } from './fault-hands.js'
import { OUTSIDER_NAME } from './hostile-words.js'
import { OtherCluster } from './other-cluster.js'
import { Outsider } from './outsider.js'

export interface StrangerFaultsComponents {
  readonly clock: Clock
  readonly network: SimNetwork
  readonly cluster: SimulatedCluster
  readonly recorder: Recorder
}

/** Who is on the same network and does not belong. One of each kind at a time: they have their addresses. */
export function strangerFaults(components: StrangerFaultsComponents): FaultHands<'other-cluster' | 'outsider'> {
  return {
    'other-cluster': oneAtATime((action: ActionOf<'other-cluster'>) => neighbours(components, action)),
    outsider: oneAtATime((action: ActionOf<'outsider'>) => besieged(components, action)),
  }
}

function oneAtATime<A>(begin: (action: A) => EndFault): (action: A) => EndFault {
  let isOn = false
  return action => {
    if (isOn) return () => {}
    isOn = true
    const end = begin(action)
    return () => {
      isOn = false
      end()
    }
  }
}

function neighbours(components: StrangerFaultsComponents, { seed, knowsUs }: ActionOf<'other-cluster'>): EndFault {
  const other = new OtherCluster(components, { seed, knowsUs })
  const before = refusals(components)
  other.begin()
  return () => {
    for (const what of other.end()) broken(components, what)
    if (refusals(components) > before) note(components, 'F43', 'members of another cluster were refused')
  }
}

function besieged(components: StrangerFaultsComponents, { nodes, seed }: ActionOf<'outsider'>): EndFault {
  const { cluster } = components
  const outsider = new Outsider(components, { target: cluster.node(nodes[0]!), seed })
  const before = refusals(components)
  void outsider.begin()
  return () => {
    outsider.end()
    for (const process of cluster.processes())
      if (process.members().includes(OUTSIDER_NAME)) broken(components, `${process.node} has an outsider in its view`)
    if (refusals(components) > before) note(components, 'F43', 'another protocol was refused')
  }
}

/** How many lines all processes that live have logged of strangers whom they refused. */
function refusals({ cluster }: StrangerFaultsComponents): number {
  return cluster.processes().reduce((sum, { log }) => sum + log.strangersRefused, 0)
}

function broken({ recorder }: StrangerFaultsComponents, what: string): void {
  recorder.record({ kind: 'trouble', trouble: 'promise-broken', node: '', incarnation: '', what })
}

/** That it has had an effect; nothing is excused by it. */
function note({ recorder }: StrangerFaultsComponents, fault: string, what: string): void {
  recorder.record({ kind: 'fault', fault, what })
  recorder.record({ kind: 'fault', fault, what, isOver: true })
}
