import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'

t.test('a copy that comes with the first answer and is given away while all are asked is asked for anew', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  Object.assign(cluster.faults, { delayMinMs: 5, delayMaxMs: 5 })
  // Nobody has that, so its owner is asked, and then everybody.
  const seen = { stamp: 1, dots: [{ actor: 'nobody__', counter: 1 }] }
  const droppedBefore = guest.manager.inspect().handover.dropped
  const found = new Set<string>()
  for (let ms = 0; ms < 1_000; ms += 7) {
    const loading = guest.load(id, seen)
    await advance(12)
    t.ok(guest.stateOf(id), 'the owner has answered')
    await until(loading).then(({ kind }) => found.add(kind))
    await advance(3_000 - (cluster.time.nowMs % 1_000) + ms)
  }
  t.ok(guest.manager.inspect().handover.dropped - droppedBefore > 100)
  t.strictSame([...found], ['here'])
})
