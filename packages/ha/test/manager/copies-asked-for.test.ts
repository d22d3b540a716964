import t from 'tap'
import { encodeMessage } from '../../src/wire/message-codec.js'
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

t.test(
  'what a request writes stays above all that it has read, also if its copy is dropped and an older one comes',
  async t => {
    const ahead = 100_000_000
    const plan = { names: ['a', 'b', 'c'], options: { copies: 1 }, skewsMs: [ahead, ahead, 0] }
    const { nodes, until, advance } = await startCluster(plan)
    const guest = nodes[2]!
    const { id } = nodes[0]!.write(undefined, { n: 1 })
    await advance(3_000)
    const owner = nodes.find(node => node.stateOf(id))!
    t.not(owner, guest)
    const stateAs = () =>
      encodeMessage(guest.wireName, {
        type: 'STATE',
        exchange: 0,
        states: [{ id, idleMs: 0, state: owner.stateOf(id)! }],
      })
    const older = stateAs()
    owner.write(id, { n: 2 })
    const newer = stateAs()
    const loaded = await until(guest.load(id))
    if (loaded.kind !== 'here') return void t.fail(loaded.kind)
    t.equal(loaded.session.getAttribute('n'), 2)
    await advance(3_000)
    t.equal(guest.stateOf(id), undefined, 'the request takes its time')
    guest.receive(older)
    loaded.session.setAttribute('n', 3)
    guest.manager.requestCompleted(loaded.session)
    guest.receive(newer)
    loaded.session.reload()
    t.equal(loaded.session.getAttribute('n'), 3)
    t.strictSame(guest.eventsOf('conflict'), [])
  },
)
