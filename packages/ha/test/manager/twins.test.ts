import t from 'tap'
import { startCluster, TestNode } from '../support/delta-cluster.js'

// Sessions that never expire by themselves, and a memory of one minute: what a cut of hours is otherwise.
const options = { maxInactiveInterval: -1, retention: 60 }
const CUT_MS = 200_000

/** A process that begins with the incarnation of another one, cut off from it, and takes another when they meet. */
async function cloned() {
  const started = await startCluster({ names: ['a'], options })
  const { cluster, a, advance, until } = started
  const old = a.write(undefined, { x: 1 })
  const ended = a.write(undefined, { y: 1 })
  await advance(5_000)
  const twin = new TestNode(cluster, 'twin', options)
  const own = twin.channel.localMember()
  const common = { ...own, uniqueId: a.channel.localMember().uniqueId }
  twin.channel.localMember = () => common
  cluster.cut(a.channel, twin.channel)
  await twin.up()
  await until(twin.manager.join())
  const meet = async () => {
    twin.channel.localMember = () => own
    twin.manager.incarnationChanged(own, common)
    cluster.heal()
    await advance(20_000)
  }
  return { ...started, twin, old, ended, meet }
}

t.test(
  'what a process made before another one began with its incarnation is not taken for ended by that one',
  async t => {
    const { a, twin, old, meet, advance } = await cloned()
    twin.manager.expireSession(twin.write(undefined, { z: 1 }).id)
    await advance(CUT_MS)
    t.ok(twin.manager.inspect().forgetting.certificates > 0)
    await meet()
    t.strictSame([a.read(old.id), twin.read(old.id)], [{ x: 1 }, { x: 1 }])
  },
)

t.test('what it has ended of that stays ended, however long ago', async t => {
  const { a, twin, ended, meet, advance, until } = await cloned()
  t.match(await until(twin.load(ended.id, ended.token)), { kind: 'here' })
  twin.manager.expireSession(ended.id)
  twin.manager.expireSession(twin.write(undefined, { z: 1 }).id)
  await advance(CUT_MS)
  t.equal(a.standing(ended.id), 'here')
  await meet()
  t.strictSame([a.standing(ended.id), twin.standing(ended.id)], ['dead', 'dead'])
})

t.test('nor by those whom the other one has told what it knows', async t => {
  const { a, cluster, twin, old, advance, until } = await cloned()
  const witness = new TestNode(cluster, 'witness', options)
  cluster.cut(a.channel, witness.channel)
  await witness.up()
  await until(witness.manager.join())
  twin.manager.expireSession(twin.write(undefined, { z: 1 }).id)
  await advance(CUT_MS)
  t.ok(witness.manager.inspect().forgetting.certificates > 0)
  twin.kill()
  cluster.heal()
  await advance(20_000)
  t.strictSame([a.read(old.id), witness.read(old.id)], [{ x: 1 }, { x: 1 }])
})
