import type { Test } from 'tap'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { AppFactory } from '../../src/testing/test-options.js'
import type { Recipe } from './recipe.js'

/** What the samples of the page about the secret do. */
export const keyringStories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = {
  'rotating-the-secret': tellKeyringStory,
}

/** An operator replaces the secret on one node. */
async function tellKeyringStory(t: Test, recipe: Recipe): Promise<void> {
  const { operations } = await recipe.load<{ operations: AppFactory }>('operations.ts')
  const cluster = await createTestCluster(2, { app: operations })
  t.teardown(() => cluster.stop())
  await cluster.advance(11_000)
  const operator = cluster.browser()
  type Keys = readonly { readonly id: string; readonly state: string }[]
  const [old] = (await operator.get(0, '/keys')).json<Keys>()
  const headers = { 'content-type': 'text/plain' }
  const secret = 'another secret, made for this page and long enough'
  const added = await cluster.request(0, { method: 'POST', url: '/keys', headers, body: secret })
  const { id } = added.json<{ id: string }>()
  await operator.post(0, `/keys/${id}/use`)
  const removal = await cluster.request(1, { method: 'DELETE', url: `/keys/${old!.id}` })
  t.strictSame(removal.json(), { removed: true, awaits: [] })
  const states = (await operator.get(0, '/keys')).json<Keys>().map(({ state }) => state)
  t.strictSame(states, ['current', 'removed'])
}
