import t from 'tap'
import { Departures } from '../../src/manager/departures.js'
import { actorOf } from '../../src/manager/peers.js'
import { entryOf } from '../../src/state/session-state.js'
import { actorPrefix } from '../../src/state/version-token.js'
import { aliasOf, processOf } from '../../src/state/version-vector.js'
import { startCluster, type TestNode } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

t.test(
  'who writes on an older copy than it once had uses no number twice, however often it dropped copies',
  async t => {
    const { nodes, cluster, until, advance } = await startCluster({
      names: ['a', 'b', 'c', 'd'],
      options: { copies: 1 },
    })
    const [writer, other, , owner] = nodes as [TestNode, TestNode, TestNode, TestNode]
    const change = async (node: TestNode, id: string, name: string) => {
      const found = await until(node.load(id))
      if (found.kind !== 'here') throw new Error(found.kind)
      found.session.setAttribute(name, 1)
      node.manager.requestCompleted(found.session)
    }
    const all = Array.from({ length: 60 }, () => writer.write(undefined, { n: 0 }).id)
    await advance(3_000)
    const ids = all.filter(id => owner.stateOf(id))
    // The other one keeps a copy without the writer's next change, because its own does not reach the owner.
    cluster.filter = (body, from, to) =>
      !(from === other.channel && to === owner.channel) || messageIn(body).type === 'PULL'
    for (const id of ids) await change(other, id, 'other')
    for (const id of ids) await change(writer, id, 'first')
    await advance(3_000)
    for (const node of nodes) if (node !== owner) cluster.cut(node.channel, owner.channel)
    cluster.filter = () => true
    await advance(3_000)
    for (const id of ids) await until(writer.load(id))
    await advance(3_000)
    for (const id of ids) await change(writer, id, 'second')
    cluster.heal()
    await advance(8_000)
    const everything = { n: 0, other: 1, first: 1, second: 1 }
    t.ok(ids.length > 0)
    for (const id of ids) t.strictSame(owner.read(id), everything)
  },
)

t.test('two processes with one incarnation that go on apart with one session write under different names', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { token } = a.write(undefined, { x: 1 })
  cluster.cut(a.channel, b.channel)
  await advance(10)
  const twin = { ...a.channel.localMember(), host: 'the clone' }
  b.channel.localMember = () => twin
  const writers: (string | undefined)[] = []
  for (const node of [a, b]) {
    const loaded = await until(node.load('of both', token))
    if (loaded.kind !== 'here') throw new Error(loaded.kind)
    loaded.session.setAttribute('by', node.channel.name)
    node.manager.requestCompleted(loaded.session)
    const state = node.stateOf('of both')
    writers.push(state?.kind === 'live' ? entryOf(state, 'by')?.actor : undefined)
  }
  t.ok(writers[0] && writers[1])
  t.not(writers[0], writers[1])
  t.equal(processOf(writers[0]!), processOf(writers[1]!), 'of what is one process for all others')
})

t.test('what two processes with one incarnation write to a session that both have is kept apart', async t => {
  const { a, b, nodes, cluster, advance } = await startCluster()
  const { id } = a.write(undefined, { step: 0 })
  await advance(10)
  cluster.cut(a.channel, b.channel)
  await advance(10)
  const { localMember } = b.channel
  const twin = { ...a.channel.localMember(), host: 'the clone' }
  b.channel.localMember = () => twin
  a.write(id, { step: 'a', first: 1 })
  await advance(10)
  b.write(id, { step: 'b', second: 2 })
  // It has found out, and taken another one.
  b.channel.localMember = localMember
  cluster.heal()
  await advance(5_000)
  for (const node of nodes) t.strictSame(node.read(id), { step: 'b', first: 1, second: 2 }, node.channel.name)
  for (const node of nodes)
    t.strictSame(
      node.eventsOf('conflict').map(event => [event.name, event.kept(), event.dropped()]),
      [['step', 'b', 'a']],
    )
})

t.test('who wrote under another name of its own is no stranger, and is gone when it is gone', async t => {
  const { a, b, until, advance } = await startCluster()
  await advance(12_000)
  const member = a.channel.localMember()
  const alias = aliasOf(actorOf(member), 7)
  const seen = { ...a.write(undefined, { x: 1 }).token, dots: [{ actor: actorPrefix(alias), counter: 1 }] }
  t.strictSame(await until(b.load('expired', seen)), { kind: 'none' })
  const departures = new Departures(b.channel, actorOf)
  departures.memberDisappeared(member, true)
  t.ok(departures.hasNamed(actorPrefix(alias)))
  t.ok(departures.isGoneFor(alias, 0))
  t.notOk(departures.isGoneFor(aliasOf(actorOf(b.channel.localMember()), 7), 0))
})

t.test(
  'a certificate goes in its time although its session was made just before its maker took another name',
  async t => {
    const { cluster, a, b, c, advance } = await startCluster({
      names: ['a', 'b', 'c'],
      options: { maxInactiveInterval: -1, retention: 60 },
    })
    const { id } = a.write(undefined, { x: 1 })
    const before = a.channel.localMember()
    const local = cluster.node('a').localMember()
    a.channel.localMember = () => local
    a.manager.incarnationChanged(local, before)
    await advance(5_000)
    c.kill()
    await advance(1_000)
    a.manager.expireSession(id)
    await advance(70_000)
    t.strictSame(
      [a, b].map(node => node.manager.inspect().deathCertificates),
      [0, 0],
    )
  },
)
