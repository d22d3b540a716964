import t from 'tap'
import { LockHearing } from '../../src/lock/lock-hearing.js'
import { stampLater } from '../../src/state/hybrid-clock.js'
import type { Message } from '../../src/wire/message.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { type StartedCluster, startCluster, TestNode } from '../support/delta-cluster.js'
import { homeOf, increment, lockCluster, openLocked, sessionAt, watched } from '../support/lock-cluster.js'
import { messageIn } from '../support/message-in.js'

const LEASE_MS = 3_000
const names = ['a', 'b', 'c']

t.test(
  'when the home is killed its locks go on with their holders, and others wait until all can be known',
  async t => {
    const { a, b, c, id, nodes, cluster, until, advance } = await lockCluster()
    const locked = (await until(openLocked(b, id)))!
    const next = watched(c.manager.locks.lock(id, 20_000))
    await advance(50)
    a.kill()
    await advance(5_000)
    t.ok(locked.lock.isHeld, 'renewed at the new home')
    t.notOk(next.isOver)
    t.equal(increment(b, locked), 1)
    await advance(20)
    t.ok(next.lock?.isHeld)
    t.ok(homeOf(id, nodes.slice(1)).manager.inspect().locks.home.granted > 0)
    next.lock?.release()
    const other = await sessionAt(c, [b, c], advance)
    const sinceMs = cluster.time.nowMs
    await until(openLocked(b, other))
    t.ok(cluster.time.nowMs - sinceMs < 20, 'sessions of a home that is still there wait for nothing')
  },
)

t.test('when the home is killed while one of its own requests has the lock, the next waits for a lease', async t => {
  const { a, b, id, cluster, until, advance } = await lockCluster()
  await until(openLocked(a, id))
  a.kill()
  const sinceMs = cluster.time.nowMs
  await advance(10)
  const next = (await until(openLocked(b, id)))!
  const waitedMs = cluster.time.nowMs - sinceMs
  t.ok(waitedMs >= LEASE_MS && waitedMs <= LEASE_MS * 1.1 + 50, `waited ${waitedMs} ms`)
  t.equal(increment(b, next), 1)
})

t.test('the next home of one that leaves gives locks above all that that one has given', async t => {
  const { nodes, until, advance } = await startCluster({ names, skewsMs: [4_000, 0, 0] })
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode]
  let id = ''
  while (id === '' || homeOf(id, [b, c]) !== b) id = await sessionAt(a, nodes, advance)
  const first = (await until(openLocked(a, id)))!
  first.lock.release()
  await advance(10)
  await until(a.manager.leave())
  a.manager.stop()
  a.kill()
  await advance(10)
  const next = (await until(openLocked(b, id)))!
  t.ok(next.lock.fence > first.lock.fence, `${next.lock.fence} after ${first.lock.fence}`)
})

t.test('a holder that is lost before it has told the next home of its lock is waited for', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names })
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode]
  let id = ''
  while (id === '' || homeOf(id, [b, c]) !== c) id = await sessionAt(a, nodes, advance)
  await advance(LEASE_MS * 2)
  const held = (await until(openLocked(b, id)))!
  b.channel.hang()
  a.manager.stop()
  await advance(10)
  const next = watched(c.manager.locks.lock(id, 20_000))
  await advance(1_000)
  a.kill()
  cluster.cut(b.channel, c.channel)
  await advance(500)
  t.ok(held.lock.isHeld)
  t.notOk(next.isOver)
  await advance(LEASE_MS)
  t.ok(next.lock?.isHeld)
})

t.test('a member that joins takes its part over with all locks in it, and nobody waits for a lease', async t => {
  const { nodes, a, cluster, until, advance } = await startCluster({ names })
  const ids = Array.from({ length: 40 }, () => a.write(undefined, { n: 0 }).id)
  await advance(50)
  const locked = await until(Promise.all(ids.map((id, i) => openLocked(nodes[i % 3]!, id))))
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  await until(d.manager.join())
  const moved = ids.filter(id => homeOf(id, [...nodes, d]) === d)
  t.ok(moved.length > 3, `${moved.length} of 40 are given by the newcomer`)
  const next = ids.map((id, i) => watched(nodes[(i + 1) % 3]!.manager.locks.lock(id, 20_000)))
  await advance(500)
  t.notOk(
    next.some(({ isOver }) => isOver),
    'nobody gets what others hold',
  )
  const sinceMs = cluster.time.nowMs
  for (const [i, each] of locked.entries()) increment(nodes[i % 3]!, each!)
  await advance(50)
  t.ok(
    next.every(({ lock }) => lock?.isHeld),
    `all given on within ${cluster.time.nowMs - sinceMs} ms`,
  )
  t.equal(d.manager.inspect().locks.home.overrun, 0)
  for (const { lock } of next) lock!.release()
  await advance(20)
  for (const id of moved) {
    const each = (await until(openLocked(d, id)))!
    t.equal(each.session.getAttribute('n'), 1)
    each.lock.release()
  }
})

/** A member that joins and takes sessions over whose home is `former`, and one of them whose lock `former` holds. */
async function takenOver(nodes: readonly TestNode[], former: TestNode, cluster: StartedCluster['cluster']) {
  const d = new TestNode(cluster, 'd')
  let id = ''
  while (homeOf(id, nodes) !== former || homeOf(id, [...nodes, d]) !== d) id = former.write(undefined, { n: 0 }).id
  await cluster.time.advance(20)
  const held = (await cluster.time.until(openLocked(former, id)))!
  return { d, id, held }
}

t.test('the next home knows of a free lock what its last holder left, and of its fence', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names })
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode]
  const { d, id, held } = await takenOver(nodes, a, cluster)
  increment(a, held)
  const second = (await until(openLocked(b, id)))!
  increment(b, second)
  await d.up()
  await advance(10)
  await until(d.manager.join())
  const { lock } = (await until(openLocked(c, id)))!
  t.ok(lock.fence > second.lock.fence)
  t.equal(d.manager.inspect().locks.home.granted, 1)
  t.ok(lock.seen.stamp > second.lock.fence)
  t.strictSame(lock.seen, second.lock.left)
})

t.test('a member that joins gives nothing as long as the others see somebody whom it does not see yet', async t => {
  const { nodes, a, b, cluster, advance } = await startCluster({ names })
  const { d, id, held } = await takenOver(nodes, a, cluster)
  cluster.cut(a.channel, d.channel)
  await d.up()
  await advance(5)
  const next = watched(b.manager.locks.lock(id, 20_000))
  await advance(1_000)
  t.notOk(next.isOver, 'the former home may have given it')
  cluster.heal()
  await advance(500)
  t.notOk(next.isOver, 'and says that it has')
  increment(a, held)
  await advance(50)
  t.ok(next.lock?.isHeld)
  t.equal(d.manager.inspect().locks.home.overrun, 0)
})

t.test('a member that joins after a home was killed is told of it, and waits for a lease as all do', async t => {
  const { nodes, a, b, cluster, advance } = await startCluster({ names })
  const { d, id, held } = await takenOver(nodes, a, cluster)
  a.kill()
  const sinceMs = cluster.time.nowMs
  await advance(5)
  await d.up()
  await advance(5)
  const next = watched(b.manager.locks.lock(id, 20_000))
  while (!next.isOver) await advance(10)
  const waitedMs = cluster.time.nowMs - sinceMs
  t.ok(waitedMs >= LEASE_MS && waitedMs <= LEASE_MS * 1.1 + 50, `waited ${waitedMs} ms`)
  t.ok(next.lock!.fence > stampLater(held.lock.fence, 3 * LEASE_MS), 'above all that it can have stamped')
})

t.test('a lock whose lease has ended does not come to life again at another home', async t => {
  const { a, b, c, id, until, advance } = await lockCluster()
  const stale = (await until(openLocked(b, id)))!
  b.channel.hang()
  const next = watched(c.manager.locks.lock(id, 20_000))
  await advance(LEASE_MS * 1.1)
  increment(c, { lock: next.lock!, session: c.open(id) })
  await advance(20)
  a.kill()
  await advance(5)
  b.channel.resume()
  await advance(LEASE_MS)
  t.notOk(stale.lock.isHeld, 'nobody is left who knows that another has had it since')
  t.throws(() => increment(b, stale), { code: 'HA_SESSION_LOCK_LOST' })
})

t.test('a member that leaves costs nobody a lease', async t => {
  const { a, b, c, id, cluster, until, advance } = await lockCluster()
  increment(a, (await until(openLocked(a, id)))!)
  const locked = (await until(openLocked(b, id)))!
  const next = watched(c.manager.locks.lock(id, 20_000))
  await advance(10)
  a.manager.stop()
  await advance(5)
  a.kill()
  await advance(100)
  t.notOk(next.isOver)
  const sinceMs = cluster.time.nowMs
  t.equal(increment(b, locked), 2)
  await advance(20)
  t.ok(next.lock?.isHeld, `after ${cluster.time.nowMs - sinceMs} ms`)
})

t.test('a home that has said that it leaves gives no lock any more, whoever gives one back to it', async t => {
  const { a, b, c, id, until, advance } = await lockCluster()
  const first = (await until(openLocked(b, id)))!
  const waiting = watched(c.manager.locks.lock(id, 20_000))
  await advance(10)
  const { granted } = a.manager.inspect().locks.home
  void a.manager.leave()
  // The word of the one and of the other are on their way at the same time.
  first.lock.release()
  await advance(5)
  t.equal(a.manager.inspect().locks.home.granted, granted)
  await advance(500)
  t.ok(waiting.lock?.isHeld, 'its successor does')
})

t.test('who went before is passed on for as long as it may matter', async t => {
  const { a, b, cluster, advance } = await startCluster()
  await advance(100)
  const named: number[] = []
  cluster.filter = body => {
    const message = messageIn(body)
    if (message.type === 'LOCKS') named.push(message.gone.length)
    return true
  }
  const tell = (message: Message) => {
    const body = encodeMessage(b.wireName, message)
    b.manager.messageReceived({ number: 1, options: 0, body, source: a.channel.localMember() })
  }
  for (const goneMs of [3_600_000, 100]) {
    const gone = [{ actor: '0123456789abcdef', goneMs, hasLeft: false }]
    tell({ type: 'LOCKS', question: 0, isLast: false, locks: [], gone })
    tell({ type: 'WHOSE', question: 1, view: undefined })
    await advance(10)
  }
  t.strictSame(named, [0, 1])
})

t.test('who has not heard that a home leaves says nothing to the next one, which waits', async t => {
  const { nodes, a, b, c, cluster, until, advance } = await startCluster({ names })
  let id = ''
  while (id === '' || homeOf(id, [b, c]) !== c) id = await sessionAt(a, nodes, advance)
  const locked = (await until(openLocked(b, id)))!
  cluster.filter = (body, _source, target) => target !== b.channel || messageIn(body).type !== 'LEAVING'
  a.manager.stop()
  await advance(5)
  const next = watched(c.manager.locks.lock(id, 20_000))
  await advance(500)
  t.notOk(next.isOver, 'the holder takes another for its home')
  a.kill()
  await advance(500)
  t.notOk(next.isOver, 'and tells the one that it has now')
  increment(b, locked)
  await advance(20)
  t.ok(next.lock?.isHeld)
})

t.test(
  'cut in two, both sides give locks; what both wrote is merged when they meet, and a conflict is told',
  async t => {
    const { a, b, c, id, cluster, until, advance } = await lockCluster()
    cluster.cut(a.channel, b.channel)
    cluster.cut(a.channel, c.channel)
    await advance(10)
    increment(a, (await until(openLocked(a, id)))!)
    increment(b, (await until(openLocked(b, id)))!)
    cluster.heal()
    await advance(5_000)
    for (const node of [a, b, c]) t.strictSame(node.read(id), { n: 1 })
    t.ok([a, b, c].some(node => node.eventsOf('conflict').length > 0))
    t.equal(increment(c, (await until(openLocked(c, id)))!), 2)
    t.equal(increment(a, (await until(openLocked(a, id)))!), 3)
  },
)

t.test('of two that hold a lock since a cut one is told at its end that it has lost it', async t => {
  const { a, b, c, id, cluster, until, advance } = await lockCluster()
  cluster.cut(a.channel, b.channel)
  cluster.cut(a.channel, c.channel)
  await advance(10)
  const held = [(await until(openLocked(a, id)))!, (await until(openLocked(b, id)))!]
  t.strictSame(
    held.map(({ lock }) => lock.isHeld),
    [true, true],
  )
  cluster.heal()
  await advance(100)
  const [lost, ...others] = held.filter(({ lock }) => !lock.isHeld)
  t.strictSame(others, [])
  t.throws(() => increment(lost === held[0] ? a : b, lost!), { code: 'HA_SESSION_LOCK_LOST' })
})

t.test('what is given back to somebody who is not the home is not all there is, if it becomes the home', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c', 'd'] })
  const [a, b, c, d] = nodes as [TestNode, TestNode, TestNode, TestNode]
  let id = ''
  while (id === '' || homeOf(id, [b, c, d]) !== c) id = await sessionAt(a, nodes, advance)
  const held = (await until(openLocked(b, id)))!
  b.channel.sees(a.channel, false)
  increment(b, held)
  const next = watched(d.manager.locks.lock(id, 20_000))
  await advance(LEASE_MS * 1.1)
  cluster.filter = (body, source, target) =>
    messageIn(body).type !== 'DIGEST' && (source !== d.channel || target === a.channel)
  t.equal(increment(d, { lock: next.lock!, session: d.open(id) }), 2)
  await advance(5)
  a.kill()
  await advance(5)
  cluster.filter = body => messageIn(body).type !== 'DIGEST'
  t.equal(increment(c, (await until(openLocked(c, id)))!), 3)
})

t.test('a home that stood still gives nothing before it has asked what became of its sessions', async t => {
  const { a, b, id, until, advance } = await lockCluster()
  increment(a, (await until(openLocked(a, id)))!)
  a.channel.hang()
  await advance(10)
  // The others have excluded it.
  for (const node of [b]) node.channel.sees(a.channel, false)
  await advance(LEASE_MS * 2)
  const held = (await until(openLocked(b, id)))!
  a.channel.resume()
  const own = watched(a.manager.locks.lock(id, 2_000))
  await advance(1_000)
  t.ok(held.lock.isHeld)
  t.notOk(own.lock, 'it would have been two')
  b.channel.sees(a.channel, true)
  await advance(200)
  increment(b, held)
  await advance(50)
  t.ok(own.lock?.isHeld)
})

t.test(
  'a home that stood still gives nothing on either when a lock is given back that was given back meanwhile',
  async t => {
    const { a, b, c, id, until, advance } = await lockCluster()
    const locked = (await until(openLocked(b, id)))!
    const own = watched(a.manager.locks.lock(id, 20_000))
    a.channel.hang()
    increment(b, locked)
    await advance(10)
    for (const node of [b, c]) node.channel.sees(a.channel, false)
    const held = (await until(openLocked(c, id)))!
    a.channel.resume()
    await advance(1_000)
    t.ok(held.lock.isHeld)
    t.notOk(own.lock, 'it would have been two')
  },
)

t.test(
  'of more homes that have gone than are remembered one by one, any may have given a lock: everybody waits for a lease',
  t => {
    let nowMs = 100_000
    const peers = { members: () => [] }
    const replicas = { hybridClock: { last: 1, before: () => 0 } }
    const placement = { outranks: () => false }
    const components = { clock: { now: () => nowMs }, peers, replicas, placement, settled() {} }
    const hearing = new LockHearing(components as never, LEASE_MS)
    for (const id of [...Array(256).keys(), 'one more']) hearing.viewChanged({ id: `${id}`, is: 'here' })
    nowMs += 100_000
    for (let n = 0; n < 256; n++) hearing.viewChanged({ id: `${n}`, is: 'lost' })
    t.strictSame([hearing.freeAtMs(7), hearing.isCertain(7)], [0, true], 'none of them was the home')
    hearing.viewChanged({ id: 'one more', is: 'lost' })
    t.ok(hearing.freeAtMs(7) >= nowMs + LEASE_MS)
    t.notOk(hearing.isCertain(7))
    t.equal(hearing.gone(), undefined, 'nobody else is told less than all')
    nowMs += 61_000
    t.ok(hearing.freeAtMs(7) < nowMs)
    t.ok(hearing.isCertain(7))
    t.ok(hearing.gone())
    t.end()
  },
)

t.test('who stood still among others and then sees nobody waits for a lease: somebody may have come meanwhile', t => {
  let nowMs = 100_000
  let members: readonly { readonly id: string }[] = []
  const components = {
    clock: { now: () => nowMs, setTimer: () => ({ cancel() {} }) },
    peers: { members: () => members, send() {} },
    placement: { outranks: () => true, view: 1 },
    replicas: { hybridClock: { last: 1, before: () => 0 } },
    settled() {},
  }
  const started = () => new LockHearing(components as never, LEASE_MS)
  const alone = started()
  const hearing = started()
  members = [{ id: 'b' }]
  hearing.viewChanged({ id: 'b', is: 'here' })
  nowMs += 10_000
  t.ok(hearing.ran())
  members = []
  hearing.viewChanged({ id: 'b', is: 'leaving' })
  t.ok(hearing.freeAtMs(7) > nowMs + LEASE_MS)
  alone.ran()
  t.equal(alone.freeAtMs(7), 0, 'who has never met anybody')
  members = [{ id: 'c' }]
  hearing.viewChanged({ id: 'c', is: 'here' })
  t.equal(hearing.freeAtMs(7), Number.POSITIVE_INFINITY, 'it is asked')
  members = []
  hearing.viewChanged({ id: 'c', is: 'leaving' })
  nowMs += 2 * LEASE_MS
  t.ok(hearing.freeAtMs(7) < nowMs)
  t.end()
})
