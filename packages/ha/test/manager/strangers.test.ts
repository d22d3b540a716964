import t from 'tap'
import { Strangers } from '../../src/manager/strangers.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'

const options = { maxInactiveInterval: -1, retention: 60 }

t.test('what a client ended here of a session of somebody whom nobody here has met stays ended', async t => {
  const { cluster, a, b, nodes, until, advance } = await startCluster({ options })
  await advance(12_000)
  const c = new TestNode(cluster, 'c', options)
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await c.up()
  await until(c.manager.join())
  const { id, token } = c.write(undefined, { x: 1 })
  const loaded = await until(a.load(id, token))
  if (loaded.kind !== 'here') throw new Error(loaded.kind)
  loaded.session.setAttribute('x', 2)
  a.manager.requestCompleted(loaded.session)
  await advance(1_000)
  a.manager.expireSession(id)
  await advance(200_000)
  cluster.heal()
  await advance(10_000)
  for (const node of [...nodes, c]) t.not(node.standing(id), 'here', node.channel.name)
  await advance(100_000)
  t.strictSame(
    [a, b, c].map(node => node.manager.inspect().deathCertificates),
    [0, 0, 0],
    'nobody is out any more',
  )
})

t.test('a stranger is one until it is met, and not for ever', t => {
  const strangers = new Strangers()
  strangers.heard(['prefix-1', 'other'], 1_000)
  strangers.heard(['other'], 2_000)
  t.ok(strangers.hasAnySince(1_500))
  t.notOk(strangers.met('prefix-1 and the rest of its name'), 'forgotten')
  t.ok(strangers.met('otherwise'), 'the first bytes tell')
  t.notOk(strangers.hasAnySince(0))
  strangers.heard(
    Array.from({ length: 1_000 }, (_, n) => String.fromCharCode(n % 256, n >> 8, 0, 0)),
    3_000,
  )
  const met = Array.from({ length: 1_000 }, (_, n) => strangers.met(String.fromCharCode(n % 256, n >> 8, 0, 0)))
  t.equal(met.filter(Boolean).length, 256)
  t.end()
})
