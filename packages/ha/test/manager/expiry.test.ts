import t from 'tap'
import type { Message } from '../../src/wire/message.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'

const THREE = ['a', 'b', 'c'] as const
const LIMIT_S = 60
const HOUR_MS = 3_600_000

t.test('a session is served until its idle limit and not after; it is dropped a grace later, everywhere', async t => {
  const { a, b, nodes, until, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(LIMIT_S * 1000 - 20)
  t.strictSame(
    nodes.map(node => node.manager.sessionIds().length),
    [1, 1],
  )
  t.strictSame(b.manager.findSession('other').kind, 'unknown')
  await advance(100)
  t.strictSame(
    nodes.map(node => node.standing(id, token)),
    ['behind', 'behind'],
  )
  t.strictSame(await until(b.load(id, token)), { kind: 'none' })
  t.strictSame(
    nodes.map(node => node.manager.sessionIds().length),
    [1, 1],
    'somebody may know of a later use',
  )
  await advance(30_000)
  t.strictSame(
    nodes.map(node => node.manager.sessionIds()),
    [[], []],
  )
  t.strictSame(
    nodes.map(node => node.manager.inspect().expiry.expired),
    [1, 1],
  )
  t.strictSame(
    nodes.map(node => node.manager.digest()),
    Array(2).fill('0000000000000000'),
  )
})

t.test('sessionExpired is local on exactly one node, and carries the attributes', async t => {
  const { nodes, a, advance } = await startCluster({ names: THREE, options: { maxInactiveInterval: LIMIT_S } })
  const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
  await advance(120_000)
  const local = nodes.flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
  t.strictSame(local.map(e => e.id).sort(), ids.sort())
  t.strictSame(
    local.map(e => Number(e.attributes().n)).sort((x, y) => x - y),
    [...ids.keys()],
  )
  t.ok(
    nodes.every(node => node.eventsOf('sessionExpired').some(e => e.local)),
    'the work is shared',
  )
  t.equal(nodes.flatMap(node => node.eventsOf('sessionDestroyed')).length, 0)
})

t.test('who comes when a session is given to nobody any more is not the one to tell that it has expired', async t => {
  const plans = [
    { options: { copies: 1 }, overMs: 2_500 },
    { options: { copies: 2 }, overMs: 7_500 },
    { options: {}, overMs: 7_500 },
    { options: {}, overMs: 7_500, names: ['a'] },
  ]
  for (const { overMs, ...plan } of plans) {
    const options = { maxInactiveInterval: LIMIT_S, ...plan.options }
    const { a, nodes, cluster, until, advance } = await startCluster({ ...plan, options })
    const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
    await advance(LIMIT_S * 1000 + overMs)
    const d = new TestNode(cluster, 'd', options)
    await d.up()
    await advance(10)
    await until(d.manager.join())
    await advance(30_000)
    t.equal(d.eventsOf('sessionExpired').length, 0, 'it never had them')
    const local = nodes.flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
    t.strictSame(local.map(e => e.id).sort(), ids.sort(), JSON.stringify(plan))
  }
})

t.test('one of those that were given it in the last moment, or had it before, tells', async t => {
  const plans = [
    { options: {}, isLeft: false },
    { options: {}, isLeft: true },
    { options: { copies: 3 }, isLeft: false },
  ]
  for (const { isLeft, ...plan } of plans) {
    const options = { maxInactiveInterval: LIMIT_S, ...plan.options }
    const { a, nodes, cluster, until, advance } = await startCluster({ options })
    const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
    await advance(LIMIT_S * 1000 + 2_300)
    const late: TestNode[] = []
    for (const [name, lateMs] of Object.entries({ d: 0, e: 0, f: 5_200 })) {
      await advance(lateMs)
      const node = new TestNode(cluster, name, options)
      late.push(node)
      await node.up()
      await advance(10)
      await until(node.manager.join())
    }
    t.strictSame(
      late.map(node => node.manager.sessionIds().length > 40),
      [true, true, false],
    )
    if (isLeft) for (const node of nodes) node.kill()
    await advance(30_000)
    const local = [...nodes, ...late].flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
    t.strictSame(local.map(e => e.id).sort(), ids.sort(), JSON.stringify({ ...plan, isLeft }))
  }
})

t.test('where few hold each, who takes it over in its last moment is the one to tell', async t => {
  const options = { maxInactiveInterval: LIMIT_S, copies: 1 }
  const { a, nodes, cluster, until, advance } = await startCluster({ options })
  const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
  await advance(LIMIT_S * 1000 - 1_500)
  const d = new TestNode(cluster, 'd', options)
  await d.up()
  await advance(10)
  await until(d.manager.join())
  await advance(30_000)
  t.ok(d.eventsOf('sessionExpired').length > 10)
  const local = [...nodes, d].flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
  t.strictSame(local.map(e => e.id).sort(), ids.sort())
})

t.test(
  'who was there when a session was used last, and is back when it is given to nobody any more, may tell',
  async t => {
    const { a, b, nodes, cluster, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
    const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
    await advance(1_000)
    cluster.cut(a.channel, b.channel)
    await advance(LIMIT_S * 1000 + 5_000)
    cluster.heal()
    await advance(30_000)
    const local = nodes.flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
    t.strictSame(local.map(e => e.id).sort(), ids.sort(), 'each once')
  },
)

t.test('who was cut off when a session began, and is back when it is given to nobody any more, is not', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  cluster.cut(a.channel, b.channel)
  await advance(1_000)
  const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
  await advance(LIMIT_S * 1000 + 6_000)
  cluster.heal()
  await advance(30_000)
  t.equal(b.eventsOf('sessionExpired').length, 0, 'it never had them')
  const local = a.eventsOf('sessionExpired').filter(e => e.local)
  t.strictSame(local.map(e => e.id).sort(), ids.sort())
})

t.test('who is met late and was there before may have it: it is not told twice', async t => {
  const options = { maxInactiveInterval: LIMIT_S }
  const { a, b, nodes, cluster, until, advance } = await startCluster({ options })
  const ids = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }).id)
  await advance(1_000)
  const d = new TestNode(cluster, 'd', options)
  cluster.cut(d.channel, b.channel)
  await d.up()
  await advance(10)
  await until(d.manager.join())
  await advance(LIMIT_S * 1000 + 5_500)
  t.equal(d.manager.sessionIds().length, 100)
  cluster.heal()
  await advance(30_000)
  const local = [...nodes, d].flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
  t.strictSame(local.map(e => e.id).sort(), ids.sort(), 'each once')
})

t.test('a session that is used on one node only lives on the others', async t => {
  const { a, b, nodes, cluster, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  const before = cluster.messagesSent
  for (let n = 0; n < 60; n++) {
    await advance(5_000)
    b.open(id)
  }
  t.strictSame(
    nodes.map(node => node.manager.sessionIds()),
    [[id], [id]],
  )
  const touches = cluster.messagesSent - before - 4 * 300
  t.ok(touches <= 70, `${touches} messages besides the routine for 60 uses`)
  await advance(5_000)
  t.ok(Math.abs(a.open(id).lastAccessedTime - b.open(id).lastAccessedTime) < 10_000)
})

t.test('uses are told together, and no oftener than a twentieth of the idle limit', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: 1_000 } })
  const ids = Array.from({ length: 50 }, (_, n) => a.write(undefined, { n }).id)
  await advance(10)
  let touches = 0
  cluster.filter = body => {
    if (body[5] === 6) touches++
    return true
  }
  for (let n = 0; n < 100; n++) {
    for (const id of ids) b.open(id)
    await advance(1_000)
  }
  t.equal(touches, 1)
})

t.test('a node that has not heard of the last use asks before it drops a session, each time', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  for (const unusedMs of [30_000, 13_000]) {
    await advance(unusedMs)
    cluster.filter = body => body[5] !== 6
    b.open(id)
    await advance(2_000)
    cluster.filter = () => true
    await advance(40_000)
    t.strictSame(
      [a, b].map(node => node.manager.sessionIds()),
      [[id], [id]],
    )
  }
  t.strictSame(
    [a, b].map(node => node.eventsOf('sessionExpired').length),
    [0, 0],
  )
})

t.test(
  'with the question and one word of use lost, the next word still comes before the session is dropped',
  async t => {
    const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: 1_800 } })
    const { id } = a.write(undefined, { x: 1 })
    const TOUCH = 6
    const EXPIRING = 7
    const lost = new Set([TOUCH, EXPIRING])
    cluster.filter = body => !lost.has(body[5]!)
    await advance(1_790_000)
    b.open(id)
    await advance(5_000)
    lost.delete(TOUCH)
    await advance(56_000)
    b.open(id)
    await advance(30_000)
    t.strictSame(
      [a, b].map(node => node.manager.sessionIds()),
      [[id], [id]],
    )
    t.strictSame(
      [a, b].map(node => node.eventsOf('sessionExpired').length),
      [0, 0],
    )
    t.equal(a.standing(id), 'here')
  },
)

t.test('what one node has dropped does not come back from a node that has not yet', async t => {
  const { a, cluster, until, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  for (let n = 0; n < 300; n++) a.write(undefined, { n, filler: 'x'.repeat(100) })
  await advance(LIMIT_S * 1000 + 5_000)
  const d = new TestNode(cluster, 'd', { maxInactiveInterval: LIMIT_S })
  await d.up()
  await advance(10)
  await until(d.manager.join())
  await advance(60_000)
  t.strictSame(
    [a, d].map(node => node.manager.inspect().sessions),
    [0, 0],
  )
  t.equal(a.eventsOf('sessionCreated').length, 300, 'none came back')
  const { statesSent } = a.manager.inspect().antiEntropy
  t.ok(statesSent <= 300, `at most once each, for somebody may be using them: ${statesSent}`)
})

t.test('a death certificate is kept for an hour at least, and then forgotten by all', async t => {
  const { a, nodes, advance, sleep } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  a.manager.expireSession(id)
  await advance(20_000)
  await sleep(HOUR_MS - 50_000)
  await advance(20_000)
  t.strictSame(
    nodes.map(node => node.standing(id)),
    ['dead', 'dead', 'dead'],
  )
  await advance(30_000)
  t.strictSame(
    nodes.map(node => node.standing(id)),
    ['unknown', 'unknown', 'unknown'],
  )
  await advance(60_000)
  t.strictSame(
    nodes.map(node => node.manager.inspect().deathCertificates),
    [0, 0, 0],
  )
  t.strictSame(
    nodes.map(node => node.manager.inspect().forgetting.certificates),
    [1, 1, 1],
    'once each: nobody gave it back',
  )
})

t.test(
  'a session that comes when its time is over already is not taken, nor a certificate in a comparison',
  async t => {
    const { a, b, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
    const { id } = a.write(undefined, { x: 1 })
    await advance(10)
    const [live] = a.ask({ type: 'PULL', exchange: 0x8000_0000, id, vector: [], idleMs: 1e15 })
    const { state } = (live as Extract<Message, { type: 'STATE' }>).states[0]!
    const late = [
      { id: 'late', idleMs: LIMIT_S * 1000 + 10_000, state },
      { id: 'about to be dropped there, and just dropped here', idleMs: LIMIT_S * 1000 + 7_500, state },
      { id: 'late certificate', idleMs: HOUR_MS, state: { kind: 'dead', reason: 'invalidated', stamp: 1 } as const },
    ]
    b.receive(encodeMessage(b.wireName, { type: 'STATE', exchange: 0x8000_0000, states: late.slice(0, 2) }))
    b.receive(encodeMessage(b.wireName, { type: 'STATE', exchange: 1, states: late }))
    t.strictSame(
      late.map(sent => b.standing(sent.id)),
      ['unknown', 'unknown', 'unknown'],
    )
  },
)

t.test('a death certificate is kept for twice the idle limit where that is longer', async t => {
  const { a, b, advance, sleep } = await startCluster({ options: { maxInactiveInterval: 3 * 3_600 } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  a.manager.expireSession(id)
  await advance(10)
  await sleep(6 * HOUR_MS - 40_000)
  await advance(20_000)
  t.equal(b.standing(id), 'dead')
  await advance(60_000)
  t.equal(b.standing(id), 'unknown')
})

t.test('times of use are ages: wall clocks an hour apart change nothing', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({
    names: THREE,
    skewsMs: [0, HOUR_MS, -HOUR_MS],
    options: { maxInactiveInterval: LIMIT_S },
  })
  const { id } = b.write(undefined, { x: 1 })
  await advance(20_000)
  const d = new TestNode(cluster, 'd', { maxInactiveInterval: LIMIT_S }, { skewMs: 5 * HOUR_MS })
  await d.up()
  await advance(10)
  await until(d.manager.join())
  await advance(20_000)
  t.strictSame(
    [a, b, c, d].map(node => node.manager.sessionIds()),
    Array(4).fill([id]),
  )
  for (const node of [a, b, c, d]) {
    const idleMs = node.channel.clock.wallTime() - node.open(id).lastAccessedTime
    t.ok(idleMs <= 40_100, `${idleMs} ms on ${node.channel.name}`)
  }
  await advance(90_000)
  t.strictSame(
    [a, b, c, d].map(node => node.manager.sessionIds()),
    Array(4).fill([]),
  )
})

t.test('a session’s own interval counts on every node; ≤ 0 never expires', async t => {
  const { a, b, advance, sleep } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const [short, never] = [a.write(undefined, {}), a.write(undefined, {})]
  short.session.maxInactiveInterval = 5
  never.session.maxInactiveInterval = -1
  a.manager.requestCompleted(short.session)
  a.manager.requestCompleted(never.session)
  await advance(25_000)
  t.strictSame(
    [a, b].map(node => node.manager.sessionIds()),
    [[never.id], [never.id]],
  )
  await sleep(5 * HOUR_MS)
  await advance(60_000)
  t.strictSame(
    [a, b].map(node => node.manager.sessionIds()),
    [[never.id], [never.id]],
  )
})

t.test('an interval that is no number counts as none of its own', async t => {
  const { a, b, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const { id, session } = a.write(undefined, { x: 1 })
  session.setProperty('maxInactiveInterval', 'soon')
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(b.read(id), { x: 1 })
  await advance(120_000)
  t.strictSame(
    [a, b].map(node => node.manager.sessionIds()),
    [[], []],
  )
})

t.test('thousands that expire at once are asked for in messages of bounded size', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  for (let n = 0; n < 10_000; n++) a.write(undefined, {})
  let largest = 0
  cluster.filter = body => {
    largest = Math.max(largest, body.length)
    return true
  }
  await advance(120_000)
  t.strictSame(
    [a, b].map(node => node.manager.inspect().sessions),
    [0, 0],
  )
  t.ok(largest < 40_000, `${largest} bytes`)
})

t.test('a session that was in use where it was out of reach is not dropped for being idle where it is', async t => {
  for (const copies of [1, undefined]) {
    const options = { maxInactiveInterval: LIMIT_S, ...(copies && { copies }) }
    const { a, b, cluster, until, advance } = await startCluster({ options })
    cluster.cut(a.channel, b.channel)
    await advance(1_000)
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(40_000)
    t.match(await until(b.load(id, token)), { kind: 'here', stale: true })
    cluster.heal()
    await advance(45_000)
    t.match(await until(b.load(id, token)), { kind: 'here', stale: false }, `copies: ${copies}`)
    await advance(5_000)
    t.equal(a.eventsOf('sessionExpired').length, 0)
    await advance(120_000)
    t.strictSame([a.manager.sessionIds(), b.manager.sessionIds()], [[], []])
  }
})

t.test(
  'a use during a cut is known beyond it after the heal, though the copies are equal and its node is stopped',
  async t => {
    const { a, b, cluster, until, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(1_000)
    cluster.cut(a.channel, b.channel)
    await advance(30_000)
    a.open(id)
    await advance(20_000)
    cluster.heal()
    await advance(1_000)
    await until(a.manager.leave())
    a.manager.stop()
    await advance(30_000)
    t.match(b.manager.findSession(id, token), { kind: 'here' })
  },
)

t.test('who has let nobody use it since its limit hears of such a use when it asks for the session', async t => {
  const options = { maxInactiveInterval: LIMIT_S, copies: 1 }
  const { a, b, cluster, until, advance } = await startCluster({ options })
  cluster.cut(a.channel, b.channel)
  await advance(1_000)
  const written = Array.from({ length: 16 }, () => a.write(undefined, { x: 1 }))
  await advance(40_000)
  for (const { id, token } of written) await until(b.load(id, token))
  cluster.heal()
  await advance(LIMIT_S * 1000 - 39_900)
  const held = written.filter(({ id }) => a.stateOf(id))
  t.ok(held.length > 4)
  for (const { id, token } of held) t.match(await until(a.load(id, token)), { kind: 'here', stale: false })
})
