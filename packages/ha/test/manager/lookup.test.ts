import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'

t.test(
  'what expires while the others are asked goes on for a client that has seen more of it than was here',
  async t => {
    const started = async () => {
      const plain = await startCluster({ names: ['a', 'b', 'c'], options: { maxInactiveInterval: 3 } })
      const { a, b, c, cluster, advance } = plain
      await advance(10_000)
      const { id } = a.write(undefined, { x: 1 })
      await advance(10)
      cluster.filter = () => false
      const { token } = c.write(id, { x: 2 })
      c.kill()
      await advance(10)
      cluster.filter = () => true
      await advance(6_000)
      b.channel.hang()
      return { ...plain, id, token }
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
    t.match(await until(loaded), { kind: 'here', stale: true })
  },
)
