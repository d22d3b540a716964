import { nodeClock, nodeNetwork, nodeRandom } from '@clowder/node'
import type { Clock, Logger, Network, Random } from '@clowder/tribes'

/** What a cluster takes from the world. Given to `createCluster` to replace the real ones, in a simulation or a test. */
export interface ClusterPorts {
  readonly clock: Clock
  readonly random: Random
  readonly network: Network
  readonly logger: Logger
}

export const nodePorts: Omit<ClusterPorts, 'logger'> = { clock: nodeClock, random: nodeRandom, network: nodeNetwork }
