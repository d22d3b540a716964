import t, { type Test } from 'tap'
import { createTestCluster, type TestCluster, type TestClusterOptions } from '../../src/testing/index.js'
import { shopApp } from './support/shop-app.js'

async function shop<N extends number>(t: Test, nodes: N, options: TestClusterOptions = {}): Promise<TestCluster<N>> {
  const cluster = await createTestCluster(nodes, { app: shopApp, ...options })
  t.teardown(() => cluster.stop())
  return cluster
}

t.test('a session written on one node is read on every other', async t => {
  const cluster = await shop(t, 3)
  const browser = cluster.browser()
  for (const [turn, node] of [0, 1, 2, 0, 2, 1].entries()) {
    t.equal((await browser.get(node, '/count')).json(), turn + 1)
  }
})

t.test('both sides of a partition write, and both writes are kept after it', async t => {
  const cluster = await shop(t, 3)
  const [a, b, c] = cluster.nodes
  const phone = cluster.browser()
  await phone.post(a, '/set', { user: 'Ada' })
  const laptop = phone.copy()
  cluster.partition([a], [b, c])
  await phone.post(a, '/set', { milk: 1 })
  await laptop.post(b, '/set', { bread: 2 })
  t.strictSame((await laptop.get(c, '/')).json(), { user: 'Ada', bread: 2 }, 'c is with b')
  t.strictSame((await phone.get(a, '/')).json(), { user: 'Ada', milk: 1 })
  cluster.heal()
  await cluster.converged()
  for (const node of cluster.nodes) {
    t.strictSame((await phone.copy().get(node, '/')).json(), { user: 'Ada', milk: 1, bread: 2 })
  }
})

t.test('a logout during a partition stays a logout, even where the session was used meanwhile', async t => {
  const cluster = await shop(t, 3)
  const browser = cluster.browser()
  await browser.post(0, '/set', { user: 'Ada' })
  await cluster.converged()
  const thief = browser.copy()
  cluster.partition([0], [1, 2])
  await browser.post(0, '/logout')
  t.match((await thief.get(1, '/')).json(), { user: 'Ada' }, 'the other side cannot know')
  cluster.heal()
  await cluster.converged()
  for (const node of cluster.nodes) t.strictSame((await thief.copy().get(node, '/')).json(), {})
})

t.test('a node that is killed takes no session with it', async t => {
  const cluster = await shop(t, 2)
  const browser = cluster.browser()
  await browser.post(0, '/set', { user: 'Ada' })
  cluster.kill(0)
  t.strictSame((await browser.get(1, '/')).json(), { user: 'Ada' })
  t.strictSame(
    cluster.nodes.map(node => node.state),
    ['ready', 'ready'],
    'nobody told it',
  )
  await cluster.converged()
  t.strictSame(cluster.nodes[1].members(), [])
})

t.test(
  'a killed node that is restarted is another process, with an application of its own and all sessions',
  async t => {
    const cluster = await shop(t, 2)
    const old = cluster.nodes[0]
    const browser = cluster.browser()
    await browser.get(1, '/count')
    await cluster.converged()
    cluster.kill(old)
    await t.rejects(browser.get(old, '/count'), { code: 'CLOWDER_NODE_DOWN', node: 'n1', message: 'n1 was killed' })
    const restarted = await cluster.restart(0)
    t.equal(cluster.nodes[0], restarted)
    t.not(restarted, old)
    await t.rejects(browser.get(old, '/count'), { code: 'CLOWDER_NODE_DOWN', message: /former life/ })
    t.equal((await browser.get(restarted, '/count')).json(), 2)
  },
)

t.test('a node that runs is restarted with a goodbye: a rolling deploy loses nothing', async t => {
  const cluster = await shop(t, 3)
  const browser = cluster.browser()
  await browser.get(0, '/count')
  for (const node of [0, 1, 2]) {
    const gone: string[] = []
    const other = cluster.nodes[(node + 1) % 3]!
    other.on('memberDisappeared', member => void gone.push(member.name))
    const startedMs = cluster.now()
    await cluster.restart(node)
    t.strictSame(gone, [`n${node + 1}`])
    t.ok(cluster.now() - startedMs < 1000, 'nobody had to wait for a silence')
  }
  t.equal((await browser.get(2, '/count')).json(), 2)
})

t.test('an isolated node goes on for its clients, and joins the others again', async t => {
  const cluster = await shop(t, 3)
  const browser = cluster.browser()
  await browser.get(0, '/count')
  await cluster.converged()
  cluster.isolate(0)
  await cluster.converged()
  t.strictSame(
    cluster.nodes.map(node => node.members().length),
    [0, 1, 1],
  )
  t.equal((await browser.get(0, '/count')).json(), 2)
  cluster.heal()
  await cluster.converged()
  t.equal((await browser.get(2, '/count')).json(), 3)
})

t.test('nodes in no group of a partition are a group, and a second partition replaces the first', async t => {
  const cluster = await shop(t, 4)
  const members = () =>
    cluster.nodes.map(node =>
      node
        .members()
        .map(m => m.name.slice(1))
        .sort()
        .join(''),
    )
  cluster.partition([0])
  await cluster.converged()
  t.strictSame(members(), ['', '34', '24', '23'])
  cluster.partition([0, 1], [2, 3])
  await cluster.converged()
  t.strictSame(members(), ['2', '1', '4', '3'])
  cluster.partition()
  await cluster.converged()
  t.strictSame(members(), ['234', '134', '124', '123'])
})

t.test('requests to a paused node wait until it is resumed, and then see what happened meanwhile', async t => {
  const cluster = await shop(t, 2)
  const browser = cluster.browser()
  await browser.get(0, '/count')
  cluster.pause(0)
  const waiting = browser.copy().get(0, '/count')
  t.equal((await browser.get(1, '/count')).json(), 2)
  await cluster.advance(5000)
  t.strictSame(cluster.nodes[1].members(), [], 'the other one has given it up')
  cluster.resume(0)
  t.equal((await waiting).json(), 3)
  await cluster.converged()
})

t.test('a kill fails the open requests of that node, paused or not', async t => {
  const cluster = await shop(t, 2)
  cluster.pause(0)
  const paused = cluster.request(0, '/count')
  const open = cluster.request(1, () => {}, '/')
  cluster.kill(0)
  await t.rejects(paused, { code: 'CLOWDER_NODE_DOWN', node: 'n1' })
  cluster.kill(1)
  await t.rejects(open, { code: 'CLOWDER_NODE_DOWN', node: 'n2' })
})

t.test('events and inspect are those of a real cluster', async t => {
  const cluster = await shop(t, 2)
  const heard: string[] = []
  for (const node of cluster.nodes) {
    node.on('sessionCreated', ({ local }) => void heard.push(`${node.localMember().name} ${local}`))
  }
  await cluster.browser().get(0, '/count')
  await cluster.converged()
  t.strictSame(heard, ['n1 true', 'n2 false'])
  t.match(cluster.nodes[1].inspect(), {
    name: 'clowder',
    state: 'ready',
    localMember: { name: 'n2', host: '10.0.0.2', port: 4000 },
    members: [{ name: 'n1', host: '10.0.0.1' }],
    manager: { sessions: 1 },
  })
})

t.test(
  'converged waits for what all members share and for further applications, not for the sessions alone',
  async t => {
    const options = { context: {}, applications: { admin: { cookie: { name: 'admin.sid' } } } }
    const cluster = await shop(t, 2, options)
    const [a, b] = cluster.nodes
    cluster.partition([a], [b])
    await cluster.converged()
    await a.context().setAttribute('open', true)
    const admin = a.application('admin').manager
    const session = admin.createSession()
    session.setAttribute('user', 'Ada')
    await admin.requestCompleted(session).acknowledged
    cluster.heal()
    await cluster.converged()
    t.equal(b.context().getAttribute('open'), true)
    t.strictSame(b.application('admin').manager.sessionIds(), [session.id])
  },
)

t.test(
  'with fewer copies than nodes converged is when those that are to hold a session do, and nobody else',
  async t => {
    for (const copies of [1, 2]) {
      const cluster = await shop(t, 3, { manager: { copies } })
      const browsers = Array.from({ length: 20 }, () => cluster.browser())
      for (const [i, browser] of browsers.entries()) await browser.post(i % 3, '/set', { i })
      await cluster.converged()
      cluster.partition([0], [1, 2])
      await cluster.converged()
      for (const [i, browser] of browsers.entries()) await browser.post(i % 3, '/set', { again: i })
      cluster.heal()
      await cluster.converged()
      const held = cluster.nodes.reduce((sum, node) => sum + node.inspect().manager.sessions, 0)
      t.equal(held, 20 * copies)
      for (const [i, browser] of browsers.entries())
        t.strictSame((await browser.get((i + 1) % 3, '/')).json(), { i, again: i })
    }
  },
)
