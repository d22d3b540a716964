import type { Test } from 'tap'
import type { ClusterOptions } from '../../src/index.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { AppFactory } from '../../src/testing/test-options.js'
import type { Recipe } from './recipe.js'

async function started(t: Test, recipe: Recipe) {
  const { makeApp } = await recipe.load<{ makeApp: AppFactory }>('site.ts')
  const options = recipe.has('options.ts') ? (await recipe.load<{ options: ClusterOptions }>('options.ts')).options : {}
  const cluster = await createTestCluster(3, { app: makeApp, ...options })
  t.teardown(() => cluster.stop())
  return cluster
}

/** Three devices: one ends another, then all but itself. */
async function tellUsersStory(t: Test, recipe: Recipe): Promise<void> {
  const cluster = await started(t, recipe)
  const devices = [0, 1, 2].map(() => cluster.browser())
  for (const [node, device] of devices.entries())
    t.strictSame(
      (await device.post(node, '/login', new URLSearchParams({ username: 'ada', password: 'secret' }))).json(),
      { id: 'ada' },
    )
  // A login is on one member more when it is answered, and on all a moment later.
  await cluster.converged()
  const [phone, laptop, tablet] = devices as [(typeof devices)[0], (typeof devices)[0], (typeof devices)[0]]
  const sessions = (await phone.get(1, '/me/sessions')).json<{ id: string; isThis: boolean }[]>()
  t.equal(sessions.length, 3)
  t.strictSame(
    sessions.filter(({ isThis }) => isThis),
    sessions.slice(0, 1),
  )
  const statusOf = async (browser: typeof phone, node: number) =>
    (await browser.copy().get(node, '/me/sessions')).status
  t.equal((await phone.request(2, { url: `/me/sessions/${sessions[1]!.id}`, method: 'DELETE' })).status, 204)
  t.strictSame([await statusOf(laptop, 0), await statusOf(tablet, 0)], [401, 200])
  t.strictSame((await phone.request(1, { url: '/me/sessions', method: 'DELETE' })).json(), { ended: 1 })
  t.strictSame([await statusOf(tablet, 2), await statusOf(phone, 2)], [401, 200])
}

async function tellSignOnStory(t: Test, recipe: Recipe): Promise<void> {
  const cluster = await started(t, recipe)
  const user = cluster.browser()
  await user.post(0, '/login/ada')
  t.strictSame((await user.get(1, '/admin/')).json(), { principal: { name: 'ada' } })
  t.strictSame((await user.get(2, '/')).json(), { principal: { name: 'ada' }, authType: 'FORM' })
  const admin = user.copy()
  await user.post(1, '/logout')
  t.strictSame((await admin.get(0, '/admin/')).json(), {})
}

/** A stream on one node tells what another does, and ends with the session. */
async function tellLiveStory(t: Test, recipe: Recipe): Promise<void> {
  const cluster = await started(t, recipe)
  const tab = cluster.browser()
  await tab.post(0, '/cart/milk')
  const stream = tab.copy().get(1, '/events')
  await cluster.advance(100)
  await tab.post(2, '/cart/bread')
  await cluster.advance(100)
  await tab.post(2, '/logout')
  const { text, headers } = await stream
  t.equal(headers['content-type'], 'text/event-stream')
  t.strictSame(text.split('\n\n'), [
    'event: cart\ndata: ["milk"]',
    'event: cart\ndata: ["milk","bread"]',
    'event: end\ndata: null',
    '',
  ])
}

export const userStories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = {
  users: tellUsersStory,
  'single-sign-on': tellSignOnStory,
  'live-sessions': tellLiveStory,
}
