import type { ClusterNode } from '../../cluster/cluster-node.js'
import type { Dice } from '../dice.js'
import type { ProbeClient } from './probe-client.js'

/** What a probe works with. */
export interface Probe {
  readonly client: ProbeClient
  /** Where it writes, and where it looks: maybe the same. */
  readonly first: ClusterNode
  readonly second: ClusterNode
  readonly dice: Dice
  /** So that it is reached in the middle of what else happens. */
  wait(): Promise<void>
  /** A promise is broken unless it holds. */
  expect(holds: boolean, what: string): void
  /** This class of the catalogue has been reached. */
  reached(fault: string): void
}

/** The attribute that probes write. */
export const PROBE = 'probe'
