import { setTimeout as realDelay } from 'node:timers/promises'
import { SimProcess, VirtualClock } from '@clowder/simulator'
import t from 'tap'
import { ClusterTime } from '../../src/testing/cluster-time.js'
import { createTestCluster } from '../../src/testing/index.js'
import { shopApp } from './support/shop-app.js'

t.test('a session expires when virtual time has passed, on all nodes', async t => {
  const cluster = await createTestCluster(2, { app: shopApp, manager: { maxInactiveInterval: 60 } })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  const expired: string[] = []
  for (const node of cluster.nodes) node.on('sessionExpired', ({ local }) => void expired.push(`${local}`))
  await browser.get(0, '/count')
  await cluster.advance(50_000)
  t.equal((await browser.get(1, '/count')).json(), 2, 'used in time')
  await cluster.advance(50_000)
  t.equal((await browser.get(0, '/count')).json(), 3, 'the use of the other node counts')
  await cluster.advance(120_000)
  t.equal((await browser.get(0, '/count')).json(), 1)
  t.ok(expired.includes('true'), 'and the application is told')
})

t.test('the same seed gives the same run to the last byte, another seed another one', async t => {
  const run = async (seed: number) => {
    const cluster = await createTestCluster(3, { app: shopApp, seed })
    const browser = cluster.browser()
    const answers: string[] = []
    for (const node of [0, 2, 1]) answers.push((await browser.get(node, '/count')).setCookies.join())
    cluster.partition([0], [1, 2])
    await browser.get(0, '/count')
    cluster.heal()
    await cluster.converged()
    const { nodes } = cluster
    const end = [cluster.now(), nodes.flatMap(node => node.manager.sessionIds()), nodes[0].manager.digest()]
    await cluster.stop()
    return [answers, end]
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  t.strictSame(again, first)
  t.notSame(other, first)
})

t.test('several clusters stand side by side, also at the same time', async t => {
  const run = async () => {
    const cluster = await createTestCluster(2, { app: shopApp })
    const browser = cluster.browser()
    await browser.get(0, '/count')
    const { setCookies } = await browser.get(1, '/count')
    const sessions = cluster.nodes[0].inspect().manager.sessions
    await cluster.stop()
    return { setCookies, sessions }
  }
  const [one, two, three] = await Promise.all([run(), run(), run()])
  t.equal(one?.sessions, 1)
  t.strictSame(two, one)
  t.strictSame(three, one)
})

t.test('time stands still between calls, and passes by itself for whoever waits for the cluster', async t => {
  const cluster = await createTestCluster(2)
  t.teardown(() => cluster.stop())
  const [a, b] = cluster.nodes
  const session = a.manager.createSession()
  session.setAttribute('n', 1)
  const before = cluster.now()
  t.equal(a.manager.requestCompleted(session, 'async').acknowledged, undefined)
  await realDelay(30)
  t.equal(cluster.now(), before)
  t.strictSame(b.manager.sessionIds(), [], 'the change is on its way')
  t.match(await b.manager.loadSession(session.id!), { kind: 'here' })
  t.ok(cluster.now() > before)
  session.setAttribute('n', 2)
  t.equal(await a.manager.requestCompleted(session, 'all').acknowledged, 'held')
  cluster.partition([a], [b])
  session.setAttribute('n', 3)
  t.equal(await a.manager.requestCompleted(session, 'all').acknowledged, 'degraded')
})

t.test('a handler that waits for something real does not move the cluster; its time follows after a while', async t => {
  const cluster = await createTestCluster(2)
  t.teardown(() => cluster.stop())
  const node = cluster.nodes[0]
  const briefly = node.nodeHttp(async (_req, res) => {
    await realDelay(20)
    res.end(String(cluster.now()))
  })
  const before = cluster.now()
  t.equal((await cluster.request(node, briefly, '/')).text, String(before))
  const untilMemberGone = node.nodeHttp(async (_req, res) => {
    await new Promise(resolve => node.on('memberDisappeared', resolve))
    res.end('gone')
  })
  cluster.kill(1)
  t.equal((await cluster.request(node, untilMemberGone, '/')).text, 'gone')
})

t.test('advance waits for its turn, and so do requests', async t => {
  const cluster = await createTestCluster(3, { app: shopApp })
  t.teardown(() => cluster.stop())
  const before = cluster.now()
  const browsers = [0, 1, 2].map(() => cluster.browser())
  const counts = browsers.map((browser, node) => browser.get(node, '/count'))
  await Promise.all([cluster.advance(1000), ...counts, cluster.advance(1000), cluster.converged()])
  for (const count of counts) t.equal((await count).json(), 1)
  t.ok(cluster.now() >= before + 2000)
})

t.test('a cluster in memory opens no socket, and holds the process no longer than a request', async t => {
  const busy = () => process.getActiveResourcesInfo().filter(name => /TCP|UDP|Timeout/.test(name))
  const before = busy()
  const cluster = await createTestCluster(3, { app: shopApp })
  t.strictSame(busy(), before)
  await cluster.browser().get(0, '/count')
  t.strictSame(busy(), before)
  await cluster.stop()
})

t.test(
  'an event of the simulation that throws fails the open requests, and the cluster can still be stopped',
  async t => {
    const clock = new VirtualClock()
    const time = new ClusterTime(clock)
    const process = new SimProcess(clock)
    const failure = new Error('a bug')
    const never = new Promise<never>(() => {})
    clock.setTimer(1, () => {
      throw failure
    })
    const request = time.during(never)
    void time.watch(process, never)
    await t.rejects(request, failure)
    const stopped = new Promise<string>(resolve => void clock.setTimer(1, () => resolve('stopped')))
    t.equal(await time.watch(process, stopped), 'stopped')
  },
)
