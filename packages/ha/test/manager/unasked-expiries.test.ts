import t from 'tap'
import type { Message } from '../../src/wire/message.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

// Dropped when it has not been used for 24 s; ends are remembered for 40 s.
const options = { maxInactiveInterval: 20, retention: 30 }

/** Whom these say to have expired. */
function namedIn(messages: readonly Message[]): readonly string[] {
  return messages.flatMap(message => (message.type === 'EXPIRED' ? message.ids : []))
}

/** A session that only c uses, which is cut off from the others, and one that ended there meanwhile. */
async function usedBeyondCut() {
  const started = await startCluster({ names: ['a', 'b', 'c', 'd'], options })
  const { cluster, nodes, a, c, advance } = started
  nodes[3]!.kill()
  await advance(100)
  const used = a.write(undefined, { x: 1 })
  const ended = a.write(undefined, { x: 1 })
  const cut = () => {
    for (const node of nodes) if (node !== c) cluster.cut(node.channel, c.channel)
  }
  const pass = async (seconds: number) => {
    for (let s = 0; s < seconds; s++) {
      await advance(1_000)
      c.open(used.id)
    }
  }
  await advance(2_000)
  cut()
  a.manager.expireSession(ended.id)
  const joined = async () => {
    const e = new TestNode(cluster, 'e', options)
    await e.up()
    cluster.cut(e.channel, c.channel)
    await advance(500)
    await started.until(e.manager.join())
    return e
  }
  return { ...started, id: used.id, cut, pass, joined }
}

t.test('a session in use beyond a cut is let in by who joined after it had expired on this side', async t => {
  const { cluster, a, c, id, pass, joined, advance } = await usedBeyondCut()
  await pass(80)
  t.equal(a.standing(id), 'unknown')
  const e = await joined()
  cluster.filter = (_body, source, target) => [source, target].every(n => n !== a.channel)
  cluster.heal()
  await advance(8_000)
  t.equal(e.standing(id), 'here')
  t.equal(c.standing(id), 'here')
})

t.test('so it is by who joined when it was about to expire, and was not given it any more', async t => {
  const { cluster, a, c, id, pass, joined, advance } = await usedBeyondCut()
  await pass(20)
  t.not(a.standing(id), 'unknown')
  const e = await joined()
  t.equal(e.standing(id), 'unknown')
  await pass(60)
  cluster.heal()
  await advance(8_000)
  for (const node of [a, c, e]) t.equal(node.standing(id), 'here', node.channel.name)
})

t.test('and so it is by who was compared with while it expired, and was told of it by neither', async t => {
  const { a, nodes, cluster, advance } = await startCluster({ names: ['a', 'b'], options: { maxInactiveInterval: 2 } })
  await advance(100)
  cluster.cut(a.channel, nodes[1]!.channel)
  await advance(5_000)
  const { id } = a.write(undefined, { x: 1 })
  await advance(1_900)
  const root = { high: 1, low: 1 }
  const all = { share: 0, shares: 1, isReady: false, asksWhoIsGone: true, view: 0, root }
  t.strictSame(namedIn(a.ask({ type: 'DIGEST', exchange: 7, ...all })), [], 'it is in use')
  let idleMs = 1_900
  const list = { type: 'LIST', exchange: 7, lists: [], known: [] } as const
  while (a.stateOf(id)) {
    a.ask({ ...list, isLast: false })
    await advance(1_000)
    t.ok((idleMs += 1_000) < 20_000)
  }
  const ended = a.ask({ ...list, isLast: true })
  t.strictSame([namedIn(ended), ended.at(-1)?.type], [[id], 'DONE'])
})

t.test('and by who was cut off when it was made, and came back when it had expired there', async t => {
  const started = await startCluster({ names: ['a', 'b', 'c'], options })
  const { nodes, a, cluster, advance } = started
  const [, b, c] = nodes as [TestNode, TestNode, TestNode]
  // All have been told who is gone: nobody asks any more.
  await advance(60_000)
  for (const other of [b, c]) cluster.cut(a.channel, other.channel)
  await advance(5_000)
  const { id } = b.write(undefined, { x: 1 })
  const ended = b.write(undefined, { x: 1 })
  await advance(1_000)
  c.manager.expireSession(ended.id)
  await advance(1_000)
  cluster.cut(b.channel, c.channel)
  for (let s = 0; c.stateOf(id) || c.stateOf(ended.id); s++) {
    await advance(1_000)
    b.open(id)
    t.ok(s < 80, 'it expires where nobody uses it, and what has ended is forgotten')
  }
  cluster.heal()
  for (const other of [a, c]) cluster.cut(b.channel, other.channel)
  await advance(3_000)
  cluster.heal()
  await advance(8_000)
  for (const node of nodes) t.equal(node.standing(id), 'here', node.channel.name)
})

t.test('when it ends after it was let in, it is as dead as any other', async t => {
  const { cluster, a, b, c, id, cut, pass, advance } = await usedBeyondCut()
  await pass(80)
  cluster.heal()
  await advance(8_000)
  t.equal(a.standing(id), 'here')
  cut()
  await advance(1_000)
  a.manager.expireSession(id)
  await pass(60)
  t.equal(a.standing(id), 'unknown', 'its certificate is forgotten')
  cluster.heal()
  await advance(8_000)
  for (const node of [a, b, c]) t.equal(node.standing(id), 'dead', node.channel.name)
})

for (const [what, secondsUntilHeal] of [
  ['knows', 30],
  ['has forgotten', 48],
] as const)
  t.test(`what is about to expire elsewhere is not let in by who ${what} that it has ended`, async t => {
    const { cluster, nodes, a, b, advance, until } = await startCluster({ names: ['a', 'b', 'c'], options })
    nodes[2]!.kill()
    await advance(1_000)
    const { id, token } = b.write(undefined, { x: 1 })
    await advance(1_000)
    cluster.cut(a.channel, b.channel)
    await advance(1_000)
    b.manager.expireSession(id)
    for (let s = 1; s <= secondsUntilHeal; s++) {
      if (s < secondsUntilHeal - 19) a.open(id)
      await advance(1_000)
    }
    t.equal(b.standing(id), secondsUntilHeal > 40 ? 'unknown' : 'dead')
    t.equal(a.standing(id), 'behind', 'idle, and not dropped yet')
    let isTold = false
    cluster.filter = (body, source) => {
      isTold ||= source === a.channel && messageIn(body).type === 'EXPIRED'
      return true
    }
    cluster.heal()
    await advance(500)
    t.strictSame(await until(b.load(id, token)), { kind: 'none' })
    t.ok(isTold)
    for (const node of [a, b]) t.equal(node.standing(id), 'dead', node.channel.name)
  })

t.test('what has just expired when somebody is missed may be in use where he is (seed 8029)', async t => {
  for (const [laterMs, kind] of [
    [0, 'here'],
    [22_000, 'none'],
  ] as const) {
    const { cluster, a, b, advance, until } = await startCluster({ names: ['a', 'b'], options })
    const used = a.write(undefined, { x: 1 })
    await advance(1_000)
    const ended = a.write(undefined, { x: 1 })
    a.manager.expireSession(ended.id)
    await advance(14_000)
    a.open(used.id)
    while (a.stateOf(used.id) || b.stateOf(used.id)) await advance(1_000)
    t.equal(b.stateOf(ended.id), undefined, 'ends of that time are forgotten')
    await advance(laterMs)
    cluster.cut(a.channel, b.channel)
    await advance(2_000)
    t.equal((await until(b.load(used.id, used.token))).kind, kind)
  }
})
