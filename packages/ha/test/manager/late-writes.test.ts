import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

// Who would not recognize what the writer had to stamp so high keeps the certificate.
for (const [whose, skewsMs, left] of [
  ['whose clock is ahead', [0, 3_000], 'unknown'],
  ['who had to stamp it above a write of a clock that is years ahead', [100_000_000_000, 0], 'dead'],
] as const)
  t.test(
    `a write that comes when its session has ended and been forgotten is recognized by its writer, ${whose}`,
    async t => {
      const options = { maxDeathCertificates: 0 }
      const { a, b, cluster, nodes, advance } = await startCluster({ options, skewsMs })
      const { id } = a.write(undefined, { x: 1 })
      await advance(3_000)
      let late: Buffer | undefined
      cluster.filter = (body, source) => {
        if (source !== b.channel || messageIn(body).type !== 'DELTA') return true
        late = Buffer.from(body)
        return false
      }
      b.write(id, { x: 2, y: 1 })
      a.manager.expireSession(id)
      await advance(12_000)
      t.strictSame(
        nodes.map(node => node.standing(id)),
        ['unknown', 'unknown'],
      )
      if (!late) throw new Error('b has not told of its write')
      a.manager.messageReceived({ number: 1, options: 0, body: late, source: b.channel.localMember() })
      t.not(a.standing(id), 'unknown')
      await advance(10_000)
      t.strictSame(
        nodes.map(node => node.standing(id)),
        [left, 'unknown'],
      )
    },
  )

t.test('who writes on a copy that may be old gives all of it at once: it may die in a moment', async t => {
  const { a, b, cluster, until, advance } = await startCluster()
  cluster.filter = () => false
  const { id } = a.write(undefined, { n: 1 })
  await advance(2)
  cluster.filter = () => true
  const unknown = { stamp: 1, dots: [{ actor: 'nobody__', counter: 1 }] }
  const loaded = await until(a.load(id, unknown))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  t.ok(loaded.stale)
  loaded.session.setAttribute('m', 2)
  a.manager.requestCompleted(loaded.session)
  await advance(5)
  a.kill()
  await advance(10)
  t.strictSame(b.read(id), { n: 1, m: 2 })
})
