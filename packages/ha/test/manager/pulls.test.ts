import t from 'tap'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { startCluster } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

const THREE = ['a', 'b', 'c'] as const

t.test('a node whose copy is older than what the client saw asks the others and then answers', async t => {
  const { a, b, cluster, advance, until } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  const { token } = a.write(id, { x: 2 })
  await advance(2)
  cluster.filter = () => true
  t.strictSame(b.standing(id, token), 'behind')
  t.strictSame(b.read(id), { x: 1 }, 'without a token it is as good as any')
  const loaded = await until(b.load(id, token))
  t.match(loaded, { kind: 'here', stale: false })
  t.strictSame(b.read(id, token), { x: 2 })
})

t.test('a session that never arrived is fetched at the first request; what nobody knows is none', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  cluster.filter = () => false
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(2)
  cluster.filter = () => true
  t.equal(b.standing(id, token), 'unknown')
  t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
  t.strictSame(await until(b.load('nobody knows')), { kind: 'none' })
  t.equal(b.manager.inspect().pulls.timedOut, 0, 'everybody answered')
})

t.test('who joins a question asks again when all answers to it were given before it asked', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE })
  const { id, token: first } = a.write(undefined, { x: 1 })
  await advance(10)
  c.channel.hang()
  const elder = b.load(id, { ...first, stamp: first.stamp + 1, dots: [{ actor: 'z.1', counter: 1 }] })
  await advance(5)
  cluster.filter = () => false
  const { token } = a.write(id, { x: 2 })
  await advance(2)
  cluster.filter = () => true
  const younger = b.load(id, token)
  c.channel.resume()
  t.match(await until(elder), { kind: 'here' }, 'nobody has what its client names')
  t.match(await until(younger), { kind: 'here', stale: false })
  t.strictSame(b.read(id, token), { x: 2 })
})

t.test('when nobody has what the client saw, the copy is served and flagged as stale', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  const { token } = a.write(id, { x: 2 })
  await advance(2)
  cluster.filter = () => true
  a.kill()
  await advance(10)
  const before = cluster.time.nowMs
  const loaded = await until(b.load(id, token))
  t.match(loaded, { kind: 'here', stale: true })
  t.equal(cluster.time.nowMs - before, 50, 'who has just vanished may come back within moments')
  await advance(6_000)
  const later = cluster.time.nowMs
  t.match(await until(b.load(id, token)), { kind: 'here', stale: true })
  t.equal(cluster.time.nowMs - later, 2, 'after that, as soon as all have answered')
  t.strictSame(c.read(id), { x: 1 })
})

t.test('what somebody has let expire is not begun anew because somebody else is out of reach', async t => {
  const options = { maxInactiveInterval: 3 }
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE, options })
  await advance(10_000)
  cluster.filter = () => false
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(4_000)
  c.kill()
  await advance(1_500)
  cluster.filter = () => true
  t.strictSame(await until(b.load(id, token)), { kind: 'none' })
  await advance(1_100)
  t.not(a.standing(id, token), 'here', 'nobody has used it')
})

t.test('what expires while the others are asked is not begun anew', async t => {
  const started = async () => {
    const cluster = await startCluster({ names: THREE, options: { maxInactiveInterval: 3 } })
    const { a, b, c, advance } = cluster
    await advance(10_000)
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(6_000)
    c.kill()
    b.channel.hang()
    return { ...cluster, id, token }
  }
  const first = await started()
  const sinceMs = first.cluster.time.nowMs
  while (first.a.standing(first.id) !== 'unknown') await first.advance(10)
  const expiresMs = first.cluster.time.nowMs - sinceMs
  const { a, id, token, advance, until } = await started()
  await advance(expiresMs - 30)
  t.equal(a.standing(id), 'behind')
  const loaded = a.load(id, token)
  await advance(30)
  t.equal(a.standing(id), 'unknown')
  t.strictSame(await until(loaded), { kind: 'none' })
})

t.test('a pull waits for the answer that covers, not for everybody, and never longer than the time-out', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  const { token } = a.write(id, { x: 2 })
  await advance(2)
  cluster.filter = () => true
  c.channel.hang()
  let before = cluster.time.nowMs
  t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
  t.equal(cluster.time.nowMs - before, 2)
  before = cluster.time.nowMs
  t.strictSame(await until(b.load('unknown')), { kind: 'none' })
  t.equal(cluster.time.nowMs - before, 50)
  before = cluster.time.nowMs
  t.strictSame(await until(b.load('unknown too')), { kind: 'none' })
  t.equal(cluster.time.nowMs - before, 50, 'it may be the one that has it, so it is given its time again')
  c.channel.resume()
  await advance(10)
  t.equal(b.manager.inspect().laggingMembers, 0)
})

t.test('what a client saw of a copy with gaps is in its token: another node does not show less unflagged', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = (_body, _source, target) => target === b.channel
  a.write(id, { x: 2 })
  await advance(2)
  t.strictSame(b.read(id), { x: 2 }, 'taken before its predecessor')
  t.strictSame(c.read(id), { x: 1 })
  t.equal(c.standing(id, b.open(id).token), 'behind')
})

t.test(
  'a token with room for eight of ten writers does not cover a copy that lacks what those eight had seen',
  async t => {
    const { a, b, nodes, cluster, advance } = await startCluster({ names: [...'abcdefghij'] })
    const { id } = a.write(undefined, { a: 1 })
    const others = nodes.slice(2)
    for (const node of [b, ...others]) {
      await advance(3)
      node.write(id, { [node.channel.name]: 1 })
    }
    await advance(3)
    cluster.filter = (_body, _source, target) => target !== b.channel
    a.write(id, { lost: 1 })
    await advance(3)
    cluster.filter = () => true
    for (const node of others) {
      node.write(id, { [node.channel.name]: 2 })
      await advance(2)
    }
    const { token } = nodes[9]!.open(id)
    t.equal(token.dots.length, 8)
    t.equal(b.standing(id, token), 'behind')
    await advance(100)
    t.equal(b.standing(id, token), 'here')
  },
)

t.test(
  'the token of a copy that lacks the commits of more than eight writers names who wrote what is read there',
  async t => {
    const { a, nodes, cluster, advance } = await startCluster({ names: [...'abcdefghijklm'] })
    const last = nodes.at(-1)!
    cluster.filter = (_body, _source, target) => target !== last.channel
    const { id } = a.write(undefined, { a: 1 })
    for (const node of nodes.slice(1, -1)) {
      await advance(3)
      node.write(id, { [node.channel.name]: 1 })
    }
    await advance(3)
    cluster.filter = () => true
    const { token } = a.write(id, { x: 1 })
    await advance(2)
    t.strictSame(last.read(id), { x: 1 })
    t.match(last.open(id).token.dots, [token.dots[0]])
  },
)

t.test('a member whose answer is lost, and that is heard, is asked once more', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  cluster.filter = () => false
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(2)
  const loading = b.load(id, token)
  await advance(2)
  cluster.filter = () => true
  a.write(undefined, { y: 1 })
  t.match(await until(loading), { kind: 'here', stale: false })
})

t.test('several requests for one session ask once', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  cluster.filter = () => false
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(2)
  cluster.filter = () => true
  const before = cluster.messagesSent
  const all = await until(Promise.all([1, 2, 3].map(() => b.load(id, token))))
  t.ok(all.every(loaded => loaded.kind === 'here' && !loaded.stale))
  t.equal(cluster.messagesSent - before, 2)
})

t.test('a session that has been invalidated elsewhere is none, at once', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.manager.expireSession(id)
  await advance(2)
  cluster.filter = () => true
  t.strictSame(await until(b.load(id, { ...token, dots: token.dots.map(d => ({ ...d, counter: 99 })) })), {
    kind: 'none',
  })
  t.equal(b.standing(id), 'dead')
})

t.test('a member that vanishes may come back in time; one that has said goodbye is not waited for', async t => {
  for (const { departs, waitedMs, timedOut } of [
    { departs: 'kill' as const, waitedMs: 50, timedOut: 1 },
    { departs: 'leave' as const, waitedMs: 6, timedOut: 0 },
  ]) {
    const { a, b, cluster, until, advance } = await startCluster()
    const goodbye = encodeMessage(b.wireName, { type: 'LEAVING', stamp: 0 })
    a.channel.hang()
    const before = cluster.time.nowMs
    const loading = b.load('unknown')
    await advance(5)
    if (departs === 'leave')
      b.manager.messageReceived({ number: 1, options: 0, body: goodbye, source: a.channel.localMember() })
    a.kill()
    t.strictSame(await until(loading), { kind: 'none' })
    t.equal(cluster.time.nowMs - before, waitedMs, departs)
    t.equal(b.manager.inspect().pulls.timedOut, timedOut, 'to vanish is no answer')
  }
})

t.test('a member that comes while a question is open is asked as well', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: THREE })
  cluster.filter = body => messageIn(body).type !== 'DIGEST'
  cluster.cut(a.channel, b.channel)
  await advance(10)
  c.channel.hang()
  const { id, token } = a.write(undefined, { x: 1 })
  const before = cluster.time.nowMs
  const loading = b.load(id, token)
  await advance(5)
  cluster.heal()
  t.match(await until(loading), { kind: 'here', stale: false })
  t.ok(cluster.time.nowMs - before < 50, 'before its time-out')
})

t.test(
  'a session that nobody within reach has keeps its id while somebody is out of reach, and is merged afterwards',
  async t => {
    const { a, b, cluster, until, advance } = await startCluster()
    cluster.cut(a.channel, b.channel)
    await advance(10)
    const { id, token } = a.write(undefined, { x: 1 })
    const loaded = await until(b.load(id, token))
    t.match(loaded, { kind: 'here', stale: true })
    if (loaded.kind !== 'here') return
    t.equal(loaded.session.id, id)
    t.match(loaded.session.token, token, 'what the client has seen is not forgotten')
    loaded.session.setAttribute('y', 2)
    b.manager.requestCompleted(loaded.session)
    cluster.heal()
    await advance(3_000)
    for (const node of [a, b]) t.match(node.read(id), { x: 1, y: 2 }, node.channel.name)
  },
)

t.test('a session committed since the start by somebody whom nobody here has ever met is out there', async t => {
  const { a, b, until, advance } = await startCluster()
  await advance(12_000)
  const { token } = a.write(undefined, { x: 1 })
  const strange = { ...token, dots: [{ actor: 'stranger', counter: 1 }] }
  t.match(await until(b.load('elsewhere', strange)), { kind: 'here', stale: true })
  const before = { ...strange, stamp: token.stamp - 30_000 * 4096 }
  t.strictSame(await until(b.load('long gone', before)), { kind: 'none' }, 'of a cluster that was here before')
})

t.test(
  'an id that nobody has and nobody out of reach can have is unknown, and so is one that never was committed',
  async t => {
    const { a, b, until, advance } = await startCluster()
    const { token } = a.write(undefined, { x: 1 })
    t.match(
      await until(b.load('unknown', token)),
      { stale: true },
      'all have just started, and nobody knows who is missing',
    )
    await advance(12_000)
    t.strictSame(await until(b.load('unknown', token)), { kind: 'none' })
    a.kill()
    await advance(10)
    t.strictSame(await until(b.load('unknown')), { kind: 'none' }, 'no token: it never was')
  },
)

t.test('a lost delta is noticed at the next one and asked for', async t => {
  const { a, b, cluster, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  const { token } = a.write(id, { x: 2 })
  await advance(2)
  t.strictSame(b.read(id), { x: 2 }, 'what came is taken')
  t.equal(b.standing(id, token), 'behind')
  await advance(30)
  t.strictSame(b.read(id, token), { lost: 1, x: 2 })
  t.equal(b.bytesOf(id), a.bytesOf(id))
  t.match(b.manager.inspect().pulls, { gaps: 1, pulls: 1, forgiven: 0 })
})

t.test('a commit that depends on another node’s lost commit is a gap, too', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = (_body, _source, target) => target !== c.channel
  const { token } = a.write(id, { seen: 'by b' })
  await advance(2)
  cluster.filter = () => true
  const after = b.write(id, { y: 1 }, token)
  await advance(2)
  t.equal(c.standing(id, after.token), 'behind')
  await advance(30)
  t.strictSame(c.read(id, after.token), { seen: 'by b', x: 1, y: 1 })
})

t.test('what comes by itself within 20 ms is not asked for', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.faults = { delayMinMs: 15, delayMaxMs: 15, loss: 0, duplication: 0 }
  const { token } = a.write(id, { x: 2 })
  cluster.faults = { delayMinMs: 1, delayMaxMs: 1, loss: 0, duplication: 0 }
  cluster.carry(a.channel, b.channel, () => {})
  await advance(16)
  t.ok(b.standing(id, token) === 'here')
  b.write(id, { y: 1 }, token)
  await advance(100)
  t.equal(c.manager.inspect().pulls.pulls, 0)
})

t.test('a gap that died with its writer is given up, everywhere alike', async t => {
  const { a, b, c, nodes, cluster, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  a.write(id, { x: 2 })
  a.kill()
  await advance(10_000)
  t.strictSame(b.read(id), { x: 2 })
  t.equal(b.bytesOf(id), c.bytesOf(id))
  t.match(b.write(id, { x: 3 }).commit, { changed: true })
  await advance(10)
  const { token } = c.write(id, { x: 4 })
  await advance(10)
  t.strictSame(b.read(id, token), { x: 4 }, 'and the session can be used without being stale for ever')
  t.ok(nodes)
})

t.test('alone with a gap, a node gives it up after a few seconds, and is whole again', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  a.write(id, { x: 2 })
  a.kill()
  await advance(100)
  t.match(await until(b.load(id, b.open(id).token)), { kind: 'here', stale: true }, 'not yet')
  await advance(7_000)
  const { token } = b.write(id, { x: 3 })
  t.strictSame(b.read(id, token), { x: 3 })
  t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
})

t.test('a gap that a hung member may fill is asked for again until it answers', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = (_body, _source, target) => target !== b.channel
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  a.write(id, { x: 2 })
  await advance(1)
  a.channel.hang()
  c.channel.hang()
  await advance(3_000)
  t.strictSame(b.read(id), { x: 2 })
  t.equal(b.manager.inspect().pulls.forgiven, 0, 'somebody may still have it')
  a.channel.resume()
  c.channel.resume()
  await advance(3_000)
  t.strictSame(b.read(id), { lost: 1, x: 2 })
  t.equal(b.bytesOf(id), a.bytesOf(id))
})

t.test('an id that no session can have is none without a question', async t => {
  const { b, cluster, until } = await startCluster()
  const before = cluster.messagesSent
  t.strictSame(await until(b.load('x'.repeat(129))), { kind: 'none' })
  t.equal(cluster.messagesSent, before)
})

t.test(
  'a request that outlives its session’s idle time neither revives a dead id nor loses what others wrote',
  async t => {
    const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: 1 } })
    const { id } = a.write(undefined, { x: 1 })
    await advance(10)
    const [slow, other] = [a.open(id), a.open(id)]
    await advance(20_000)
    t.strictSame(a.manager.sessionIds(), [], 'expired meanwhile')
    slow.setAttribute('slow', 1)
    a.manager.requestCompleted(slow)
    await advance(50)
    t.strictSame(b.read(id), { slow: 1, x: 1 }, 'it comes back with all it had')
    b.write(id, { later: 1 })
    await advance(10)
    other.setAttribute('other', 1)
    a.manager.requestCompleted(other)
    await advance(50)
    t.strictSame([a.read(id), b.read(id)], Array(2).fill({ later: 1, other: 1, slow: 1, x: 1 }))
    const last = a.open(id)
    await advance(20_000)
    b.manager.expireSession(id)
    await advance(10)
    last.setAttribute('x', 2)
    t.notOk(a.manager.requestCompleted(last).changed)
    t.strictSame([a.standing(id), b.standing(id)], ['dead', 'dead'])
    t.ok(cluster)
  },
)

t.test('a session that was adopted for its client can be ended, and ends for those that have it', async t => {
  for (const how of ['invalidate', 'replace', 'change the id'] as const) {
    const { a, b, cluster, until, advance } = await startCluster()
    cluster.cut(a.channel, b.channel)
    await advance(1_000)
    const { id, token } = a.write(undefined, { x: 1 })
    const loaded = await until(b.load(id, token))
    if (loaded.kind !== 'here') return void t.fail(loaded.kind)
    if (how === 'invalidate') loaded.session.invalidate()
    if (how === 'change the id') loaded.session.changeSessionId()
    b.manager.requestCompleted(how === 'replace' ? b.manager.replaceSession(loaded.session) : loaded.session)
    cluster.heal()
    await advance(5_000)
    t.strictSame([a.standing(id), b.standing(id)], ['dead', 'dead'], how)
  }
})
