import type { Cluster } from '../cluster/cluster.js'
import type { ClusterOptions } from '../options/cluster-options.js'
import { BadTestCallError } from './errors.js'
import { shown, type TestApp } from './test-request.js'

/** Makes the application of one node, as production does; called again for a node that was restarted. */
export type AppFactory = (cluster: Cluster) => TestApp | Promise<TestApp>

/** Everything `createCluster` accepts, and besides: */
export interface TestClusterOptions extends ClusterOptions {
  /** Whatever is left to chance (session ids, latencies, how bytes are split) follows from it. @default 1 */
  readonly seed?: number
  /** The application that `request` and browsers ask when they are given none. */
  readonly app?: AppFactory
}

/** The simulation takes milliseconds with a few nodes and seconds with dozens. */
const MAX_NODES = 16
/** Cookies must not depend on the environment of whoever runs the tests. */
const SECRET = 'the secret of a cluster in a test'

/** What a test has asked for, checked. */
export interface TestSettings {
  readonly count: number
  readonly seed: number
  readonly app: AppFactory | undefined
  readonly cluster: ClusterOptions
}

/** Throws BadTestCallError; what is wrong with the cluster's own options, `createCluster` says. */
export function testSettings(count: number, options: TestClusterOptions): TestSettings {
  if (!Number.isInteger(count) || count < 1 || count > MAX_NODES)
    throw new BadTestCallError(`a test cluster has 1 to ${MAX_NODES} nodes, given ${shown(count)}`)
  if (typeof options !== 'object' || options === null)
    throw new BadTestCallError(`the options are an object, given ${shown(options)}`)
  const { seed = 1, app, ...cluster } = options
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new BadTestCallError(`a seed is a whole number from 0, given ${shown(seed)}`)
  if (app !== undefined && typeof app !== 'function')
    throw new BadTestCallError(`app is a function from a node's cluster to its application, given ${shown(app)}`)
  return { count, seed, app, cluster }
}

/** Production's options can be given as they are: what says where members are, and who they are, is the simulation's. */
export function nodeOptions(options: ClusterOptions, name: string, address: string): ClusterOptions {
  const { tls: _tls, membership, receiver, ...others } = options
  const { bind: _bind, ...heartbeats } = membership ?? {}
  return {
    secret: SECRET,
    logger: false,
    ...others,
    distributable: true,
    jvmRoute: name,
    insecure: true,
    stopOnSignal: false,
    membership: isSection(membership) ? { ...heartbeats, multicast: true, members: [] } : membership,
    receiver: isSection(receiver) ? { ...receiver, address, advertisedAddress: address, port: 4000 } : receiver,
  }
}

/** What is none is left for `createCluster` to refuse. */
function isSection(given: unknown): boolean {
  return given === undefined || (typeof given === 'object' && given !== null)
}
