import { type ConformantStore, storeConformance } from '@clowder/conformance'
import t from 'tap'
import { createTestCluster } from '../../src/testing/index.js'

/** Room for a session of a megabyte. */
const LARGE = { manager: { maxSessionBytes: 2_097_152 }, receiver: { maxFrameBytes: 4_194_304 } }
/** Of three nodes, of which each writes to both others, in one process. */
const MANY_ON_THREE = 1_000

t.test('cluster.store() on one node', async t => {
  storeConformance(
    (title, run) => t.test(title, run),
    async () => {
      const cluster = await createTestCluster(1, LARGE)
      const stores = cluster.nodes.map(node => node.store() as ConformantStore)
      return { stores, advance: ms => cluster.advance(ms), stop: () => cluster.stop() }
    },
  )
})

t.test('cluster.store() on three nodes, each call on any', async t => {
  storeConformance(
    (title, run) => t.test(title, run),
    async () => {
      const cluster = await createTestCluster(3, LARGE)
      const stores = cluster.nodes.map(node => node.store({ acknowledge: 'all' }) as ConformantStore)
      const settled = () => cluster.converged()
      return { stores, settled, advance: ms => cluster.advance(ms), stop: () => cluster.stop() }
    },
    { many: MANY_ON_THREE },
  )
})

t.test('cluster.store() on three nodes of which two hold each session', async t => {
  storeConformance(
    (title, run) => t.test(title, run),
    async () => {
      const cluster = await createTestCluster(3, { ...LARGE, manager: { ...LARGE.manager, copies: 2 } })
      const stores = cluster.nodes.map(node => heldElsewhereToo(node.store({ acknowledge: 'all' })))
      return { stores, advance: ms => cluster.advance(ms), stop: () => cluster.stop() }
    },
    { many: MANY_ON_THREE },
  )
})

/** A node can tell only of the sessions that it holds itself, which is not what the suite asks for. */
function heldElsewhereToo(store: object): ConformantStore {
  return Object.assign(store, { all: undefined, length: undefined, clear: undefined }) as unknown as ConformantStore
}
