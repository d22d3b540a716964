import t from 'tap'
import {
  BadTestCallError,
  createTestCluster,
  NodeDownError,
  NotConvergedError,
  type TestClusterOptions,
  TestClusterStoppedError,
} from '../../src/testing/index.js'
import { shopApp } from './support/shop-app.js'

t.test('createTestCluster says what it does not accept', async t => {
  const cases: [count: unknown, options: unknown, message: RegExp][] = [
    [0, {}, /1 to 16 nodes, given 0/],
    [17, {}, /1 to 16 nodes, given 17/],
    ['3', {}, /1 to 16 nodes, given '3'/],
    [2, { seed: -1 }, /a seed is a whole number from 0, given -1/],
    [2, { seed: 'x' }, /given 'x'/],
    [2, { app: {} }, /app is a function .* given {}/],
    [2, null, /the options are an object, given null/],
  ]
  for (const [count, options, message] of cases) {
    const starting = createTestCluster(count as number, options as TestClusterOptions)
    await t.rejects(starting, { code: 'CLOWDER_BAD_TEST_CALL', message })
    await t.rejects(starting, BadTestCallError)
  }
})

t.test('options of the cluster are checked as in production', async t => {
  const options = { manager: { maxInactiveIntervall: 60 } } as TestClusterOptions
  await t.rejects(createTestCluster(2, options), { code: 'CLOWDER_BAD_OPTIONS', message: /maxInactiveIntervall/ })
  for (const section of ['membership', 'receiver'])
    for (const given of [null, 'no', 7])
      await t.rejects(createTestCluster(2, { [section]: given }), { code: 'CLOWDER_BAD_OPTIONS', message: section })
})

t.test("production's options can be given as they are", async t => {
  const before = process.listenerCount('SIGTERM')
  const cluster = await createTestCluster(2, {
    distributable: false,
    jvmRoute: 'prod1',
    name: 'shop',
    secret: 'a secret of production, 32 bytes or more',
    tls: { ca: '/etc/shop/ca.pem', cert: '/etc/shop/cert.pem', key: '/etc/shop/key.pem' },
    stopOnSignal: true,
    membership: { multicast: false, members: ['10.1.2.3:4000'], bind: '10.1.2.3' },
    receiver: { address: '10.1.2.3', port: 5000 },
  })
  t.teardown(() => cluster.stop())
  t.strictSame(
    cluster.nodes.map(node => node.localMember().name),
    ['n1', 'n2'],
  )
  t.equal(process.listenerCount('SIGTERM'), before)
})

t.test('an app factory that throws rejects the start, and nothing is left running', async t => {
  const failure = new Error('no database')
  await t.rejects(
    createTestCluster(2, {
      app: () => {
        throw failure
      },
    }),
    failure,
  )
})

t.test('a cluster says what it does not accept', async t => {
  const cluster = await createTestCluster(2)
  t.teardown(() => cluster.stop())
  const stranger = await createTestCluster(1)
  t.teardown(() => stranger.stop())
  const code = 'CLOWDER_BAD_TEST_CALL'
  t.throws(() => cluster.kill(2), { code, message: /index from 0 to 1, given 2/ })
  t.throws(() => cluster.kill('n1' as never), { code, message: /given 'n1'/ })
  t.throws(() => cluster.isolate(stranger.nodes[0]), { code, message: /one of cluster.nodes/ })
  t.throws(() => cluster.partition([0], [0, 1]), { code, message: /in two groups/ })
  t.throws(() => cluster.partition([0, 1]), { code, message: /not none and not all/ })
  t.throws(() => cluster.partition([]), { code, message: /not none and not all/ })
  t.throws(() => cluster.partition(0 as never), { code, message: /lists of nodes/ })
  await t.rejects(cluster.advance(-1), { code, message: /given -1/ })
  await t.rejects(cluster.advance('1s' as never), { code, message: /given '1s'/ })
  await t.rejects(cluster.request(0, '/'), { code, message: /which application/ })
  await t.rejects(
    cluster.request(0, () => {}, 'count'),
    { code, message: /begins with "\/", given 'count'/ },
  )
  await t.rejects(
    cluster.request(0, () => {}, { url: '/', body: () => {} }),
    { code, message: /function cannot be/ },
  )
  await t.rejects(cluster.request(0, undefined as never), { code, message: /a request is/ })
  await t.rejects(cluster.browser().get(0, undefined as never), { code, message: /given undefined/ })
})

t.test('a node that does not run cannot be paused or asked; killing it again is no error', async t => {
  const cluster = await createTestCluster(2, { app: shopApp })
  t.teardown(() => cluster.stop())
  cluster.kill(0)
  cluster.kill(0)
  cluster.resume(0)
  t.throws(() => cluster.pause(0), NodeDownError)
  await t.rejects(cluster.request(0, '/'), NodeDownError)
})

t.test('a killed node can be stopped all the same, as the teardown of an application does', async t => {
  const cluster = await createTestCluster(2, { app: shopApp })
  t.teardown(() => cluster.stop())
  cluster.kill(0)
  await cluster.nodes[0].stop()
})

t.test('nodes that do not agree in time are named, each with what it sees', async t => {
  const cluster = await createTestCluster(2)
  t.teardown(() => cluster.stop())
  cluster.nodes[0].manager.digest = () => 'of its own'
  const startedMs = cluster.now()
  const converged = cluster.converged()
  await t.rejects(converged, NotConvergedError)
  await t.rejects(converged, {
    code: 'CLOWDER_NOT_CONVERGED',
    message: /n1: sees \[n2\], 0 sessions, digest of its own\n/,
    views: [
      { name: 'n1', members: ['n2'], sessions: 0 },
      { name: 'n2', members: ['n1'] },
    ],
  })
  t.equal(cluster.now(), startedMs + 60_000)
})

t.test('after stop nothing can be done, and stop can be called again', async t => {
  const cluster = await createTestCluster(2, { app: shopApp })
  const browser = cluster.browser()
  await cluster.stop()
  await cluster.stop()
  t.throws(() => cluster.heal(), TestClusterStoppedError)
  await t.rejects(cluster.converged(), { code: 'CLOWDER_TEST_CLUSTER_STOPPED' })
  await t.rejects(browser.get(0, '/'), TestClusterStoppedError)
})

t.test('a cluster with a paused and a killed node, in a partition, is stopped', async t => {
  const cluster = await createTestCluster(3)
  cluster.partition([0], [1, 2])
  cluster.pause(1)
  cluster.kill(2)
  await cluster.stop()
  t.equal(cluster.nodes[0].state, 'stopped')
})
