import { once } from 'node:events'
import { createServer, type RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { createTestCluster } from '../../../src/testing/create-test-cluster.js'
import type { TestClusterOptions } from '../../../src/testing/test-options.js'
import { Gates } from './face-routes.js'

/** An application with the routes of face-routes.ts, made with one framework. */
export type FaceApp = (cluster: Cluster, gates: Gates) => Promise<RequestListener | Server>

/** What every face keeps, whatever the framework. */
export function faceSuite(t: Test, makeApp: FaceApp): void {
  const threeNodes = async (t: Test, options: TestClusterOptions = {}) => {
    const gates = new Gates()
    const cluster = await createTestCluster(3, { ...options, app: node => makeApp(node, gates) })
    t.teardown(() => cluster.stop())
    return { cluster, gates, user: cluster.browser() }
  }

  t.test('a counter counts, whichever node answers, also when one is killed', async t => {
    const { cluster, user } = await threeNodes(t)
    for (const [i, node] of [0, 2, 1, 1, 0].entries())
      t.strictSame((await user.get(node, '/count')).json(), { count: i + 1 })
    cluster.kill(0)
    t.strictSame((await user.get(2, '/count')).json(), { count: 6 })
    t.strictSame((await user.get(1, '/count')).json(), { count: 7 })
  })

  t.test('a change inside a value is found', async t => {
    const { user } = await threeNodes(t)
    await user.get(0, '/nested')
    await user.get(1, '/nested')
    t.strictSame((await user.get(2, '/nested')).json(), [{ name: 'ann' }, { name: 'ann' }, { name: 'ann' }])
  })

  t.test('regenerate at login gives a new id and ends the old one everywhere', async t => {
    const { cluster, user } = await threeNodes(t)
    await user.get(0, '/count')
    const before = user.copy()
    const { id } = (await user.post(1, '/login')).json<{ id: string }>()
    t.equal(user.cookies['clowder.sid']!.split('.')[0], id)
    t.strictSame((await user.get(2, '/read')).json(), { user: 'ada' })
    await cluster.converged()
    for (const node of [0, 1, 2]) t.strictSame((await before.copy().get(node, '/read')).json(), {})
  })

  t.test('destroy ends the session everywhere and clears the cookie', async t => {
    const { cluster, user } = await threeNodes(t)
    await user.post(0, '/login')
    const stolen = user.copy()
    t.strictSame((await user.post(1, '/logout')).json(), { gone: true })
    t.strictSame(user.cookies, {})
    await cluster.converged()
    for (const node of [0, 1, 2]) t.strictSame((await stolen.copy().get(node, '/read')).json(), {})
  })

  t.test('who is redirected after a write reads it on another node at once', async t => {
    const { user } = await threeNodes(t)
    const moved = await user.post(0, '/write')
    t.equal(moved.headers.location, '/read')
    t.ok(moved.status === 302 || moved.status === 303)
    for (const node of [1, 2]) {
      const read = await user.get(node, '/read')
      t.strictSame(read.json(), { note: 'written' })
      t.notOk(read.headers['clowder-stale'])
    }
  })

  t.test('two requests at once, on two nodes, both keep what they wrote', async t => {
    const { user, gates } = await threeNodes(t)
    await user.get(0, '/count')
    const slow = user.get(0, '/left')
    await gates.of('left has begun').promise
    await user.get(1, '/right')
    gates.of('left may end').resolve()
    await slow
    t.strictSame((await user.get(2, '/read')).json(), { count: 1, left: 1, right: 1 })
  })

  t.test('what a handler wrote before it threw is kept, and the error page has the cookie', async t => {
    const { user } = await threeNodes(t)
    const failed = await user.get(0, '/throw')
    t.equal(failed.status, 500)
    t.match(failed.setCookies, [/^clowder\.sid=/])
    t.strictSame((await user.get(1, '/read')).json(), { beforeError: 1 })
  })

  t.test('a cookie of the application goes beside the one of the session', async t => {
    const { user } = await threeNodes(t)
    await user.get(0, '/cookie')
    t.match(user.cookies, { theme: 'dark', 'clowder.sid': String })
  })

  t.test('a request that does not look at its session costs none and gets no cookie', async t => {
    const { cluster, user } = await threeNodes(t)
    const answer = await user.get(0, '/untouched')
    t.equal(answer.json(), 'untouched')
    t.strictSame(answer.setCookies, [])
    t.equal(cluster.nodes[0].inspect().manager.sessions, 0)
    await user.get(0, '/count')
    t.strictSame((await user.get(0, '/untouched')).setCookies, [])
  })

  t.test('paths that the filter matches have no session', async t => {
    const { user } = await threeNodes(t, { valve: { filter: '.*\\.css' } })
    await user.get(0, '/count')
    t.strictSame((await user.get(0, '/style.css')).json(), { hasSession: false })
  })

  t.test('who has seen more than can be had is refused, if so configured', async t => {
    const { cluster, user } = await threeNodes(t, { valve: { whenStale: 'refuse' } })
    await user.get(0, '/count')
    cluster.isolate(0)
    await user.get(0, '/count')
    const refused = await user.get(1, '/count')
    t.equal(refused.status, 503)
    t.match(refused.headers, { 'clowder-stale': '1', 'retry-after': '1' })
    cluster.heal()
    await cluster.converged()
    t.strictSame((await user.get(1, '/count')).json(), { count: 3 })
  })

  t.test('a stream arrives while it is made, its session already committed', async t => {
    const { cluster, gates, user } = await threeNodes(t)
    const app = await makeApp(cluster.nodes[0], gates)
    const { address, server } = await listening(app)
    t.teardown(() => server.close())
    const response = await fetch(`${address}/stream`)
    const reader = response.body!.getReader()
    t.equal(Buffer.from((await reader.read()).value!).toString(), 'first ')
    const cookie = response.headers.getSetCookie()[0]!.split(';')[0]!
    const read = await user.request(1, { url: '/read', headers: { cookie } })
    t.strictSame(read.json(), { note: 'streamed' })
    gates.of('stream may end').resolve()
    t.equal(Buffer.from((await reader.read()).value!).toString(), 'last')
    t.equal((await reader.read()).done, true)
  })
}

async function listening(app: RequestListener | Server): Promise<{ server: Server; address: string }> {
  const server = app instanceof Server ? app : createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { server, address: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
