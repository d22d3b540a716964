import t from 'tap'
import { OtherViews } from '../../src/manager/other-views.js'
import { startCluster } from '../support/delta-cluster.js'

const options = { maxInactiveInterval: 20, retention: 40, copies: 3 }

t.test('who sees both sides of a cut keeps an end for a member that sees only one', async t => {
  const { cluster, a, b, c, advance } = await startCluster({ names: ['a', 'b', 'c'], options })
  await advance(11_000)
  cluster.cut(a.channel, c.channel)
  await advance(3_000)
  const { id } = a.write(undefined, { x: 1 })
  await advance(1_000)
  a.manager.expireSession(id)
  await advance(60_000)
  t.equal(b.standing(id), 'dead', 'a and c miss each other, b misses nobody')
  cluster.heal()
  await advance(5_000)
  t.equal(b.standing(id), 'dead', 'all are compared with before it is forgotten')
  await advance(20_000)
  t.equal(b.standing(id), 'unknown')
})

t.test('a member that sees others counts until a while after it has seen the same, or until it goes', t => {
  const views = new OtherViews()
  views.heard('a', true, 1_000)
  t.notOk(views.hasAnySince(0), 'it has never seen others')
  views.heard('a', false, 2_000)
  t.ok(views.hasAnySince(90_000), 'as long as nothing else is heard')
  views.heard('a', true, 100_000)
  views.heard('a', true, 101_000)
  t.ok(views.hasAnySince(100_000))
  t.notOk(views.hasAnySince(100_001))
  views.heard('a', false, 102_000)
  views.gone('a')
  t.notOk(views.hasAnySince(0))
  t.end()
})
