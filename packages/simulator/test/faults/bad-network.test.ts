import t from 'tap'
import { FaultyCluster } from '../support/faulty-cluster.js'

t.test('of a slow network it is told how long what is on its way takes to arrive', async t => {
  const world = await FaultyCluster.started()
  await world.suffer({ kind: 'bad-network', physics: { bytesPerMs: 64 } }, 1_000)
  await world.suffer({ kind: 'bad-network', physics: { datagramLoss: 0.1 } }, 1_000)
  const backlogs = world.recorder.events.flatMap(event => (event.kind === 'fault' ? [event.backlogMs] : []))
  t.strictSame(backlogs, [2_048, 2_048, undefined, undefined], 'at its beginning and its end')
})
