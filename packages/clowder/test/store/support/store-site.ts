import type { Test } from 'tap'
import type { Cluster } from '../../../src/index.js'
import { createTestCluster } from '../../../src/testing/index.js'

/** Stores of the same sessions, one for each node, and their time. */
export interface StoreSite<Store> {
  readonly stores: readonly Store[]
  /** So many milliseconds pass, for the stores and for the framework. */
  readonly advance: (ms: number) => Promise<void>
}

type Sites<Store> = Readonly<Record<string, (t: Test) => Promise<StoreSite<Store>>>>

/** What a framework's own suite is run on: its own memory, which says what is to be expected, and Clowder on one node and on three. */
export function storeSites<Store>(own: () => Store, storeOf: (cluster: Cluster) => Store): Sites<Store> {
  const clustered = (nodes: number) => async (t: Test) => {
    const cluster = await createTestCluster(nodes)
    t.teardown(() => cluster.stop())
    const pass = passingTime(t)
    return {
      stores: cluster.nodes.map(storeOf),
      advance: async (ms: number) => {
        pass(ms)
        await cluster.advance(ms)
      },
    }
  }
  return {
    'its own memory': async t => {
      const pass = passingTime(t)
      return { stores: [own()], advance: async ms => pass(ms) }
    },
    'one node': clustered(1),
    'three nodes, each request to the next': clustered(3),
  }
}

/** Frameworks look at the clock of the machine. */
export function passingTime(t: Test): (ms: number) => void {
  const { now } = Date
  let passedMs = 0
  Date.now = () => now() + passedMs
  t.teardown(() => {
    Date.now = now
  })
  return ms => {
    passedMs += ms
  }
}
