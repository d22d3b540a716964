import t from 'tap'
import { startCluster, TestNode } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

t.test('a node that did not run for a while asks before it answers from its copy', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  t.equal(b.standing(id, token), 'here')
  b.channel.hang()
  await advance(5_000)
  cluster.filter = () => false
  a.write(id, { x: 2 })
  await advance(10)
  cluster.filter = () => true
  b.channel.resume()
  // The client's cookie does not know of the change: only the stall tells that the copy may be old.
  t.equal(b.standing(id, token), 'behind')
  const loaded = await until(b.load(id, token))
  t.match(loaded, { kind: 'here', stale: false })
  if (loaded.kind === 'here') t.equal(loaded.session.getAttribute('x'), 2)
})

t.test('who waits for nothing asks no more often for that when it has stood still', async t => {
  const { a, b, cluster, until, advance } = await startCluster({ options: { pullTimeout: 0 } })
  a.channel.hang()
  await advance(5_000)
  a.channel.resume()
  b.channel.hang()
  const { messagesSent } = cluster
  const loaded = a.load('unknown')
  // It goes on in turns, between which others have theirs.
  await advance(10)
  t.ok(cluster.messagesSent - messagesSent < 100, `${cluster.messagesSent - messagesSent} messages in 10 ms`)
  b.channel.resume()
  t.strictSame(await until(loaded), { kind: 'none' })
})

t.test('a logout that a suspended node has missed is final there too, from its first answer on', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  b.channel.hang()
  await advance(5_000)
  cluster.filter = () => false
  a.manager.expireSession(id)
  await advance(10)
  cluster.filter = () => true
  b.channel.resume()
  t.not(b.standing(id, token), 'here')
  t.strictSame(await until(b.load(id, token)), { kind: 'none' })
})

t.test('who adopts a session goes on naming the beginning that its client has seen', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(20_000)
  b.channel.hang()
  await advance(5_000)
  // Nobody answers, and nobody has been missed yet: the session may have ended and be forgotten meanwhile.
  cluster.filter = () => false
  b.channel.resume()
  const loaded = await until(b.load(id, token))
  t.match(loaded, { kind: 'here', stale: true })
  if (loaded.kind === 'here') t.strictSame(loaded.session.token.beginning, token.beginning)
})

t.test('who stood still soon after it began, and has met nobody, denies nothing that others may have', async t => {
  const { nodes, a, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(20_000)
  const d = new TestNode(cluster, 'd')
  for (const node of nodes) cluster.cut(node.channel, d.channel)
  await d.up()
  await until(d.manager.join())
  await advance(3_000)
  d.channel.hang()
  await advance(8_000)
  d.channel.resume()
  t.match(await until(d.load(id, token)), { kind: 'here', stale: true })
  await advance(11_000)
  t.strictSame(await until(d.load(id, token)), { kind: 'none' }, 'whom it has looked for by now is not there')
})

t.test('a short pause is no stall, and after comparing the copies are trusted again', async t => {
  const { a, b, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  b.channel.hang()
  await advance(1_000)
  b.channel.resume()
  t.equal(b.standing(id, token), 'here')
  b.channel.hang()
  await advance(5_000)
  b.channel.resume()
  t.equal(b.standing(id, token), 'behind')
  await advance(100)
  t.equal(b.standing(id, token), 'here')
})

t.test('one other that has the session is enough for who stood still, whoever else is silent', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  b.channel.hang()
  await advance(5_000)
  const isExchange = (body: Uint8Array) => ['DIGEST', 'BUCKETS', 'LIST', 'DONE'].includes(messageIn(body).type)
  cluster.filter = (body, source) => source !== c.channel && !isExchange(body)
  b.channel.resume()
  const beganMs = cluster.time.nowMs
  t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
  t.ok(cluster.time.nowMs - beganMs < 100)
})

t.test('a comparison that fails, or was begun before the latest stall, makes no copy trusted', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  const isExchange = (body: Uint8Array) => ['DIGEST', 'BUCKETS', 'LIST', 'DONE'].includes(messageIn(body).type)
  cluster.filter = (body, source) => source !== b.channel || !isExchange(body)
  for (const stop of [1, 2]) {
    b.channel.hang()
    await advance(4_900)
    a.write(id, { x: 10 * stop })
    await advance(10)
    b.channel.resume()
    await advance(60)
    t.equal(b.standing(id, token), 'behind', `after stop ${stop}`)
  }
  const loaded = await until(b.load(id, token))
  if (loaded.kind === 'here') t.equal(loaded.session.getAttribute('x'), 20)
  cluster.filter = () => true
  await advance(8_000)
  t.equal(b.standing(id, token), 'here', 'it tries again until it succeeds')
})

t.test(
  'a node that wakes without those it had lost before trusts its copies only when it could have found them',
  async t => {
    const { a, b, cluster, advance } = await startCluster()
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(10)
    cluster.cut(a.channel, b.channel)
    await advance(1_000)
    b.channel.hang()
    await advance(10_000)
    b.channel.resume()
    t.equal(b.standing(id, token), 'behind')
    await advance(10_000)
    t.equal(b.standing(id, token), 'here', 'nobody is to be expected any more')
  },
)

t.test(
  'where few hold a session, a node that stood still trusts its copies when it has compared with all that are here',
  async t => {
    const names = ['a', 'b', 'c', 'd']
    const { nodes, b, cluster, advance } = await startCluster({ names, options: { copies: 2 } })
    const written = nodes.flatMap(node => Array.from({ length: 8 }, (_, x) => node.write(undefined, { x })))
    await advance(3_000)
    const held = written.filter(({ id }) => b.standing(id) === 'here')
    t.ok(held.length > 3, 'b owns some of them')
    b.channel.hang()
    await advance(5_000)
    const [silent] = nodes.filter(node => node !== b)
    cluster.filter = (_body, source, target) => [source, target].every(n => n !== silent!.channel)
    b.channel.resume()
    const trusted = () => held.filter(({ id, token }) => b.standing(id, token) === 'here').length
    await advance(500)
    t.equal(trusted(), 0, 'one has not answered yet, and may own with b what another has ended')
    cluster.filter = () => true
    await advance(20_000)
    t.equal(trusted(), held.length)
  },
)

t.test('who wakes trusts no copy before it has heard of ends that the others have forgotten', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { maxInactiveInterval: -1, retention: 60 } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(5_000)
  b.channel.hang()
  cluster.filter = () => false
  a.manager.expireSession(id)
  await advance(10)
  // It is b that compares: a's own comparison could bring it the news a moment earlier.
  cluster.filter = (body, source) => source === b.channel || messageIn(body).type !== 'DIGEST'
  await advance(200_000)
  t.equal(a.standing(id), 'unknown')
  cluster.faults = { ...cluster.faults, delayMinMs: 5, delayMaxMs: 5 }
  b.channel.resume()
  const standings = new Set<string>()
  for (let ms = 0; ms < 500; ms++) {
    standings.add(b.standing(id))
    await advance(1)
  }
  t.strictSame([...standings], ['behind', 'dead'])
})

t.test('who wakes to a connection that is gone asks again at once, not when its patience ends', async t => {
  const { a, b, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  b.channel.hang()
  await advance(4_000)
  b.channel.refuse(a.channel)
  b.channel.resume()
  await advance(10)
  t.equal(b.standing(id, token), 'behind')
  b.channel.accept(a.channel)
  await advance(1_500)
  t.equal(b.standing(id, token), 'here', 'the next time that it looks, long before five seconds')
})

t.test('of two that stood still neither is a witness for the other', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id, token } = a.write(undefined, { x: 1 })
  const unknownToB = c.write(undefined, { x: 1 })
  await advance(3_000)
  for (const node of [b, c]) node.channel.hang()
  await advance(3_000)
  cluster.filter = () => false
  for (const ended of [id, unknownToB.id]) a.manager.expireSession(ended)
  await advance(10)
  const { table } = b.manager.attach(parts => ({ table: parts.table, stop: () => {} }))
  const copy = table.get(unknownToB.id)
  if (copy) table.remove(copy)
  cluster.filter = (_body, source) => source !== a.channel
  for (const node of [b, c]) node.channel.resume()
  await advance(50)
  const loaded = [b.load(id, token), b.load(unknownToB.id, unknownToB.token)]
  await advance(100)
  cluster.filter = () => true
  for (const load of loaded) t.strictSame(await until(load), { kind: 'none' })
})

t.test(
  'a guest that stood still keeps its copies until it knows who is gone, and gives them to the next owner',
  async t => {
    const { a, b, c, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
    const written = Array.from({ length: 30 }, (_, n) => a.write(undefined, { n }))
    // Their owners have them, and a would drop them at its next turn.
    await advance(10)
    const ofB = written.filter(({ id }) => b.stateOf(id) && !c.stateOf(id))
    a.channel.hang()
    await advance(2_000)
    b.kill()
    await advance(8_000)
    a.channel.resume()
    await advance(5_000)
    const given = ofB.filter(({ id }) => c.stateOf(id))
    t.ok(given.length > 1, `${given.length} of ${ofB.length}; the others a has to own, and does not trust`)
  },
)

t.test('a guest that stood still gives what its owners lack at once, also before it knows who is gone', async t => {
  const names = ['a', 'b', 'c']
  const { a, b, c, cluster, advance } = await startCluster({ names, options: { copies: 1 } })
  cluster.filter = (_body, source) => source !== a.channel
  const written = Array.from({ length: 30 }, (_, n) => a.write(undefined, { n }))
  await advance(10)
  a.channel.hang()
  await advance(5_000)
  cluster.filter = (_body, source, target) => source !== c.channel && target !== c.channel
  a.channel.resume()
  await advance(3_000)
  t.ok(written.filter(({ id }) => b.stateOf(id)).length > 1)
  t.ok(
    written.every(({ id }) => a.stateOf(id)),
    'it drops nothing as long as c is silent',
  )
})
