import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

t.test('a gap that has been given up does not come back with the copy of a member that still waited', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  let late: Buffer | undefined
  cluster.filter = (body, source, target) => {
    if (source === c.channel && target === b.channel && messageIn(body).type === 'STATE') late = Buffer.from(body)
    return true
  }
  a.write(id, { x: 2 })
  a.kill()
  await advance(10_000)
  t.match(b.manager.inspect().pulls, { forgiven: 1 })
  const { pulls } = b.manager.inspect().pulls
  if (!late) throw new Error('c has not sent its copy')
  b.manager.messageReceived({ number: 1, options: 0, body: late, source: c.channel.localMember() })
  await advance(1_000)
  t.equal(b.manager.inspect().pulls.pulls, pulls, 'nobody asks any more')
  t.strictSame(b.read(id), { x: 2 })
  t.equal(b.bytesOf(id), c.bytesOf(id))
})

t.test('another commit that is lacking after that is asked for', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = () => true
  a.write(id, { x: 2 })
  a.kill()
  await advance(10_000)
  cluster.filter = (_body, _source, target) => target !== b.channel
  c.write(id, { y: 1 })
  await advance(2)
  cluster.filter = () => true
  c.write(id, { x: 3 })
  await advance(100)
  t.strictSame(b.read(id), { x: 3, y: 1 })
  t.equal(b.bytesOf(id), c.bytesOf(id))
})

t.test('a copy with a gap is not served to who has seen less: part of what was written before is missing', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  const { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.write(id, { lost: 1 })
  await advance(2)
  cluster.filter = (_body, source) => source === a.channel
  a.write(id, { x: 2 })
  await advance(2)
  cluster.filter = () => true
  t.equal(b.standing(id, token), 'behind')
  t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
  t.strictSame(b.read(id, token), { x: 2, lost: 1 })
})
