import t from 'tap'
import { FaultyCluster, WHOLE } from '../support/faulty-cluster.js'

t.test('another cluster on the same group and port is heard and let be, also when it dials us', async t => {
  const world = await FaultyCluster.started()
  await world.suffer({ kind: 'other-cluster', seed: 1, knowsUs: true }, 6_000)
  t.strictSame([world.views(), world.troubles], [WHOLE, []])
  t.match(world.classes(), { F35: 1, F43: 1 })
  for (const { channel, log } of world.cluster.processes()) {
    t.ok(channel.multicastStats()!.strangers > 0)
    t.ok(log.strangersRefused <= 2, 'one line a minute about each')
  }
})

t.test('two clusters that have one name become one, and that is told of', async t => {
  const world = await FaultyCluster.started({}, { clusterName: 'somebody else' })
  await world.suffer({ kind: 'other-cluster', seed: 1, knowsUs: false }, 8_000)
  t.match(world.troubles.join(), /takes x y for members, who are of another cluster/)
  t.match(world.troubles.join(), /has a session of another cluster/)
})

t.test('nonsense of an outsider is refused and counted, and nothing else comes of it', async t => {
  const world = await FaultyCluster.started()
  for (let seed = 1; seed <= 5; seed++) await world.suffer({ kind: 'outsider', nodes: ['a'], seed }, 8_000)
  world.judge()
  t.strictSame([world.views(), world.troubles], [WHOLE, []])
  t.match(world.classes(), { F57: 5 })
  const { channel, log } = world.cluster.node('a').process!
  t.ok(channel.multicastStats()!.malformed > 20)
  t.ok(channel.transportStats()!.malformed > 20)
  t.ok(log.strangersRefused > 0 && log.strangersRefused <= 4, 'other cluster, other protocol: one line a minute')
})
