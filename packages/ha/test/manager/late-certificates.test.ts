import t from 'tap'
import { startCluster, TestNode } from '../support/delta-cluster.js'

// Ends are remembered for a minute; and for longer as long as somebody is out who may not have heard of them.
const options = { copies: 2, maxInactiveInterval: -1, retention: 60 }

/** Sessions that ended a while ago on all that held them, when one member had vanished. */
async function endedLongAgo() {
  const started = await startCluster({ names: ['a', 'b', 'c', 'd'], options })
  const { nodes, advance } = started
  const [a, b, c, d] = nodes as [TestNode, TestNode, TestNode, TestNode]
  const written = Array.from({ length: 20 }, () => a.write(undefined, { n: 1 }))
  await advance(3_000)
  d.kill()
  await advance(3_000)
  for (const { id } of written) [a, b, c].find(node => node.standing(id) === 'here')!.manager.expireSession(id)
  await advance(100_000)
  return { ...started, a, b, c, written }
}

t.test('who asks for a session is told that it ended, however long ago, by those who still know', async t => {
  const { a, b, c, written, until } = await endedLongAgo()
  for (const { id, token } of written)
    for (const node of [a, b, c]) t.equal((await until(node.load(id, token))).kind, 'none')
})

t.test('who comes to own a session that ended long ago is given its certificate, and does not compare it', async t => {
  const { a, b, c, cluster, written, advance } = await endedLongAgo()
  const e = new TestNode(cluster, 'e', options)
  await e.up()
  // Certificates are looked at in the order in which they came, as far as the first that is young.
  e.manager.expireSession(e.write(undefined, { n: 2 }).id)
  const compared = e.manager.digest()
  await advance(5_000)
  const given = written.filter(({ id }) => e.standing(id) === 'dead')
  t.ok(given.length > 0)
  const heldBy = (id: string) => [a, b, c, e].filter(node => node.stateOf(id)?.kind === 'dead').length
  for (const { id } of given) t.ok(heldBy(id) >= 2)
  t.equal(e.manager.digest(), compared)
})

t.test('where one of those that hold such a certificate dies, whoever holds its sessions then is given it', async t => {
  const { a, b, c, written, advance } = await endedLongAgo()
  a.kill()
  await advance(5_000)
  for (const { id } of written) t.strictSame([b.stateOf(id)?.kind, c.stateOf(id)?.kind], ['dead', 'dead'])
})

t.test(
  'who has just come recognizes an end also in the seconds after the others have forgotten it (seed 1997560)',
  async t => {
    const whole = { maxInactiveInterval: -1, retention: 60 }
    const { cluster, a, b, advance, until } = await startCluster({ names: ['a', 'b'], options: whole })
    const { id, token } = a.write(undefined, { n: 1 })
    await advance(12_000)
    b.manager.expireSession(id)
    await advance(40_000)
    a.kill()
    await advance(15_000)
    const c = new TestNode(cluster, 'c', whole)
    await c.up()
    while (b.stateOf(id)) await advance(100)
    t.equal((await until(c.load(id, token))).kind, 'none')
  },
)

t.test('an end outlives all who heard of it, as long as somebody is out who could bring the session back', async t => {
  const whole = { maxInactiveInterval: -1, retention: 60 }
  const { cluster, a, b, c, advance, until } = await startCluster({ names: ['a', 'b', 'c'], options: whole })
  const { id } = c.write(undefined, { n: 1 })
  await advance(50)
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await advance(3_000)
  a.manager.expireSession(id)
  await advance(100_000)
  const newcomers: TestNode[] = []
  for (const [name, old] of [
    ['d', a],
    ['e', b],
  ] as const) {
    const node = new TestNode(cluster, name, whole)
    cluster.cut(node.channel, c.channel)
    await node.up()
    await advance(1_000)
    await until(node.manager.join())
    old.kill()
    await advance(1_000)
    newcomers.push(node)
  }
  cluster.heal()
  await advance(200)
  t.strictSame(
    [...newcomers, c].map(node => node.standing(id)),
    ['dead', 'dead', 'dead'],
  )
})

t.test(
  'who ended a session without having seen it begin is told of its creation, and forgets the end in time',
  async t => {
    const started = await startCluster({
      names: ['a', 'b', 'c', 'd'],
      options: { maxInactiveInterval: -1, retention: 60 },
    })
    const { nodes, cluster, a, b, c, advance, until } = started
    nodes[3]!.kill()
    await advance(3_000)
    for (const node of [b, c]) cluster.cut(a.channel, node.channel)
    await advance(3_000)
    const { id, token } = a.write(undefined, { n: 1 })
    const adopted = await until(b.load(id, token))
    if (adopted.kind !== 'here') throw new Error(adopted.kind)
    adopted.session.setAttribute('n', 2)
    b.manager.requestCompleted(adopted.session)
    await advance(1_000)
    b.manager.expireSession(id)
    await advance(100_000)
    t.strictSame([b.standing(id), c.standing(id)], ['dead', 'dead'], 'somebody is out who may not know')
    cluster.heal()
    await advance(5_000)
    await advance(100_000)
    t.strictSame([a.standing(id), b.standing(id), c.standing(id)], ['unknown', 'unknown', 'unknown'])
  },
)

t.test(
  'an end of what nobody here has seen begin is remembered although nobody is missed: somebody has made it',
  async t => {
    const whole = { maxInactiveInterval: -1, retention: 60 }
    const { cluster, a: away, advance, until } = await startCluster({ names: ['a'], options: whole })
    const { id, token } = away.write(undefined, { n: 1 })
    const [d, e] = [new TestNode(cluster, 'd', whole), new TestNode(cluster, 'e', whole)]
    for (const node of [d, e]) cluster.cut(node.channel, away.channel)
    await d.up()
    await until(d.manager.join())
    const adopted = await until(d.load(id, token))
    if (adopted.kind !== 'here') return void t.fail(adopted.kind)
    adopted.session.setAttribute('n', 2)
    d.manager.requestCompleted(adopted.session)
    d.manager.expireSession(id)
    await advance(15_000)
    // Neither has met anybody else, and each takes the other's word for it that nobody is missing.
    await e.up()
    await advance(10)
    await until(e.manager.join())
    await until(d.manager.leave())
    await d.channel.stop()
    await advance(100_000)
    cluster.heal()
    await advance(200)
    t.strictSame(
      [e, away].map(node => node.standing(id)),
      ['dead', 'dead'],
    )
  },
)

for (const [what, hasBeginning] of [
  ['whose it was', true],
  ['which two had written it', false],
] as const) {
  t.test(
    `who ends what it had adopted beyond a cut says ${what}: who has ended it too keeps no certificate`,
    async t => {
      const whole = { maxInactiveInterval: -1, retention: 60 }
      const { nodes, cluster, a, b, c, advance, until } = await startCluster({ names: ['a', 'b', 'c'], options: whole })
      await advance(5_000)
      for (const node of [a, c]) cluster.cut(b.channel, node.channel)
      await advance(5_000)
      const { id } = a.write(undefined, { n: 1 })
      await advance(50)
      const { dots, stamp, beginning } = hasBeginning ? a.write(id, { n: 2 }).token : c.write(id, { n: 2 }).token
      await advance(5_000)
      // Cookies of former versions did not always tell the beginning.
      const adopted = await until(b.load(id, { dots, stamp, ...(hasBeginning && { beginning }) }))
      if (adopted.kind !== 'here') return void t.fail(adopted.kind)
      adopted.session.setAttribute('n', 3)
      b.manager.requestCompleted(adopted.session)
      for (const node of [a, b]) node.manager.expireSession(id)
      await advance(100_000)
      const standings = () => nodes.map(node => node.standing(id))
      t.strictSame(standings(), ['unknown', 'dead', 'unknown'])
      cluster.heal()
      await advance(20_000)
      t.strictSame(standings(), ['unknown', 'unknown', 'unknown'])
    },
  )
}

t.test(
  'who ends a part of a session that came late is told whose it was by those who have forgotten its end',
  async t => {
    const whole = { maxInactiveInterval: -1, retention: 60 }
    const { cluster, nodes, a, b, advance } = await startCluster({ names: ['a', 'b', 'c'], options: whole })
    await advance(5_000)
    b.channel.hang()
    // Of all that is told meanwhile a single write reaches it.
    let told = 0
    cluster.filter = (_body, _source, target) => target !== b.channel || told++ === 1
    const { id } = a.write(undefined, { n: 1 })
    a.write(id, { n: 2 })
    await advance(3)
    cluster.filter = (_body, _source, target) => target !== b.channel
    a.manager.expireSession(id)
    await advance(100_000)
    const standings = () => nodes.map(node => node.standing(id))
    t.strictSame(standings(), ['unknown', 'unknown', 'unknown'])
    cluster.filter = () => true
    b.channel.resume()
    t.equal(b.stateOf(id)?.kind, 'live')
    b.manager.expireSession(id)
    await advance(100_000)
    t.strictSame(standings(), ['unknown', 'unknown', 'unknown'])
  },
)
