import t from 'tap'
import { OpenAnswers } from '../../src/manager/open-answers.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'
import { MemoryCluster } from '../support/memory-cluster.js'
import { messageIn } from '../support/message-in.js'

const THREE = ['a', 'b', 'c'] as const
const MANY = 10_000
/** Enough for several chunks. */
const SOME = 4_000

t.test('a lost delta without a later write is repaired by the routine comparison', async t => {
  const { a, b, cluster, advance } = await startCluster()
  for (let n = 0; n < 200; n++) a.write(undefined, { n })
  await advance(10)
  cluster.filter = () => false
  const { id } = a.write(undefined, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  cluster.bytesSent = 0
  await advance(2_000)
  t.strictSame(b.read(id), { lost: 1 })
  t.equal(a.manager.digest(), b.manager.digest())
  t.match(b.manager.inspect().pulls, { pulls: 0 })
  t.ok(cluster.bytesSent < 30_000, `${cluster.bytesSent} bytes`)
})

t.test('as long as nothing changes here, equal tables are compared once in ten seconds', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
  for (let n = 0; n < 100; n++) a.write(undefined, { n })
  await advance(10_000)
  const opened = () => [a, b, c].map(node => node.manager.inspect().antiEntropy.opened)
  const before = opened()
  const { differed } = a.manager.inspect().antiEntropy
  cluster.bytesSent = 0
  await advance(60_000)
  for (const [n, count] of opened().entries())
    t.equal(count - before[n]!, 2 * 5, 'with each of two others, at the turn after ten seconds')
  t.ok(cluster.bytesSent < 10_000, `${cluster.bytesSent} bytes`)
  t.equal(a.manager.inspect().antiEntropy.differed, differed)
})

t.test(
  'whose table has changed compares with each of the others at its next turn, also one whom nobody tells',
  async t => {
    const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
    for (let n = 0; n < 100; n++) a.write(undefined, { n })
    await advance(10_000)
    cluster.filter = () => false
    const { id } = a.write(undefined, { lost: 1 })
    await advance(2)
    cluster.filter = () => true
    await advance(2_000)
    for (const node of [b, c]) t.strictSame(node.read(id), { lost: 1 })
  },
)

t.test('an empty node gets ten thousand sessions from several donors before it is ready', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE })
  for (let n = 0; n < MANY; n++) a.write(undefined, { n })
  await advance(100)
  const d = new TestNode(cluster, 'd')
  const donors = new Set<string>()
  cluster.filter = (_body, source, target) => {
    if (target === d.channel) donors.add(source.name)
    return true
  }
  await d.up()
  await advance(10)
  t.notOk(d.manager.isReady)
  await until(d.manager.join())
  t.ok(d.manager.isReady)
  t.equal(d.manager.inspect().sessions, MANY)
  t.equal(d.manager.digest(), a.manager.digest())
  t.strictSame([...donors].sort(), ['a', 'b', 'c'])
  const sent = [a, b, c].map(node => node.manager.inspect().antiEntropy.statesSent)
  t.equal(
    sent.reduce((x, y) => x + y),
    MANY,
    `each once: ${sent}`,
  )
  t.match(d.logger.messages('info').at(-1), /10000 sessions/)
})

t.test('a donor that dies in mid-transfer is replaced by another', async t => {
  const { a, b, cluster, until, advance } = await startCluster({ names: THREE })
  for (let n = 0; n < SOME; n++) a.write(undefined, { n, filler: 'x'.repeat(2_500) })
  await advance(200)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  cluster.faults = { ...cluster.faults, delayMinMs: 10, delayMaxMs: 10 }
  const joining = d.manager.join()
  await advance(55)
  const before = d.manager.inspect().sessions
  t.ok(before > 0 && before < SOME, `${before} sessions so far`)
  b.kill()
  await until(joining)
  t.equal(d.manager.digest(), a.manager.digest())
  t.equal(d.manager.inspect().sessions, SOME)
})

t.test('a donor that hangs in mid-transfer is given up after five seconds', async t => {
  const { a, b, cluster, until, advance } = await startCluster({ names: THREE })
  for (let n = 0; n < 1_000; n++) a.write(undefined, { n })
  await advance(100)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  b.channel.hang()
  const before = cluster.time.nowMs
  await until(d.manager.join())
  t.equal(d.manager.digest(), a.manager.digest())
  const tookMs = cluster.time.nowMs - before
  t.ok(tookMs >= 5_000 && tookMs < 7_000, `${tookMs} ms`)
})

t.test('a donor that is still joining itself is not the last one asked', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  for (let n = 0; n < 500; n++) a.write(undefined, { n })
  const [d, e] = [new TestNode(cluster, 'd'), new TestNode(cluster, 'e')]
  await d.up()
  await e.up()
  await advance(10)
  await until(Promise.all([d.manager.join(), e.manager.join()]))
  t.strictSame(
    [d, e].map(node => node.manager.digest()),
    Array(2).fill(a.manager.digest()),
  )
})

t.test('three nodes that start at once, one of them with sessions already, end with the same', async t => {
  const cluster = new MemoryCluster(3)
  const nodes = THREE.map(name => new TestNode(cluster, name))
  for (const node of nodes) await node.up()
  nodes[0]!.write(undefined, { early: 1 })
  await cluster.time.advance(5)
  await cluster.time.until(Promise.all(nodes.map(node => node.manager.join())))
  t.ok(nodes.every(node => node.manager.isReady))
  t.equal(new Set(nodes.map(node => node.manager.digest())).size, 1)
  t.equal(nodes[2]!.manager.inspect().sessions, 1)
})

t.test('a node serves while it joins: what it lacks, it asks for; what is written to it is kept', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  const { id, token } = a.write(undefined, { x: 1 })
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  const joining = d.manager.join()
  t.match(await until(d.load(id, token)), { kind: 'here', stale: false })
  const written = d.write(undefined, { y: 1 })
  await until(joining)
  await advance(10)
  t.strictSame(a.read(written.id), { y: 1 })
})

t.test('stateTransferTimeout bounds the wait; 0 does not wait; the rest follows', async t => {
  for (const [stateTransferTimeout, errors] of [
    [1, 1],
    [0, 0],
  ] as const) {
    const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
    for (let n = 0; n < 50; n++) a.write(undefined, { n })
    const d = new TestNode(cluster, 'd', { stateTransferTimeout })
    await d.up()
    await advance(10)
    a.channel.hang()
    const before = cluster.time.nowMs
    await until(d.manager.join())
    t.equal(cluster.time.nowMs - before, stateTransferTimeout * 1000)
    t.equal(d.logger.messages('error').length, errors)
    a.channel.resume()
    await advance(8_000)
    t.equal(d.manager.digest(), a.manager.digest())
  }
})

t.test('with stateTransferTimeout -1 the wait is as long as it takes', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  a.write(undefined, { x: 1 })
  const d = new TestNode(cluster, 'd', { stateTransferTimeout: -1 })
  await d.up()
  await advance(10)
  await until(d.manager.join())
  t.equal(d.manager.digest(), a.manager.digest())
})

t.test('a partition with writes and logouts on both sides heals to equal bytes; logouts are final', async t => {
  const names = ['a', 'b', 'c', 'd']
  const { a, b, c, nodes, cluster, advance } = await startCluster({ names })
  const d = nodes[3]!
  const ids = Array.from({ length: 200 }, (_, n) => a.write(undefined, { n, left: 0, right: 0 }).id)
  await advance(20)
  for (const left of [a, b]) for (const right of [c, d]) cluster.cut(left.channel, right.channel)
  await advance(10)
  for (const [n, id] of ids.entries()) {
    if (n % 10 === 0) a.manager.expireSession(id)
    else b.write(id, { left: 1, both: 'left' })
    if (n % 10 === 1) d.manager.expireSession(id)
    else c.write(id, { right: 1, both: 'right' })
  }
  const created = [b.write(undefined, { on: 'left' }).id, d.write(undefined, { on: 'right' }).id]
  await advance(60_000)
  cluster.heal()
  await advance(5_000)
  t.equal(new Set(nodes.map(node => node.manager.digest())).size, 1)
  for (const id of [...ids, ...created]) {
    const bytes = new Set(nodes.map(node => node.bytesOf(id)))
    if (bytes.size !== 1 || bytes.has(undefined)) t.fail(`copies differ: ${[...bytes]}`)
  }
  t.ok(ids.every((id, n) => n % 10 > 1 || nodes.every(node => node.standing(id) === 'dead')))
  t.ok(
    ids.every(
      (id, n) => n % 10 < 2 || nodes.every(node => JSON.stringify(node.read(id)) === JSON.stringify(a.read(id))),
    ),
  )
  t.match(d.read(ids[2]!), { left: 1, right: 1, n: 2 })
})

t.test('a member that could not keep up is compared with as soon as it can', async t => {
  const { a, b, cluster, advance } = await startCluster()
  a.channel.refuse(b.channel)
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  t.equal(b.standing(id), 'unknown')
  a.channel.caughtUp(b.channel)
  await advance(10)
  t.strictSame(b.read(id), { x: 1 })
  t.ok(cluster.time.nowMs < 100, 'long before the routine')
})

t.test('what a stream that broke off did not bring comes with a later one', async t => {
  const { a, b, cluster, advance } = await startCluster()
  cluster.filter = () => false
  for (let n = 0; n < 20; n++) a.write(undefined, { n })
  await advance(5)
  cluster.filter = (body, _source, target) => {
    if (target === b.channel && body[5] === 3) a.channel.refuse(b.channel)
    return true
  }
  await advance(10_000)
  cluster.filter = () => true
  a.channel.caughtUp(b.channel)
  await advance(2_000)
  t.equal(b.manager.digest(), a.manager.digest())
})

t.test(
  'after a heal in which both sides have much, no more than half a megabyte is on its way to a member',
  async t => {
    const { a, b, cluster, advance } = await startCluster()
    cluster.cut(a.channel, b.channel)
    await advance(10)
    const filler = 'x'.repeat(2_000)
    for (let n = 0; n < SOME; n++) (n % 2 ? a : b).write(undefined, { n, filler })
    const onTheWay = { now: 0, most: 0 }
    cluster.filter = body => {
      if (body[5] !== 3) return true
      const bytes = body.length
      onTheWay.now += bytes
      onTheWay.most = Math.max(onTheWay.most, onTheWay.now)
      cluster.time.after(2, () => {
        onTheWay.now -= bytes
      })
      return true
    }
    cluster.heal()
    await advance(5_000)
    t.equal(a.manager.digest(), b.manager.digest())
    t.equal(a.manager.inspect().sessions, SOME)
    t.ok(onTheWay.most > 0 && onTheWay.most < 1.2 * 2 ** 20, `${onTheWay.most} bytes, both directions together`)
  },
)

t.test('a BUCKETS, WANT or DONE of somebody who is not asked changes nothing', async t => {
  const { a, b, cluster, advance } = await startCluster()
  a.write(undefined, { x: 1 })
  await advance(10)
  b.channel.hang()
  const opened: number[] = []
  cluster.filter = (body, source) => {
    const message = messageIn(body)
    if (source === a.channel && message.type === 'DIGEST') opened.push(message.exchange)
    return true
  }
  await advance(1_500)
  const before = a.manager.inspect()
  t.equal(before.openExchanges, 1)
  for (const exchange of [...opened, 0]) {
    t.strictSame(a.ask({ type: 'BUCKETS', exchange, buckets: [{ bucket: 1, hash: { high: 1, low: 1 } }] }), [])
    t.strictSame(a.ask({ type: 'WANT', exchange, buckets: [{ bucket: 1, rows: [] }] }), [])
    t.strictSame(
      a.ask({
        type: 'DONE',
        exchange,
        sent: 1,
        isReady: true,
        canTell: true,
        memory: { known: [], collected: 0 },
        departures: [],
      }),
      [],
    )
    t.strictSame(a.ask({ type: 'LIST', exchange, lists: [], isLast: true, known: [] }), [])
  }
  t.strictSame(a.manager.inspect(), before)
})

t.test('of the comparisons that one member opens and does not go on with the oldest are given up', t => {
  const answers = new OpenAnswers()
  const cancelled: number[] = []
  const open = (member: string, n: number) => {
    const stream = { isSending: false, cancel: () => void cancelled.push(n) } as never
    const memory = { known: [], collected: 0 }
    answers.add(member, n, { stream, memory, steps: { open: 0, lost: 0 }, withheld: undefined, lastProgressMs: n })
  }
  open('quiet', 1_000)
  for (let n = 0; n < 70; n++) open('eager', n)
  t.strictSame([answers.size, cancelled], [65, [0, 1, 2, 3, 4, 5]])
  open('eager', 50)
  t.strictSame([answers.size, cancelled.at(-1)], [65, 50], 'one under the same number takes its place')
  answers.dropStalled(10)
  t.equal(answers.get('eager', 10), undefined)
  t.ok(answers.get('eager', 11))
  answers.dropOf('eager')
  t.strictSame([answers.size, answers.get('quiet', 1_000) !== undefined], [1, true])
  t.end()
})

t.test(
  'who compares and does not know of a step whether it has arrived takes nothing that comes for forgotten',
  async t => {
    const options = { maxInactiveInterval: -1, retention: 60 }
    const { a, b, cluster, advance } = await startCluster({ options })
    cluster.cut(a.channel, b.channel)
    for (let n = 0; n < 5_000; n++) b.write(undefined, { n })
    for (let n = 0; n < 300; n++) a.write(undefined, { n })
    a.manager.expireSession(a.write(undefined, { n: 0 }).id)
    await advance(200_000)
    t.match(a.manager.inspect(), { sessions: 300, deathCertificates: 0 })
    const { faults } = cluster
    let lists = 0
    cluster.filter = (body, source) => {
      const { type } = messageIn(body)
      // One comparison, which b has opened. The first list is lost, and the second so slow that this is known by then.
      if (type === 'DIGEST') return source === b.channel && lists === 0
      if (type !== 'LIST') return true
      cluster.faults = { ...faults, delayMinMs: 3_500, delayMaxMs: 3_500 }
      return ++lists > 1
    }
    cluster.heal()
    await advance(3_000)
    cluster.faults = faults
    await advance(3_000)
    t.equal(lists, 2)
    const { sessions } = b.manager.inspect()
    t.ok(sessions > 5_000 && sessions < 5_300, `${sessions}: a part of them has come`)
    cluster.filter = () => true
    await advance(10_000)
    for (const node of [a, b]) t.equal(node.manager.inspect().sessions, 5_300)
  },
)
