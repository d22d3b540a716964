import type { Clock } from '@clowder/tribes'
import type { Recorder } from '../cluster/recorder.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'
import { SeededRandom } from '../seeded-random.js'
import { Dice } from './dice.js'
import type { FaultHands } from './fault-hands.js'
import type { ProbeKind } from './planned-fault.js'
import { probeForgedCookie } from './probes/forged-cookie.js'
import { probeLargeSession } from './probes/large-session.js'
import { probeManyAttributes } from './probes/many-attributes.js'
import { probeMergedRemoval } from './probes/merged-removal.js'
import { probeNestedChange } from './probes/nested-change.js'
import { probeOddValues } from './probes/odd-values.js'
import { probeOwnLimit } from './probes/own-limit.js'
import type { Probe } from './probes/probe.js'
import { ProbeClient } from './probes/probe-client.js'
import { probeUnrulyMerge } from './probes/unruly-merge.js'

export interface ProbeFaultsComponents {
  readonly clock: Clock
  readonly cluster: SimulatedCluster
  readonly recorder: Recorder
}

const WAIT_MS = { min: 0, max: 400 }

const probes: Readonly<Record<ProbeKind, (probe: Probe) => Promise<void>>> = {
  'odd-values': probeOddValues,
  'nested-change': probeNestedChange,
  'large-session': probeLargeSession,
  'many-attributes': probeManyAttributes,
  'unruly-merge': probeUnrulyMerge,
  'forged-cookie': probeForgedCookie,
  'merged-removal': probeMergedRemoval,
  'own-limit': probeOwnLimit,
}

/** Applications that do what few do, each tried out by a client of its own, which knows what is owed. */
export function probeFaults({ clock, cluster, recorder }: ProbeFaultsComponents): FaultHands<'probe'> {
  let probed = 0
  return {
    probe: ({ probe, nodes, seed }) => {
      const dice = new Dice(new SeededRandom(seed))
      const [first, second = first] = nodes.map(name => cluster.node(name))
      void probes[probe]({
        client: new ProbeClient({ clock, recorder }, ++probed),
        first: first!,
        second: second!,
        dice,
        wait: () => new Promise(resolve => void clock.setTimer(dice.within(WAIT_MS), resolve)),
        expect: (holds, what) => {
          if (!holds) recorder.record({ kind: 'trouble', trouble: 'promise-broken', node: '', incarnation: '', what })
        },
        reached: fault => {
          recorder.record({ kind: 'fault', fault, what: probe })
          recorder.record({ kind: 'fault', fault, what: probe, isOver: true })
        },
      })
      return () => {}
    },
  }
}
