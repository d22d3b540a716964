import t from 'tap'
import { limitMessages, REMOVE, startCluster, TestNode } from '../support/delta-cluster.js'

const STATE = 3
const DIGEST = 8
const LIST = 10
const DONE = 12
/** Enough for several windows of chunks. */
const SOME = 2_000

t.test('a donor that breaks off says so: the rest is fetched from another at once', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  for (let n = 0; n < 500; n++) a.write(undefined, { n })
  await advance(100)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  cluster.filter = (body, source, target) =>
    !(source === b.channel && target === d.channel && body[5] === STATE && cluster.time.nowMs < 1_000)
  const beganMs = cluster.time.nowMs
  await until(d.manager.join())
  t.equal(d.manager.digest(), a.manager.digest())
  t.match(d.manager.inspect().antiEntropy, { failed: 0, statesReceived: 500 })
  const tookMs = cluster.time.nowMs - beganMs
  t.ok(tookMs < 3_500, `${tookMs} ms: as long as it takes to notice that nothing is acknowledged`)
})

t.test('who did not answer while a node joined is compared with when that is over', async t => {
  const { b, cluster, until, advance } = await startCluster({ names: ['a', 'b'] })
  await advance(1_000)
  cluster.filter = () => false
  const { id } = b.write(undefined, { x: 1 })
  const d = new TestNode(cluster, 'd')
  cluster.filter = (_, source, target) => source !== b.channel && target !== b.channel
  await d.up()
  await advance(10)
  const joining = d.manager.join()
  await advance(4_000)
  cluster.filter = (_, source, target) => source === d.channel || target === d.channel
  t.equal(d.read(id), 'unknown')
  await until(joining)
  await advance(20)
  t.strictSame(d.read(id), { x: 1 })
})

t.test('who has joined holds also what one of the donors lacked when it gave its share', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  await advance(1_000)
  cluster.filter = () => false
  const ids = Array.from({ length: 40 }, (_, n) => a.write(undefined, { n }).id)
  await advance(10)
  cluster.filter = () => true
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  await until(d.manager.join())
  t.equal(b.standing(ids[0]!), 'unknown', 'it lacks them still')
  t.equal(ids.filter(id => d.standing(id) === 'here').length, ids.length)
})

t.test('a node that did not run for a while as it joined gets nothing twice, and compares in the end', async t => {
  const { a, cluster, until, advance } = await startCluster()
  for (let n = 0; n < SOME; n++) a.write(undefined, { n, filler: 'x'.repeat(2_500) })
  await advance(200)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  cluster.faults = { ...cluster.faults, delayMinMs: 10, delayMaxMs: 10 }
  const joining = d.manager.join()
  await advance(55)
  d.channel.hang()
  await advance(2_000)
  d.channel.resume()
  const [id] = d.manager.sessionIds()
  t.equal(d.standing(id!), 'behind', 'it does not trust its copies')
  await until(joining)
  t.equal(d.manager.digest(), a.manager.digest())
  t.equal(d.manager.inspect().antiEntropy.statesReceived, SOME)
  await advance(2_000)
  t.equal(d.standing(id!), 'here')
})

t.test('a node that is joining waits longer for a donor that is silent', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  const { id, token } = a.write(undefined, { x: 1 })
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  a.channel.hang()
  const joining = d.manager.join()
  const loading = d.load(id, token)
  await advance(100)
  a.channel.resume()
  t.match(await until(loading), { kind: 'here', stale: false })
  await until(joining)
})

t.test(
  'a node that had nobody to join learns who is missing from whom it meets, and denies nothing that they may have',
  async t => {
    const { nodes, a, b, c, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'] })
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(1_000)
    const d = new TestNode(cluster, 'd')
    const cutOff = (node: TestNode, others: readonly TestNode[]) => {
      for (const other of others) cluster.cut(node.channel, other.channel)
    }
    cutOff(c, [a, b])
    cutOff(d, nodes)
    await d.up()
    await until(d.manager.join())
    c.manager.expireSession(id)
    const other = a.write(undefined, { x: 1 })
    await advance(1_000)
    cluster.heal()
    cutOff(c, [a, b])
    cutOff(d, [a, b])
    for (const waitMs of [10, 20_000]) {
      await advance(waitMs)
      t.match(await until(d.load(other.id, other.token)), { kind: 'here', stale: true }, `${waitMs} ms`)
    }
    t.equal((await until(d.load(id, token))).kind, 'none', 'what has ended is denied')
  },
)

t.test('whom others see and this node has never met is missing, also when nobody speaks of it any more', async t => {
  const { a, b, until, advance } = await startCluster()
  await advance(12_000)
  const { token } = a.write(undefined, { x: 1 })
  t.strictSame(await until(b.load('unknown', token)), { kind: 'none' })
  Object.assign(b.channel, { hiddenMembers: () => ['ab'.repeat(16)] })
  await advance(1_500)
  Object.assign(b.channel, { hiddenMembers: () => [] })
  t.match(await until(b.load('unknown', token)), { kind: 'here', stale: true })
})

t.test('a member that is stopped before its manager has met this node is not missing', async t => {
  for (const isStopped of [true, false]) {
    const { a, b, cluster, until, advance } = await startCluster()
    const c = new TestNode(cluster, 'c')
    await c.up()
    await advance(12_000)
    const { token } = a.write(undefined, { x: 1 })
    // It said nothing to b.
    Object.assign(b.channel, { hasSaidGoodbye: () => isStopped })
    c.kill()
    await advance(10)
    t.match(await until(b.load('unknown', token)), isStopped ? { kind: 'none' } : { kind: 'here', stale: true })
  }
})

t.test('somebody who has just announced himself is waited for: he may have what nobody else has', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  await advance(12_000)
  const { token } = a.write(undefined, { x: 1 })
  const loads = async (isFound: boolean) => {
    let pending = 1
    Object.assign(b.channel, { pendingMembers: () => pending, hasHiddenMembers: () => pending > 0 })
    const loading = b.load('unknown', token)
    await advance(10)
    if (isFound) await new TestNode(cluster, 'c').up()
    if (isFound) pending = 0
    return until(loading)
  }
  t.strictSame(await loads(true), { kind: 'none' })
  t.match(await loads(false), { kind: 'here', stale: true }, 'in vain')
})

for (const [what, after] of [
  ['cannot say how its table differs', DIGEST],
  ['cannot say its last word', STATE],
] as const) {
  t.test(`a donor that ${what}, for the joiner was slow, says so when there is room again`, async t => {
    const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
    const { id } = a.write(undefined, { x: 1 })
    await advance(2_000)
    const d = new TestNode(cluster, 'd')
    await d.up()
    await advance(10)
    cluster.filter = body => {
      if (body[5] === after) a.channel.refuse(d.channel)
      return true
    }
    const beganMs = cluster.time.nowMs
    const joining = d.manager.join()
    await advance(100)
    cluster.filter = () => true
    a.channel.caughtUp(d.channel)
    await until(joining)
    await advance(100)
    const tookMs = cluster.time.nowMs - beganMs
    t.ok(tookMs < 500, `${tookMs} ms, and not until patience is at an end`)
    t.equal(d.standing(id), 'here')
    t.equal(d.manager.inspect().antiEntropy.failed, 0)
  })
}

t.test('who leaves gives what it holds to somebody who has only just begun, and stays until that has it', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  const ids = Array.from({ length: 800 }, (_, n) => a.write(undefined, { n, filler: 'x'.repeat(2_500) }).id)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  await until(a.manager.leave())
  a.manager.stop()
  a.channel.kill()
  await until(d.manager.join())
  t.equal(ids.filter(id => d.standing(id) === 'here').length, ids.length)
})

t.test('who leaves waits for one that is behind: what that one alone would have then', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  a.channel.refuse(b.channel)
  const ids = Array.from({ length: 800 }, (_, n) => a.write(undefined, { n, filler: 'x'.repeat(2_500) }).id)
  await advance(100)
  const left = a.manager.leave()
  await advance(100)
  let states = 0
  cluster.filter = (body, source) => {
    if (source === a.channel && body[5] === STATE && ++states === 3) a.channel.refuse(b.channel)
    return true
  }
  a.channel.caughtUp(b.channel)
  await advance(100)
  t.equal(states, 3, 'then it is behind again')
  t.not(ids.filter(id => b.standing(id) === 'here').length, ids.length)
  a.channel.caughtUp(b.channel)
  await until(left)
  a.manager.stop()
  a.kill()
  t.equal(ids.filter(id => b.standing(id) === 'here').length, ids.length)
})

t.test(
  'what changes between its being listed and asked for by somebody who has only just begun is given all the same',
  async t => {
    const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
    const { id } = a.write(undefined, { x: 1 })
    const d = new TestNode(cluster, 'd')
    await d.up()
    await advance(10)
    let lists = 0
    cluster.filter = (body, source) => {
      if (source === a.channel && body[5] === LIST && ++lists === 1) queueMicrotask(() => a.write(id, { y: 2 }))
      return true
    }
    await until(a.manager.leave())
    a.manager.stop()
    a.channel.kill()
    await until(d.manager.join())
    t.equal(lists, 1)
    t.strictSame(d.read(id), { x: 1, y: 2 })
  },
)

t.test(
  'who leaves before somebody has joined leaves him what it knows to have been: an end that it alone remembers',
  async t => {
    const options = { maxInactiveInterval: -1, retention: 60 }
    const { a, b, cluster, until, advance } = await startCluster({ options })
    const { id } = a.write(undefined, { x: 1 })
    await advance(2_000)
    cluster.cut(a.channel, b.channel)
    a.manager.expireSession(id)
    await advance(200_000)
    t.equal(a.manager.inspect().deathCertificates, 0)
    for (let n = 0; n < 10; n++) a.write(undefined, { n })
    const d = new TestNode(cluster, 'd', options)
    cluster.cut(b.channel, d.channel)
    await d.up()
    await advance(10)
    cluster.filter = (body, source) => source !== a.channel || body[5] !== DONE
    const joining = d.manager.join()
    await advance(1_000)
    cluster.filter = () => true
    await until(a.manager.leave())
    a.manager.stop()
    a.channel.kill()
    await until(joining)
    t.equal(d.manager.inspect().sessions, 10)
    cluster.heal()
    await advance(10_000)
    for (const node of [b, d]) t.not(node.standing(id), 'here', node.channel.name)
    t.equal(d.manager.inspect().sessions, 10)
  },
)

t.test('a session that would not fit a message behind others is given by itself', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a'] })
  for (let n = 0; n < 200; n++) a.write(undefined, { n, filler: 'x'.repeat(n % 10 === 0 ? 35_000 : 1_000) })
  limitMessages(a, 40_000)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  await until(d.manager.join())
  t.equal(d.manager.digest(), a.manager.digest())
  t.match(d.manager.inspect(), { sessions: 200, antiEntropy: { failed: 0 } })
})

t.test(
  'a session that no message can take is left out, what comes behind it is given, and it is not taken for ended',
  async t => {
    const { a, cluster, until, advance } = await startCluster({ names: ['a'], options: { maxDeathCertificates: 0 } })
    const large = a.write(undefined, { filler: 'x'.repeat(100_000) }).id
    for (let n = 0; n < 200; n++) a.write(undefined, { n, filler: 'x'.repeat(1_000) })
    const ended = a.write(undefined, { n: 0 }).id
    a.manager.expireSession(ended)
    await advance(20_000)
    t.equal(a.manager.inspect().deathCertificates, 0)
    limitMessages(a, 40_000)
    const d = new TestNode(cluster, 'd', { maxDeathCertificates: 0 })
    await d.up()
    await advance(10)
    await until(d.manager.join())
    t.equal(d.manager.inspect().sessions, 200)
    await advance(3_000)
    a.write(large, { filler: REMOVE, x: 1 })
    await advance(3_000)
    for (const node of [a, d]) t.strictSame(node.read(large), { x: 1 })
    t.equal(d.manager.digest(), a.manager.digest())
  },
)
