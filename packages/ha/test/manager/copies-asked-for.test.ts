import t from 'tap'
import { type SessionLock, SessionLockLostError } from '../../src/index.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { guestRequest, startCluster } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

t.test('a copy that comes with the first answer and is given away while all are asked is asked for anew', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  cluster.faults = { ...cluster.faults, delayMinMs: 5, delayMaxMs: 5 }
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

t.test('a copy that was given away under a request does not come back for a change of id that is not made', async t => {
  const started = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { id, guest, session } = await guestRequest(started)
  session.changeSessionId()
  // Its lease has ended.
  session.lock = { isHeld: false, fence: 0 } as SessionLock
  t.throws(() => guest.manager.requestCompleted(session), SessionLockLostError)
  await started.advance(3_000)
  t.equal(guest.manager.inspectCopy(id), undefined)
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

t.test(
  'a request whose copy was given away gives all that its write builds on, if its owner has died since',
  async t => {
    const { a, b, c, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
    const written = Array.from({ length: 60 }, () => a.write(undefined, { n: 1 }))
    await advance(3_000)
    const foreign = written.filter(({ id }) => b.stateOf(id))
    const requests = await Promise.all(foreign.map(({ id, token }) => until(a.load(id, token))))
    await advance(3_000)
    b.kill()
    await advance(3_000)
    for (const [n, loaded] of requests.entries()) {
      if (loaded.kind !== 'here') return void t.fail(loaded.kind)
      t.equal(a.stateOf(foreign[n]!.id), undefined, 'the request takes its time')
      loaded.session.setAttribute('m', 2)
      a.manager.requestCompleted(loaded.session)
    }
    await advance(20)
    const given = foreign.filter(({ id }) => c.stateOf(id))
    t.ok(given.length > 3)
    for (const { id } of given) t.strictSame(c.read(id), { n: 1, m: 2 }, 'at once: this node may die in a moment')
    await advance(2_000)
    t.strictSame(
      given.filter(({ id }) => a.stateOf(id)),
      [],
    )
  },
)

t.test('a request whose copy came back with less than it has read gives the rest to the owner', async t => {
  const { nodes, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const first = nodes.find(node => node.stateOf(id))!
  const older = encodeMessage(first.wireName, {
    type: 'STATE',
    exchange: 0,
    states: [{ id, idleMs: 0, state: first.stateOf(id)! }],
  })
  first.write(id, { m: 2 })
  const others = nodes.filter(node => node !== first)
  const requests = await Promise.all(others.map(node => until(node.load(id))))
  await advance(3_000)
  first.kill()
  await advance(3_000)
  for (const node of others) node.receive(older)
  await advance(3_000)
  const [owner] = others.filter(node => node.stateOf(id))
  const guest = others.find(node => node !== owner)!
  t.equal(guest.stateOf(id), undefined)
  await until(guest.load(id))
  const loaded = requests[others.indexOf(guest)]!
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  loaded.session.setAttribute('l', 3)
  guest.manager.requestCompleted(loaded.session)
  await advance(5_000)
  t.equal(guest.stateOf(id), undefined)
  t.strictSame(owner!.read(id), { n: 1, m: 2, l: 3 })
})

t.test(
  'a request that is given the lock of its session loses nothing that it has seen, where the copy has come back with less',
  async t => {
    const { nodes, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
    const { id } = nodes[0]!.write(undefined, { n: 1 })
    await advance(3_000)
    const owner = nodes.find(node => node.stateOf(id))!
    const guest = nodes.find(node => node !== owner)!
    const early = await until(guest.load(id))
    await advance(3_000)
    owner.write(id, { m: 2 })
    const late = await until(guest.load(id))
    if (early.kind !== 'here' || late.kind !== 'here') return void t.fail()
    await advance(3_000)
    t.equal(guest.stateOf(id), undefined)
    early.session.setAttribute('l', 3)
    guest.manager.requestCompleted(early.session)
    const held = guest.stateOf(id)
    t.notOk(held?.kind === 'live' && held.entries.some(({ name }) => name.endsWith('m')), 'it has come back with less')
    guest.manager.locks.follow(late.session)
    late.session.reload()
    t.strictSame(
      ['n', 'm', 'l'].map(name => late.session.getAttribute(name)),
      [1, 2, 3],
    )
    await advance(5_000)
    t.equal(guest.stateOf(id), undefined)
    t.strictSame(owner.read(id), { n: 1, m: 2, l: 3 })
  },
)

t.test('a copy that is given away while its only owner is asked is asked for anew, and answered in time', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  await until(guest.load(id))
  cluster.faults = { ...cluster.faults, delayMinMs: 10, delayMaxMs: 10 }
  // Just before the round in which it is given away.
  await advance(990 - (cluster.time.nowMs % 1_000))
  t.ok(guest.stateOf(id))
  const { timedOut } = guest.manager.inspect().pulls
  const loading = guest.load(id)
  await advance(12)
  t.notOk(guest.stateOf(id))
  t.match(await until(loading), { kind: 'here', stale: false })
  t.equal(guest.manager.inspect().pulls.timedOut, timedOut)
})

t.test('who owned a session under its former id hears at once that it has another', async t => {
  const { nodes, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const [a, ...others] = nodes
  const written = Array.from({ length: 20 }, () => a!.write(undefined, { n: 1 }))
  await advance(3_000)
  const foreign = written.flatMap(({ id }) => others.filter(node => node.stateOf(id)).map(owner => ({ id, owner })))
  t.ok(foreign.length > 3)
  for (const { id } of foreign) {
    const loaded = await until(a!.load(id))
    if (loaded.kind !== 'here') return void t.fail(loaded.kind)
    loaded.session.changeSessionId()
    a!.manager.requestCompleted(loaded.session)
  }
  await advance(5)
  a!.kill()
  for (const { id, owner } of foreign) t.equal(owner.stateOf(id)?.kind, 'dead', 'who changed it may be dead by now')
})

t.test('a session whose copy is given away under a request that changes its id has not begun anew', async t => {
  const started = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { guest, session } = await guestRequest(started)
  session.changeSessionId()
  guest.events.length = 0
  guest.manager.requestCompleted(session)
  t.strictSame(
    guest.events.map(([name]) => name),
    ['sessionCreated', 'sessionDestroyed', 'sessionIdChanged'],
  )
})

t.test(
  'a session that is idle here and was used elsewhere goes on, although nobody could tell of that use',
  async t => {
    const { a, b, cluster, until, advance } = await startCluster({ options: { maxInactiveInterval: 20 } })
    const { id, token } = a.write(undefined, { x: 1 })
    await advance(15_000)
    cluster.filter = body => messageIn(body).type !== 'TOUCH'
    a.open(id, token)
    await advance(5_050)
    t.equal(b.standing(id, token), 'behind', 'idle')
    t.match(await until(b.load(id, token)), { kind: 'here', stale: false })
  },
)
