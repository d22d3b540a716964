import t from 'tap'
import { startCluster, TestNode } from '../support/delta-cluster.js'
import { MemoryCluster } from '../support/memory-cluster.js'

const THREE = ['a', 'b', 'c'] as const

t.test('nobody is waited for with async, or when there is nobody', async t => {
  const { a } = await startCluster({ options: { acknowledge: 'async' } })
  t.equal(a.write(undefined, { x: 1 }).commit.acknowledged, undefined)
  const alone = new TestNode(new MemoryCluster(), 'alone')
  await alone.up()
  t.equal(alone.write(undefined, { x: 1 }).commit.acknowledged, undefined)
})

t.test('backup: one other member holds it; all: every one does', async t => {
  const { a, b, c, cluster, until } = await startCluster({ names: THREE })
  c.channel.hang()
  const before = cluster.time.nowMs
  const session = a.manager.createSession()
  const commit = a.manager.requestCompleted(session, 'backup')
  t.equal(await until(commit.acknowledged!), 'held')
  t.equal(b.standing(session.id), 'here')
  t.equal(cluster.time.nowMs - before, 2)
  c.channel.resume()
  session.setAttribute('x', 1)
  t.equal(await until(a.manager.requestCompleted(session, 'all').acknowledged!), 'held')
  t.strictSame([b.read(session.id), c.read(session.id)], [{ x: 1 }, { x: 1 }])
})

t.test('a hung member costs the first request its time-out and the later ones nothing, until it answers', async t => {
  for (const acknowledge of ['backup', 'all'] as const) {
    const { a, b, cluster, until, advance } = await startCluster({ options: { acknowledge } })
    b.channel.hang()
    const wait = async () => {
      const before = cluster.time.nowMs
      const outcome = await until(a.write(undefined, { x: 1 }).commit.acknowledged!)
      return [outcome, cluster.time.nowMs - before]
    }
    t.strictSame(await wait(), ['degraded', 50])
    t.strictSame(await wait(), ['degraded', 0])
    t.equal(a.manager.inspect().laggingMembers, 1)
    b.channel.resume()
    await advance(10)
    t.strictSame(await wait(), ['held', 2])
    t.match(a.manager.inspect(), { laggingMembers: 0, acknowledgements: { held: 1, degraded: 2 } })
  }
})

t.test('all: a lagging member’s late word does not stand for one that is waited for', async t => {
  const { a, b, c, until, advance } = await startCluster({ names: THREE, options: { acknowledge: 'all' } })
  b.channel.hang()
  t.equal(await until(a.write(undefined, { x: 1 }).commit.acknowledged!), 'degraded')
  c.channel.hang()
  let outcome: string | undefined
  void a.write(undefined, { x: 2 }).commit.acknowledged!.then(o => (outcome = o))
  b.channel.resume()
  await advance(10)
  t.equal(outcome, undefined, 'c does not hold it')
  c.channel.resume()
  await advance(10)
  t.equal(outcome, 'held')
})

t.test('a member that refuses, or fails to apply, does not hold it', async t => {
  const { a, b, c, until, advance } = await startCluster({ names: THREE })
  a.channel.refuse(b.channel)
  t.equal(await until(a.write(undefined, { x: 1 }).commit.acknowledged!), 'held', 'c does')
  a.channel.refuse(c.channel)
  t.equal(await until(a.write(undefined, { x: 1 }).commit.acknowledged!), 'degraded')
  a.channel.caughtUp(b.channel)
  a.channel.caughtUp(c.channel)
  await advance(10)
  for (const node of [b, c])
    node.manager.messageReceived = () => {
      throw new Error('no memory')
    }
  t.equal(await until(a.write(undefined, { x: 1 }).commit.acknowledged!), 'degraded')
})

t.test('a member that disappears while it is waited for is not waited for any longer', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  b.channel.hang()
  const before = cluster.time.nowMs
  const acknowledged = a.write(undefined, { x: 1 }).commit.acknowledged!
  await advance(5)
  b.kill()
  t.equal(await until(acknowledged), 'degraded')
  t.ok(cluster.time.nowMs - before < 10)
})

t.test('a commit that the channel refuses altogether is made here, degraded, and reaches the others later', async t => {
  const { a, b, until, advance } = await startCluster()
  const { post } = a.channel
  a.channel.post = () => {
    throw new Error('too large')
  }
  const { id, commit } = a.write(undefined, { x: 1 })
  a.channel.post = post
  t.equal(await until(commit.acknowledged!), 'degraded')
  t.strictSame(a.read(id), { x: 1 })
  t.match(a.logger.messages('error'), [/refused a session message/])
  await advance(3_000)
  t.strictSame(b.read(id), { x: 1 })
})
