import t from 'tap'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { guestRequest, startCluster, TestNode } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

// Copies on members that do not own the session: what is in them is nowhere else until the owners have it.

const THREE = ['a', 'b', 'c'] as const

/** A session on its one owner, and the two members that do not hold it. */
async function ownedSession() {
  const started = await startCluster({ names: THREE, options: { copies: 1 } })
  const { id } = started.a.write(undefined, { n: 1 })
  await started.advance(3_000)
  const owner = started.nodes.find(node => node.stateOf(id))!
  const [guest, other] = started.nodes.filter(node => node !== owner) as [TestNode, TestNode]
  return { ...started, id, owner, guest, other }
}

t.test('a copy that has changed since it was given away is kept until its owner has the change', async t => {
  const { id, owner, guest, cluster, until, advance } = await ownedSession()
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  const write = (n: number) => {
    loaded.session.setAttribute('n', n)
    guest.manager.requestCompleted(loaded.session)
  }
  cluster.faults = { ...cluster.faults, delayMinMs: 100, delayMaxMs: 100 }
  write(2)
  cluster.filter = () => false
  write(3)
  await advance(2_500)
  t.strictSame(owner.read(id), { n: 2 }, 'of that it has heard')
  cluster.filter = () => true
  await advance(6_000)
  t.strictSame(owner.read(id), { n: 3 })
  t.equal(guest.stateOf(id), undefined)
})

t.test('an end that its owner was not told of is told again', async t => {
  const { id, owner, guest, cluster, advance } = await ownedSession()
  cluster.filter = () => false
  guest.manager.expireSession(id)
  await advance(10)
  cluster.filter = () => true
  t.equal(owner.standing(id), 'here')
  await advance(6_000)
  t.equal(owner.standing(id), 'dead')
})

t.test('what comes from somebody who cannot reach the owner is given to the owner', async t => {
  const { id, owner, guest, other, cluster, until, advance } = await ownedSession()
  const loaded = await until(other.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  let sent: Buffer | undefined
  cluster.filter = (body, source) => {
    if (source === other.channel && ['DELTA', 'DEATH'].includes(messageIn(body).type)) sent = Buffer.from(body)
    return source !== other.channel
  }
  const reachesGuest = () => {
    if (!sent) throw new Error('nothing was sent')
    guest.manager.messageReceived({ number: 1, options: 0, body: sent, source: other.channel.localMember() })
    return advance(6_000)
  }
  loaded.session.setAttribute('m', 2)
  other.manager.requestCompleted(loaded.session)
  await reachesGuest()
  t.strictSame(owner.read(id), { n: 1, m: 2 })
  other.manager.expireSession(id)
  await reachesGuest()
  t.equal(owner.standing(id), 'dead')
})

t.test('a copy that one of its owners has is kept until the other has it as well', async t => {
  const options = { copies: 2 }
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE, options })
  cluster.faults = { ...cluster.faults, delayMinMs: 400, delayMaxMs: 400 }
  const written = Array.from({ length: 60 }, (_, n) => a.write(undefined, { n }).id)
  const d = new TestNode(cluster, 'd', options)
  cluster.filter = (_body, from, to) => !((from === b.channel || from === c.channel) && to === d.channel)
  await d.up()
  await advance(4_000)
  const isAtD = new Set(written.filter(id => d.stateOf(id)))
  cluster.filter = () => true
  await advance(10_000)
  const owned = written.filter(id => d.stateOf(id) && !a.stateOf(id))
  t.ok(owned.length > 0)
  t.strictSame(
    owned.filter(id => !isAtD.has(id)),
    [],
  )
})

t.test('a change that its owner has acknowledged is not handed over once more', async t => {
  const { id, owner, guest, until, advance } = await ownedSession()
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  loaded.session.setAttribute('n', 2)
  guest.manager.requestCompleted(loaded.session)
  await advance(3_000)
  t.equal(guest.stateOf(id), undefined)
  t.strictSame(owner.read(id), { n: 2 })
  t.equal(guest.manager.inspect().handover.handed, 0)
})

t.test('a copy of what another owns is no answer by itself: its owner, who tells it of nothing, is asked', async t => {
  const { id, owner, guest, until } = await ownedSession()
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  t.ok(guest.stateOf(id))
  owner.write(id, { n: 2 })
  t.equal(guest.standing(id), 'behind')
  t.match(await until(guest.load(id)), { kind: 'here', stale: false })
  t.ok(guest.stateOf(id))
  const again = await until(guest.load(id))
  t.equal(again.kind === 'here' && again.session.getAttribute('n'), 2)
})

t.test('what is left of a copy that belonged elsewhere is out of date for who is to hold it again', async t => {
  const { id, owner, guest, other, until } = await ownedSession()
  for (const node of [guest, other]) await until(node.load(id))
  owner.write(id, { n: 2 })
  const leaving = encodeMessage(owner.wireName, { type: 'LEAVING', stamp: 0 })
  for (const { manager } of [guest, other])
    manager.messageReceived({ number: 1, options: 0, body: leaving, source: owner.channel.localMember() })
  for (const node of [guest, other]) t.not(node.standing(id), 'here', node.channel.name)
})

t.test(
  'who wrote when its copy had been given away keeps all of it until its owner has more than the change',
  async t => {
    const started = await startCluster({ seed: 2, names: [...THREE, 'd'], options: { copies: 1 } })
    const { nodes, cluster, advance } = started
    const { id, guest, session } = await guestRequest(started)
    nodes.find(node => node.stateOf(id))!.kill()
    await advance(10)
    cluster.filter = body => messageIn(body).type !== 'STATE'
    session.setAttribute('m', 2)
    guest.manager.requestCompleted(session)
    await advance(2_500)
    cluster.filter = () => true
    await advance(6_000)
    const [owner, ...others] = nodes.filter(node => node.channel.isUp && node.stateOf(id))
    t.strictSame(others, [])
    t.not(owner?.channel.name, guest.channel.name)
    t.strictSame(owner?.read(id), { n: 1, m: 2 })
  },
)

t.test('what is on its way to its owner is not given a second time before that has failed', async t => {
  const { id, owner, guest, cluster, until, advance } = await ownedSession()
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  let given = 0
  cluster.filter = (body, source, target) => {
    if (source === guest.channel && target === owner.channel && messageIn(body).type === 'STATE') given++
    return false
  }
  loaded.session.setAttribute('n', 2)
  guest.manager.requestCompleted(loaded.session)
  await advance(10)
  while (given === 0) await advance(10)
  await advance(2_900)
  t.equal(given, 1)
  cluster.filter = () => true
  await advance(6_000)
  t.strictSame(owner.read(id), { n: 2 })
})
