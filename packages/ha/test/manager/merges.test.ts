import t from 'tap'
import type { LiveState } from '../../src/state/session-state.js'
import { REMOVE, startCluster } from '../support/delta-cluster.js'

const union = (a: unknown, b: unknown) => [...new Set([...(a as string[]), ...(b as string[])])].sort()
const options = { merges: { tags: union } }
const THREE = ['a', 'b', 'c']

t.test('what two nodes added to a merged attribute during a cut is all there after it', async t => {
  const { cluster, nodes, a, b, c, advance } = await startCluster({ names: THREE, options })
  const { id } = a.write(undefined, { tags: ['first'], n: 1 })
  await advance(10)
  cluster.cut(a.channel, b.channel)
  cluster.cut(a.channel, c.channel)
  await advance(1_000)
  a.write(id, { tags: ['first', 'from a'] })
  b.write(id, { tags: ['first', 'from b'] })
  cluster.heal()
  await advance(5_000)
  const expected = { n: 1, tags: ['first', 'from a', 'from b'] }
  t.strictSame(
    nodes.map(node => node.read(id)),
    [expected, expected, expected],
  )
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
  t.strictSame(
    nodes.flatMap(node => node.eventsOf('conflict')).length,
    0,
    'nothing was lost, so there is nothing to tell',
  )
  c.write(id, { tags: [...expected.tags, 'from c'] })
  await advance(10)
  t.strictSame(a.read(id), { n: 1, tags: [...expected.tags, 'from c'] })
  const entries = (a.stateOf(id) as LiveState).entries
  t.equal(
    entries.filter(e => e.name.endsWith('tags')).length,
    1,
    'the next commit takes in all that its request had read',
  )
})

t.test('two requests at once on one node both count', async t => {
  const { a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { tags: ['first'] })
  const [one, two] = [a.open(id), a.open(id)]
  for (const [session, tag] of [
    [one, 'one'],
    [two, 'two'],
  ] as const)
    session.setAttribute('tags', [...(session.getAttribute('tags') as string[]), tag])
  a.manager.requestCompleted(one)
  a.manager.requestCompleted(two)
  await advance(10)
  t.strictSame(b.read(id), { tags: ['first', 'one', 'two'] })
  one.setAttribute('tags', [...(one.getAttribute('tags') as string[]), 'once more'])
  a.manager.requestCompleted(one)
  await advance(10)
  t.strictSame(b.read(id), { tags: ['first', 'once more', 'one', 'two'] }, 'also when one of them goes on')
})

t.test('a read changes nothing, and a removal takes away what it had seen, not what was added meanwhile', async t => {
  const { cluster, a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { tags: ['first'] })
  await advance(10)
  const reader = b.open(id)
  reader.getAttribute('tags')
  t.equal(b.manager.requestCompleted(reader).changed, false)
  cluster.cut(a.channel, b.channel)
  await advance(1_000)
  a.write(id, { tags: REMOVE })
  t.strictSame(a.read(id), {})
  b.write(id, { tags: ['first', 'second'] })
  cluster.heal()
  await advance(5_000)
  t.strictSame([a.read(id), b.read(id)], Array(2).fill({ tags: ['first', 'second'] }))
  a.write(id, { tags: REMOVE })
  await advance(10)
  t.strictSame([a.read(id), b.read(id)], [{}, {}])
})

t.test('nor what was added meanwhile by a request of the same node', async t => {
  const { a, b, advance } = await startCluster({ options })
  for (const isRenamed of [false, true]) {
    const { id } = a.write(undefined, { tags: ['first'] })
    const removing = a.open(id)
    t.strictSame(removing.getAttribute('tags'), ['first'])
    a.write(id, { tags: ['second'] })
    removing.removeAttribute('tags')
    if (isRenamed) removing.changeSessionId()
    a.manager.requestCompleted(removing)
    await advance(10)
    for (const node of [a, b]) t.strictSame(node.read(removing.id), { tags: ['second'] })
    t.strictSame(removing.getAttribute('tags'), ['second'])
    a.write(removing.id, { tags: REMOVE })
    await advance(10)
    for (const node of [a, b]) t.strictSame(node.read(removing.id), {})
  }
})

t.test('a new id takes the merged value along', async t => {
  const { cluster, a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { tags: ['first'] })
  await advance(10)
  cluster.cut(a.channel, b.channel)
  await advance(1_000)
  a.write(id, { tags: ['a'] })
  b.write(id, { tags: ['b'] })
  cluster.heal()
  await advance(5_000)
  const session = a.open(id)
  const renamed = session.changeSessionId()
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(b.read(renamed), { tags: ['a', 'b'] })
  t.equal(b.standing(id), 'dead')
})

t.test('a merge function that gives another result each time, or throws, keeps no two copies apart', async t => {
  let calls = 0
  const capricious = (a: unknown, b: unknown) => {
    if (++calls % 3 === 0) throw new Error('not today')
    return calls % 2 === 0 ? a : b
  }
  const { cluster, nodes, a, b, c, advance } = await startCluster({
    names: THREE,
    options: { merges: { tags: capricious } },
  })
  const { id } = a.write(undefined, { tags: ['first'] })
  await advance(10)
  for (const [x, y] of [
    [a, b],
    [b, c],
    [a, c],
  ] as const)
    cluster.cut(x.channel, y.channel)
  await advance(1_000)
  for (const node of nodes) node.write(id, { tags: [node.channel.name] })
  cluster.heal()
  await advance(5_000)
  for (const node of nodes) t.ok(Array.isArray((node.read(id) as { tags: unknown }).tags))
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
  t.ok(calls > 0)
})

t.test('destroyed sessions tell the merged value', async t => {
  const { a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { tags: ['x'] })
  await advance(10)
  a.manager.expireSession(id)
  await advance(10)
  t.strictSame(b.eventsOf('sessionDestroyed')[0]?.attributes(), { tags: ['x'] })
})

/** A counter: each client counts for itself, and the greater count of a client is the later one. */
const greatest = (a: unknown, b: unknown) => {
  const counts = { ...(a as Record<string, number>) }
  for (const [client, count] of Object.entries(b as Record<string, number>))
    counts[client] = Math.max(count, counts[client] ?? 0)
  return counts
}

t.test(
  '1,000 increments of 8 clients over 3 nodes without a lock are exactly 1,000 with a counter that merges',
  async t => {
    const { cluster, nodes, a, advance } = await startCluster({ names: THREE, options: { merges: { hits: greatest } } })
    cluster.faults = { delayMinMs: 1, delayMaxMs: 20, loss: 0.02, duplication: 0.02 }
    const { id } = a.write(undefined, { hits: {} })
    await advance(100)
    const clients = Array.from({ length: 8 }, (_, index) => ({ name: `client ${index}`, done: 0 }))
    for (let turn = 0; turn < 125; turn++) {
      // All read before any of them writes.
      const open = clients.map((client, index) => {
        const node = nodes[(index + turn) % 3]!
        const session = node.open(id)
        const hits = session.getAttribute('hits') as Record<string, number>
        client.done++
        session.setAttribute('hits', { ...hits, [client.name]: client.done })
        return { node, session }
      })
      await advance(1)
      for (const { node, session } of open) node.manager.requestCompleted(session)
    }
    await advance(10_000)
    for (const node of nodes) {
      const { hits } = node.read(id) as { hits: Record<string, number> }
      t.equal(
        Object.values(hits).reduce((sum, count) => sum + count, 0),
        1_000,
      )
    }
  },
)
