import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.js'
import { createCluster, KeyNotHeldError } from '../../src/index.js'
import { ClusterKeyring, type ClusterKeyringComponents } from '../../src/keyring/cluster-keyring.js'
import { createTestCluster, type TestCluster, type TestClusterOptions } from '../../src/testing/index.js'
import { shopApp } from '../testing/support/shop-app.js'

const [OLD, NEW, THIRD] = ['old', 'new', 'third'].map(name => `the ${name} secret of the shop, thirty-two bytes`) as [
  string,
  string,
  string,
]

interface Line {
  readonly name: string
  readonly text: string
}

async function shop(t: Test, options: TestClusterOptions = {}) {
  const lines: Line[] = []
  const log = (fields: object, text: string) => void lines.push({ name: JSON.stringify(fields), text })
  const logger = { debug: log, info: log, warn: log, error: log }
  const cluster = await createTestCluster(3, { app: shopApp, secret: OLD, logger, logLevel: 'debug', ...options })
  t.teardown(() => cluster.stop())
  // Who has just started does not know yet who is missing.
  await cluster.advance(11_000)
  return { cluster, lines, nodes: cluster.nodes, old: cluster.nodes[0].keyring.list()[0]!.id }
}

const states = (node: Cluster) => node.keyring.list().map(({ state }) => state)

t.test('a secret is replaced on one node, for all, and nobody is logged out', async t => {
  const { cluster, nodes, lines, old } = await shop(t)
  const browser = cluster.browser()
  await browser.post(0, '/set', { user: 'Ada' })
  const before = browser.cookies['clowder.sid']
  const [a, b, c] = nodes
  const id = b.keyring.addKey(NEW)
  await b.keyring.useKey(id)
  for (const node of nodes)
    t.strictSame(node.keyring.list(), [
      { id, state: 'current' },
      { id: old, state: 'accepted' },
    ])
  t.match((await browser.get(2, '/')).json(), { user: 'Ada' }, 'the old cookie is good')
  t.not(browser.cookies['clowder.sid'], before, 'and signed anew')
  const connections = () => nodes.map(node => node.inspect().transport!.connectionsOpened)
  const connectionsBefore = connections()
  const heard: unknown[] = []
  c.on('keyChanged', key => heard.push(key))
  t.strictSame(await a.keyring.removeKey(old), { removed: true, awaits: [] })
  for (const node of nodes) t.strictSame(states(node), ['current', 'removed'])
  t.strictSame(heard, [{ id: old, state: 'removed' }])
  t.match((await browser.get(1, '/')).json(), { user: 'Ada' })
  await cluster.advance(2_000)
  for (const [i, count] of connections().entries()) t.ok(count >= connectionsBefore[i]! + 2, 'made anew')
  t.strictSame(
    nodes.map(node => node.members().length),
    [2, 2, 2],
  )
  const forged = await cluster.request(0, { url: '/', cookies: { 'clowder.sid': before! } })
  t.strictSame(forged.json(), {}, 'a cookie under the old key is none')
  t.equal(lines.filter(({ text }) => text.includes(`Key ${id} is used`)).length, 3)
  t.equal(lines.filter(({ text }) => text.includes(`Key ${old} is removed`)).length, 3)
  for (const { name, text } of lines) for (const secret of [OLD, NEW]) t.notOk(`${name}${text}`.includes(secret))
})

t.test(
  'as long as a member is away that may know no other key, the old one is retired, and then removed everywhere',
  async t => {
    const { cluster, nodes, old } = await shop(t)
    const [a, b, c] = nodes
    cluster.isolate(c)
    await cluster.converged()
    const id = a.keyring.addKey(NEW)
    await a.keyring.useKey(id)
    t.equal(c.keyring.list()[0]!.id, old)
    const removal = await a.keyring.removeKey(old)
    t.match(removal, { removed: false, awaits: [{ id: c.localMember().id, name: 'n3' }] })
    t.strictSame([a, b, c].map(states), [['current', 'retired'], ['current', 'retired'], ['current']])
    await cluster.advance(20_000)
    t.strictSame(states(b), ['current', 'retired'], 'for as long as it takes')
    cluster.heal()
    await cluster.converged()
    await cluster.advance(5_000)
    for (const node of nodes)
      t.strictSame(node.keyring.list(), [
        { id, state: 'current' },
        { id: old, state: 'removed' },
      ])
  },
)

t.test('who removes the key by force waits for nobody', async t => {
  const { cluster, nodes, old } = await shop(t)
  const [a, b, c] = nodes
  cluster.kill(c)
  await cluster.converged()
  await a.keyring.useKey(a.keyring.addKey(NEW))
  t.match(await b.keyring.removeKey(old), { removed: false, awaits: [{ name: 'n3' }] })
  t.strictSame(await b.keyring.removeKey(old, { force: true }), { removed: true, awaits: [] })
  t.strictSame(states(a), ['current', 'removed'])
})

t.test(
  'a member that was killed is not awaited once another process has its address, and that one learns the keys',
  async t => {
    const { cluster, nodes, old } = await shop(t)
    const [a, b, c] = nodes
    cluster.kill(c)
    await cluster.converged()
    const id = a.keyring.addKey(NEW)
    await a.keyring.useKey(id)
    t.match(await a.keyring.removeKey(old), { removed: false })
    await cluster.restart(2)
    await cluster.converged()
    await cluster.advance(15_000)
    for (const node of [a, b, cluster.nodes[2]]) t.strictSame(states(node), ['current', 'removed'])
  },
)

t.test('a goodbye is no reason to wait', async t => {
  const { cluster, nodes, old } = await shop(t)
  await nodes[2].stop()
  await cluster.advance(1_000)
  await nodes[0].keyring.useKey(nodes[0].keyring.addKey(NEW))
  t.strictSame(await nodes[0].keyring.removeKey(old), { removed: true, awaits: [] })
})

t.test(
  'a member that stands still is waited for until it is no member any more, and learns the key when it goes on',
  async t => {
    const { cluster, nodes } = await shop(t)
    cluster.pause(2)
    const [a, , c] = nodes
    const id = a.keyring.addKey(NEW)
    await a.keyring.useKey(id)
    t.equal(a.members().length, 1)
    cluster.resume(2)
    await cluster.converged()
    await cluster.advance(2_000)
    t.equal(c.keyring.list()[0]!.id, id)
  },
)

t.test('who was away learns the keys from whomever he meets', async t => {
  const { cluster, nodes } = await shop(t)
  const [a, b, c] = nodes
  cluster.isolate(c)
  await cluster.converged()
  const id = a.keyring.addKey(NEW)
  await a.keyring.useKey(id)
  cluster.isolate(a)
  await cluster.converged()
  cluster.partition([a], [b, c])
  await cluster.converged()
  await cluster.advance(2_000)
  t.equal(c.keyring.list()[0]!.id, id)
})

t.test('what two sides of a cut have done is joined', async t => {
  const { cluster, nodes } = await shop(t)
  const [a, b, c] = nodes
  cluster.partition([a], [b, c])
  await cluster.converged()
  const onA = a.keyring.addKey(NEW)
  const onB = b.keyring.addKey(THIRD)
  await Promise.all([a.keyring.useKey(onA), b.keyring.useKey(onB)])
  cluster.heal()
  await cluster.converged()
  await cluster.advance(2_000)
  const rings = nodes.map(node => JSON.stringify(node.keyring.list()))
  t.equal(new Set(rings).size, 1, rings[0]!)
  t.equal(a.keyring.list().length, 3)
})

t.test(
  'a member with the new and the old secret in its options works with those that have only the old one',
  async t => {
    const { cluster, nodes } = await shop(t, { secret: [OLD, NEW] })
    const [a, b] = nodes
    const browser = cluster.browser()
    await browser.post(0, '/set', { user: 'Ada' })
    t.equal(b.keyring.list().length, 2)
    const [current, other] = a.keyring.list()
    await t.rejects(a.keyring.removeKey(current!.id), { code: 'CLOWDER_KEY_IN_USE' })
    await a.keyring.useKey(other!.id)
    t.equal(b.keyring.list()[0]!.id, other!.id)
  },
)

t.test('what cannot be done is refused, in words that tell no secret', async t => {
  const { nodes } = await shop(t)
  const { keyring } = nodes[0]
  for (const secret of ['short', '', undefined as never, 'x'.repeat(70_000)])
    t.throws(() => keyring.addKey(secret), { code: 'CLOWDER_BAD_SECRET', message: /at least 32 bytes/ })
  await t.rejects(keyring.useKey('0123456789abcdef'), { code: 'CLOWDER_UNKNOWN_KEY' })
  await t.rejects(keyring.removeKey('0123456789abcdef'), { code: 'CLOWDER_UNKNOWN_KEY' })
  const id = keyring.addKey(NEW)
  await keyring.removeKey(id)
  t.throws(() => keyring.addKey(NEW), { code: 'CLOWDER_KEY_REMOVED', message: new RegExp(id) })
  await t.rejects(keyring.useKey(id), { code: 'CLOWDER_KEY_REMOVED' })
})

t.test('without a secret, or in the open, there is no keyring; in one process it needs nobody', async t => {
  const only = { distributable: false, logger: false } as const
  const bare = await createCluster(only)
  t.throws(() => bare.keyring, { code: 'CLOWDER_KEYRING_DISABLED' })
  const open = await createCluster({ ...only, insecure: true, secret: OLD })
  t.throws(() => open.keyring, { code: 'CLOWDER_KEYRING_DISABLED' })
  const alone = await createCluster({ ...only, secret: OLD })
  await alone.keyring.useKey(alone.keyring.addKey(NEW))
  t.strictSame(await alone.keyring.removeKey(alone.keyring.list()[1]!.id), { removed: true, awaits: [] })
  await Promise.all([bare, open, alone].map(cluster => cluster.stop()))
})

t.test('a key is not used as long as a member that is present has not acknowledged it', async t => {
  const { nodes } = await shop(t)
  const member = nodes[1].localMember()
  const used: string[] = []
  const keyring = { onChange: () => () => {}, list: () => [], share: () => {}, use: (id: string) => used.push(id) }
  const exchange = { untilHeld: async () => [member] }
  const stuck = new ClusterKeyring({ keyring, exchange } as unknown as ClusterKeyringComponents)
  const refused = await stuck.useKey('0123456789abcdef').catch(error => error)
  t.ok(refused instanceof KeyNotHeldError)
  t.match(refused, { code: 'CLOWDER_KEY_NOT_HELD', message: /n2 tcp:/, members: [member] })
  t.strictSame(used, [])
})

/** `act`, when the killed n3 has just come back as another process, to n1 alone. */
async function whenBack<T>(t: Test, act: (cluster: TestCluster<3>, a: Cluster, old: string) => Promise<T>) {
  const { cluster, nodes, old } = await shop(t)
  const [a, b] = nodes
  await b.stop()
  cluster.kill(2)
  await cluster.converged()
  await a.keyring.useKey(a.keyring.addKey(NEW))
  const done = new Promise<T>(resolve => {
    const added = () => {
      a.off('memberAdded', added)
      resolve(act(cluster, a, old))
    }
    a.on('memberAdded', added)
  })
  const c = await cluster.restart(2)
  return { cluster, a, c, result: await done }
}

t.test('a key is not removed before a member that has just come was told of another one', async t => {
  const { cluster, a, c, result } = await whenBack(t, (cluster, a, old) => {
    cluster.isolate(2)
    return a.keyring.removeKey(old)
  })
  t.match(result, { removed: false })
  t.strictSame(states(c), ['current'], 'it was gone before it heard of anything')
  t.strictSame(states(a), ['current', 'retired'])
  cluster.heal()
  await cluster.converged()
  await cluster.advance(20_000)
  for (const node of [a, c]) t.strictSame(states(node), ['current', 'removed'])
})

t.test('who has just come and is told in time does not keep a key from being removed', async t => {
  const { a, c, result } = await whenBack(t, (_, a, old) => a.keyring.removeKey(old))
  t.strictSame(result, { removed: true, awaits: [] })
  for (const node of [a, c]) t.strictSame(states(node), ['current', 'removed'])
})

t.test('who stops before the others have a key has not used it', async t => {
  const { nodes, old } = await shop(t)
  const [a, b] = nodes
  const using = a.keyring.useKey(a.keyring.addKey(NEW))
  const stopped = a.stop()
  await t.rejects(using, { code: 'CLOWDER_KEY_NOT_HELD' })
  await stopped
  t.equal(b.keyring.list()[0]!.id, old)
})
