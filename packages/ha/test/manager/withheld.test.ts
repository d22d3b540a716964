import t from 'tap'
import { SessionCopy } from '../../src/manager/session-copy.js'
import { Withheld } from '../../src/manager/withheld.js'
import { emptyState } from '../../src/state/session-state.js'
import { type StartedCluster, startCluster, TestNode } from '../support/delta-cluster.js'

const options = { maxInactiveInterval: 20, retention: 40 }

t.test(
  'a session about to expire where it was made, and in use beyond a cut, lives on when both are in reach again',
  async t => {
    const { cluster, nodes, a, b, c, advance, until } = await startCluster({ names: ['a', 'b', 'c'], options })
    for (const node of [b, c]) cluster.cut(a.channel, node.channel)
    await advance(3_000)
    const { id, token } = a.write(undefined, { x: 1 })
    const ended = b.write(undefined, { y: 1 })
    await advance(1_000)
    b.manager.expireSession(ended.id)
    const adopted = await until(b.load(id, token))
    if (adopted.kind !== 'here') return void t.fail(adopted.kind)
    adopted.session.setAttribute('z', 1)
    b.manager.requestCompleted(adopted.session)
    const use = async (users: readonly TestNode[], rounds: number) => {
      for (let n = 0; n < rounds; n++) {
        for (const node of users) node.open(id)
        await advance(5_000)
      }
    }
    await use([a, b], 10)
    await use([b], 3)
    await advance(2_500)
    t.equal(b.manager.inspect().deathCertificates, 0, 'what has ended meanwhile is forgotten')
    t.strictSame(
      nodes.map(node => node.standing(id)),
      ['behind', 'here', 'here'],
    )
    cluster.heal()
    await advance(5_000)
    t.strictSame(
      nodes.map(node => node.read(id)),
      nodes.map(() => ({ x: 1, z: 1 })),
    )
  },
)

t.test('who comes while a session is about to expire recognizes what was made after that one (seed 2685)', async t => {
  const { cluster, a, b, advance, until } = await startCluster({ names: ['a', 'b'], options })
  a.write(undefined, { n: 1 })
  // Past what is given to others: the limit and half of its grace.
  await advance(24_500)
  const { id, token } = a.write(undefined, { n: 2 })
  const c = new TestNode(cluster, 'c', options)
  await c.up()
  await advance(1_000)
  a.manager.expireSession(id)
  await advance(500)
  await until(a.manager.leave())
  a.kill()
  b.kill()
  await advance(60_000)
  t.equal(c.stateOf(id), undefined, 'its end is forgotten')
  t.equal((await until(c.load(id, token))).kind, 'none')
})

t.test(
  'what is not given because it is about to expire is left out of what the other one is told that it has had',
  t => {
    const [maker, other] = ['maker', 'other'].map(name => name.padEnd(16, '.')) as [string, string]
    const copyOf = (stamp: number) => {
      const entry = { name: 'x', actor: maker, counter: 1, stamp, value: new Uint8Array(1) }
      return new SessionCopy('id', 0, { ...emptyState, entries: [entry] }, 0)
    }
    const known = [maker, other].map(actor => ({ actor, since: 0, stamp: 150 }))
    const withheld = new Withheld([])
    t.strictSame(withheld.without({ known, collected: 100 }), { known, collected: 100 })
    for (const stamp of [70, 50]) withheld.add(copyOf(stamp))
    t.strictSame(withheld.without({ known, collected: 100 }), {
      known: [{ actor: maker, since: 0, stamp: 49 }, { actor: maker, since: 71, stamp: 150 }, known[1]],
      collected: 100,
    })
    t.end()
  },
)

/** A session of a's that is older than a certificate which a has forgotten. */
async function inUseAtItsMaker({ a, advance }: StartedCluster) {
  const { id } = a.write(undefined, { x: 1 })
  a.manager.expireSession(a.write(undefined, {}).id)
  for (let n = 0; n < 10; n++) {
    await advance(5_000)
    a.open(id)
  }
  t.ok(a.manager.inspect().forgetting.certificates > 0)
  await advance(1_100)
  return id
}

/** Until the session is about to expire where nobody hears of that. */
async function use({ advance }: StartedCluster, user: TestNode, id: string) {
  for (let n = 0; n < 4; n++) {
    await advance(5_000)
    user.open(id)
  }
  await advance(1_300)
}

t.test('a session that its maker was about to let expire lives on where somebody comes with it', async t => {
  const started = await startCluster({ names: ['a', 'b', 'c'], options })
  const { cluster, a, b, c, advance } = started
  // By then everybody has been told who is gone, and does not ask any more.
  await advance(20_000)
  for (const node of [a, c]) cluster.cut(node.channel, b.channel)
  await advance(1_000)
  const id = await inUseAtItsMaker(started)
  cluster.cut(a.channel, c.channel)
  await use(started, c, id)
  cluster.heal()
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await advance(1_500)
  t.strictSame([a.manager.inspect().expiry.expired, b.standing(id)], [0, 'unknown'])
  t.equal(b.manager.inspect().knownCreators, 1, 'b has been told what was here')
  a.kill()
  cluster.heal()
  await advance(5_000)
  t.strictSame(
    [b, c].map(node => node.standing(id)),
    ['here', 'here'],
  )
})

t.test('nor does its maker say that it has been there when it leaves without giving it any more', async t => {
  const started = await startCluster({ names: ['a', 'c'], options })
  const { cluster, a, b: c, advance } = started
  await advance(20_000)
  const id = await inUseAtItsMaker(started)
  // Nobody notices that c is not heard.
  cluster.filter = (_body, source) => source !== c.channel
  await use(started, c, id)
  const d = new TestNode(cluster, 'd', options)
  await d.up()
  await advance(20)
  void d.manager.join()
  await advance(20)
  void a.manager.leave()
  await advance(500)
  t.strictSame([a.manager.inspect().expiry.expired, d.standing(id)], [0, 'unknown'])
  t.equal(d.manager.inspect().knownCreators, 1, 'd has been told what was here')
  a.kill()
  cluster.filter = () => true
  await advance(8_000)
  t.strictSame(
    [c, d].map(node => node.standing(id)),
    ['here', 'here'],
  )
})
