import type { Test } from 'tap'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { AppFactory, TestClusterOptions } from '../../src/testing/test-options.js'
import type { Recipe } from './recipe.js'

/** What the samples of the page about locks do. */
export const lockStories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = { locks: tellLockStory }

/** Tickets are taken by many at once, on all nodes, and none is taken twice. */
async function tellLockStory(t: Test, recipe: Recipe): Promise<void> {
  const { makeApp } = await recipe.load<{ makeApp: AppFactory }>('site.ts')
  const { options } = await recipe.load<{ options: TestClusterOptions }>('options.ts')
  const cluster = await createTestCluster(3, { ...options, app: makeApp })
  t.teardown(() => cluster.stop())
  const user = cluster.browser()
  await user.post(0, '/tickets')
  await cluster.converged()
  const taken = await Promise.all([0, 1, 2, 0, 1, 2].map(node => user.copy().post(node, '/tickets')))
  t.strictSame(taken.map(response => response.json<number>()).sort(), [3, 4, 5, 6, 7, 8])
  t.equal((await user.get(1, '/tickets')).json(), 3)
}
