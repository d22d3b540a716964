import t from 'tap'
import { BadUserIdError, TooManyUserSessionsError, UsersDisabledError } from '../../src/index.js'
import { textHash } from '../../src/state/state-hash.js'
import { managerOf } from '../../src/wire/message-codec.js'
import { REMOVE, startCluster } from '../support/delta-cluster.js'
import { startUsers } from '../support/user-cluster.js'

t.test('a user’s sessions are listed on every node, the oldest login first, with what is known of them', async t => {
  const { a, b, c, advance, until } = await startUsers()
  const first = a.logIn('ada')
  await advance(1_000)
  const second = b.logIn('ada')
  b.logIn('eve')
  await advance(100)
  for (const node of [a, b, c]) t.strictSame(await node.idsOf('ada'), [first, second])
  const [session] = await until(c.users.of('ada'))
  t.ok(session!.createdAt.getTime() > Date.UTC(2024, 0, 1))
  t.ok(Math.abs(session!.lastAccessedAt.getTime() - session!.createdAt.getTime()) < 10)
  t.ok(Math.abs(session!.loggedInAt.getTime() - session!.createdAt.getTime()) < 10)
  t.equal(await until(session!.end()), 'held')
  for (const node of [a, b, c]) t.strictSame(await node.idsOf('ada'), [second])
})

t.test('the index follows logins, logouts, changes of id and of user, and expiry, once somebody has asked', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'], { manager: { maxInactiveInterval: 60 } })
  t.equal(a.users.inspect().indexed, undefined, 'nobody has asked')
  const { id } = a.write(undefined, { user: 'ada' })
  await advance(10)
  t.strictSame(await b.idsOf('ada'), [id])
  const session = a.open(id)
  const renamed = session.changeSessionId()
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(await b.idsOf('ada'), [renamed])
  a.write(renamed, { user: 'eve' })
  await advance(10)
  t.strictSame([await b.idsOf('ada'), await b.idsOf('eve')], [[], [renamed]])
  a.write(renamed, { user: REMOVE })
  await advance(10)
  t.strictSame(await b.idsOf('eve'), [])
  a.write(renamed, { user: { id: 7 } })
  await advance(10)
  t.strictSame(await b.idsOf('7'), [renamed], 'of an object its id')
  await advance(200_000)
  t.strictSame(await b.idsOf('7'), [])
  t.strictSame(
    [a, b].map(node => node.users.inspect().indexed),
    [undefined, 0],
  )
})

t.test('a question that comes late finds what came before it, and what lies packed stays packed', async t => {
  const { a, advance, add } = await startUsers(['a'])
  const ids = Array.from({ length: 20 }, () => a.logIn('ada'))
  await advance(1_000)
  const b = await add('b')
  await advance(10_000)
  t.strictSame(new Set(await b.idsOf('ada')), new Set(ids))
  t.ok(ids.every(id => b.manager.inspectCopy(id)!.isPacked))
  t.equal(b.manager.digest(), a.manager.digest())
})

t.test('all sessions of a user end on all nodes, others stay, and the same user can log in again', async t => {
  const { a, b, c, nodes, advance, until } = await startUsers()
  const ended = [a.logIn('ada'), b.logIn('ada'), b.logIn('ada')]
  const eve = a.logIn('eve')
  await advance(100)
  t.strictSame(await until(c.users.endAll('ada')), { ended: 3, acknowledged: 'held' })
  for (const node of nodes) {
    t.strictSame(
      ended.map(id => node.standing(id)),
      ['dead', 'dead', 'dead'],
    )
    t.ok(node.isIn(eve))
  }
  const again = a.logIn('ada')
  await advance(10_000)
  for (const node of nodes) t.strictSame(await node.idsOf('ada'), [again])
})

t.test('all but this: the one that is kept stays kept under another id, and dies with the next end of all', async t => {
  const { a, b, nodes, advance, until } = await startUsers()
  const [kept, other] = [a.logIn('ada'), b.logIn('ada')]
  await advance(100)
  t.equal((await until(b.users.endAll('ada', kept))).ended, 1)
  for (const node of nodes) t.strictSame([node.isIn(kept), node.standing(other)], [true, 'dead'])
  const session = b.open(kept)
  const renamed = session.changeSessionId()
  b.manager.requestCompleted(session)
  await advance(5_000)
  for (const node of nodes) t.ok(node.isIn(renamed))
  await until(a.users.endAll('ada'))
  for (const node of nodes) t.equal(node.standing(renamed), 'dead')
})

for (const how of ['by its attribute', 'by setUser'])
  t.test(`all but this: one that logs in ${how} in the same request stays kept under another id as well`, async t => {
    const { a, b, nodes, advance, until } = await startUsers()
    const other = b.logIn('ada')
    await advance(100)
    const session = a.manager.createSession()
    if (how === 'by setUser') session.setUser('ada')
    else session.setAttribute('user', 'ada')
    await advance(10)
    t.equal((await until(a.users.endAll('ada', session.id))).ended, 1)
    a.manager.requestCompleted(session)
    await advance(100)
    const later = b.open(session.id)
    const renamed = later.changeSessionId()
    b.manager.requestCompleted(later)
    await advance(5_000)
    for (const node of nodes) t.strictSame([node.standing(renamed), node.standing(other)], ['here', 'dead'])
    await until(b.users.endAll('ada'))
    for (const node of nodes) t.equal(node.standing(renamed), 'dead')
  })

t.test('all but this: also where others hold it', async t => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const { a, nodes, advance, until } = await startUsers(names, { manager: { copies: 2 } })
  const kept = a.logIn('ada')
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(kept) === undefined)!
  t.equal((await until(guest.users.endAll('ada', kept))).ended, 0)
  await advance(3_000)
  const owner = nodes.find(node => node.stateOf(kept) !== undefined)!
  const session = owner.open(kept)
  const renamed = session.changeSessionId()
  owner.manager.requestCompleted(session)
  await advance(3_000)
  t.equal((await until(a.load(renamed))).kind, 'here')
})

t.test('but one that can be no session is but none: the end of all is told all the same', async t => {
  const { cluster, a, c, advance, until, isolate } = await startUsers()
  for (const but of [null, 7, '', 'x'.repeat(300_000)]) {
    isolate(c)
    await advance(5_000)
    const hidden = c.logIn('ada')
    await advance(1_000)
    await until(a.users.endAll('ada', but as string))
    cluster.heal()
    await advance(10_000)
    t.equal(c.standing(hidden), 'dead', String(but).slice(0, 5))
  }
})

t.test(
  'a session that a cut-off node made before the end of all ends at the heal, and so does its successor',
  async t => {
    const { cluster, a, b, c, nodes, advance, until, isolate } = await startUsers()
    isolate(c)
    await advance(5_000)
    const hidden = c.logIn('ada')
    const renaming = c.logIn('ada')
    const eve = c.logIn('eve')
    await advance(1_000)
    await until(a.users.endAll('ada'))
    const session = c.open(renaming)
    const renamed = session.changeSessionId()
    c.manager.requestCompleted(session)
    await advance(1_000)
    const later = b.logIn('ada')
    cluster.heal()
    await advance(10_000)
    for (const node of nodes) {
      t.notOk(
        [hidden, renaming, renamed].some(id => node.isIn(id)),
        node.channel.name,
      )
      t.ok(node.isIn(later) && node.isIn(eve))
    }
    t.equal(new Set(nodes.map(node => node.manager.digest())).size, 1)
  },
)

t.test('the record finds what a node has when it comes before any session does', async t => {
  const { cluster, a, c, advance, until, isolate } = await startUsers()
  isolate(c)
  await advance(5_000)
  const hidden = c.logIn('ada')
  await advance(1_000)
  await until(a.users.endAll('ada'))
  const sessions = textHash('default')
  cluster.filter = body => managerOf(body) !== sessions
  cluster.heal()
  await advance(5_000)
  t.equal(c.standing(hidden), 'dead')
})

t.test('who joins after the end of all knows of it, also when those who ended it are gone', async t => {
  const { cluster, a, c, nodes, advance, until, isolate, add } = await startUsers()
  isolate(c)
  await advance(5_000)
  const hidden = c.logIn('ada')
  await advance(1_000)
  await until(a.users.endAll('ada'))
  const d = await cutOff(await add('d'))
  async function cutOff(node: Awaited<ReturnType<typeof add>>) {
    cluster.cut(node.channel, c.channel)
    await advance(2_000)
    return node
  }
  for (const gone of nodes.slice(0, 2)) gone.kill()
  await advance(5_000)
  cluster.heal()
  await advance(10_000)
  t.strictSame([c.standing(hidden), d.standing(hidden)], ['dead', 'dead'])
})

t.test(
  'a login that had begun before the end of all is over as soon as it is there; one that begins after it is not',
  async t => {
    const { a, b, advance, until } = await startUsers(['a', 'b'])
    const begun = b.manager.createSession()
    await advance(50)
    await until(a.users.endAll('ada'))
    await advance(50)
    begun.setAttribute('user', 'ada')
    b.manager.requestCompleted(begun)
    await advance(50)
    for (const node of [a, b]) t.notOk(node.isIn(begun.id))
    t.equal(b.manager.inspect().ownSessions, 0)
    const replaced = b.manager.replaceSession(begun)
    replaced.setAttribute('user', 'ada')
    b.manager.requestCompleted(replaced)
    t.notOk(b.isIn(replaced.id), 'also under a new id')
    t.ok(a.isIn(a.logIn('ada')))
  },
)

t.test('a node whose clock is ten years ahead ends what there is, and nobody who logs in afterwards', async t => {
  const { b, c, nodes, advance, until, add } = await startUsers(['a', 'b', 'c'], {}, [0, 0, 315_360_000_000])
  const before = b.logIn('ada')
  await advance(100)
  await until(c.users.endAll('ada'))
  await advance(100)
  const after = b.logIn('ada')
  await add('d')
  await advance(10_000)
  for (const node of nodes) t.strictSame([node.standing(before), node.isIn(after)], ['dead', true])
  await until(b.users.endAll('ada'))
  for (const node of nodes) t.equal(node.standing(after), 'dead')
})

t.test('the end of all is forgotten after its time', async t => {
  const { a, b, advance, until } = await startUsers(['a', 'b'], { users: { retention: 60 } })
  await until(a.users.endAll('ada'))
  t.strictSame(
    [a, b].map(node => node.users.inspect().revocations),
    [1, 1],
  )
  await advance(300_000)
  t.strictSame(
    [a, b].map(node => node.users.inspect().revocations),
    [0, 0],
  )
  await until(b.users.endAll('ada'))
  t.strictSame(
    [a, b].map(node => node.users.inspect().revocations),
    [1, 1],
    'and can be told again',
  )
})

t.test('beyond the limit the oldest login ends, before the new one is told', async t => {
  const { a, b, c, nodes, advance } = await startUsers(['a', 'b', 'c'], { users: { limit: 2 } })
  const ids: string[] = []
  for (const node of [a, b, c]) {
    ids.push(node.logIn('ada'))
    await advance(100)
  }
  for (const node of nodes)
    t.strictSame(
      ids.map(id => node.isIn(id)),
      [false, true, true],
    )
  t.strictSame(
    nodes.map(node => node.manager.inspect().commits.deaths),
    [0, 0, 1],
    'by one node',
  )
  b.write(ids[1], { cart: 1 })
  const session = b.open(ids[1]!)
  const renamed = session.changeSessionId()
  b.manager.requestCompleted(session)
  await advance(100)
  for (const node of nodes) t.ok(node.isIn(renamed) && node.isIn(ids[2]!), 'a change of id is no login')
})

t.test('a login whose lock has been lost is none, and makes no room', async t => {
  const { a, until } = await startUsers(['a'], { users: { limit: 1 } })
  const first = a.logIn('ada')
  const { id } = a.write(undefined, { x: 1 })
  const session = a.open(id)
  session.lock = await until(a.manager.locks.lock(id, 1_000))
  session.setAttribute('user', 'ada')
  session.lock!.lost()
  t.throws(() => a.manager.requestCompleted(session), { code: 'HA_SESSION_LOCK_LOST' })
  t.strictSame([a.isIn(first), a.isIn(id)], [true, false])
})

t.test(
  'two nodes that each let one in while they are cut off from each other end one of them when they meet',
  async t => {
    for (const whenOver of ['endOldest', 'refuse'] as const) {
      const { cluster, a, b, advance, isolate } = await startUsers(['a', 'b'], { users: { limit: 1, whenOver } })
      isolate(a)
      await advance(5_000)
      const older = a.logIn('ada')
      await advance(1_000)
      const newer = b.logIn('ada')
      cluster.heal()
      await advance(10_000)
      const expected = whenOver === 'endOldest' ? [false, true] : [true, false]
      for (const node of [a, b])
        t.strictSame(
          [older, newer].map(id => node.isIn(id)),
          expected,
          whenOver,
        )
    }
  },
)

t.test('where the new login is to be refused, its attribute is, with the reason; setUser throws it', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'], { users: { limit: 1, whenOver: 'refuse' } })
  const first = a.logIn('ada')
  await advance(100)
  const { id, commit } = b.write(undefined, { user: 'ada', cart: 1 })
  t.ok(commit.refused[0] instanceof TooManyUserSessionsError)
  t.equal(commit.refused[0]!.code, 'HA_TOO_MANY_USER_SESSIONS')
  t.strictSame([b.read(id), b.isIn(id)], [{ cart: 1 }, false])
  t.throws(() => b.open(id).setUser('ada'), { code: 'HA_TOO_MANY_USER_SESSIONS' })
  t.ok(b.isIn(first))
  a.write(first, { user: 'ada', cart: 2 })
  await advance(100)
  t.strictSame(await b.idsOf('ada'), [first], 'who is in already may go on')
  const bob = b.open(b.logIn('bob'))
  bob.setAttribute('user', 'ada')
  bob.changeSessionId()
  t.strictSame(
    b.manager.requestCompleted(bob).refused.map(({ code }) => code),
    ['HA_TOO_MANY_USER_SESSIONS'],
  )
  t.strictSame(
    [b.read(bob.id), bob.user],
    [{ user: 'bob' }, 'bob'],
    'whoever takes another id as well stays who he was',
  )
})

t.test('a session past its idle limit counts towards no limit of its user, although it is still here', async t => {
  const options = { manager: { maxInactiveInterval: 60 } }
  const one = await startUsers(['a', 'b'], { ...options, users: { limit: 1, whenOver: 'refuse' } })
  const idle = one.b.logIn('ada')
  await one.advance(61_000)
  t.ok(one.a.manager.inspectCopy(idle), 'it is asked for before it goes')
  const { id, commit } = one.a.write(undefined, { user: 'ada' })
  t.strictSame(commit.refused, [])
  await one.advance(100)
  for (const node of one.nodes) t.ok(node.isIn(id))

  const two = await startUsers(['a', 'b'], { ...options, users: { limit: 2 } })
  const used = two.a.logIn('ada')
  await two.advance(1_000)
  two.b.logIn('ada')
  await two.advance(30_000)
  two.a.write(used, { cart: 1 })
  await two.advance(31_000)
  const later = two.b.logIn('ada')
  await two.advance(100)
  for (const node of two.nodes) t.ok(node.isIn(used) && node.isIn(later))
})

t.test('setUser serves those whose sessions have no such attribute', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'])
  const session = a.manager.createSession()
  session.setUser(42)
  t.equal(session.user, '42')
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(await b.idsOf('42'), [session.id])
  const again = b.open(session.id)
  again.setUser(42)
  t.notOk(b.manager.requestCompleted(again).changed, 'who is in already does not log in again')
  again.setUser(undefined)
  b.manager.requestCompleted(again)
  await advance(10)
  t.strictSame(await a.idsOf('42'), [])
})

t.test('what is no user id is refused, and the attribute that held it', async t => {
  const { a, until } = await startUsers(['a'], { users: { id: value => Reflect.get(Object(value), 'key') } })
  for (const key of ['', 'x'.repeat(121), 'half \ud800', {}, true, Number.NaN]) {
    const { id, commit } = a.write(undefined, { user: { key }, other: 1 })
    t.equal(commit.refused[0]?.code, 'HA_BAD_USER_ID')
    t.strictSame(a.read(id), { other: 1 })
  }
  for (const key of [undefined, null]) t.strictSame(a.write(undefined, { user: { key } }).commit.refused, [])
  const throwing = await startUsers(['a'], { users: { id: () => (undefined as never as { x: { y: 1 } }).x.y } })
  t.equal(throwing.a.write(undefined, { user: 'ada' }).commit.refused[0]?.code, 'HA_BAD_USER_ID')
  await t.rejects(until(a.users.of('')), BadUserIdError)
  await t.rejects(until(a.users.endAll('')), BadUserIdError)
})

t.test('without an account of users, setUser says so', async t => {
  const { a } = await startCluster({ names: ['a'] })
  t.throws(() => a.manager.createSession().setUser('ada'), UsersDisabledError)
})

t.test('bytes of another node that are no login and no end of all are as good as none', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'])
  t.strictSame(await b.idsOf('ada'), [])
  for (const value of ['ada', ['ada'], ['ada', 'x'], { user: 'ada' }]) {
    const session = a.manager.createSession()
    session.setProperty('user', value)
    a.manager.requestCompleted(session)
  }
  for (const revoked of ['x', { until: 'x', but: [] }, { until: 1, but: [2] }, null]) {
    const record = a.shared.sharedSession('revoked:ada')
    record.setAttribute('revoked', revoked)
    a.shared.requestCompleted(record)
  }
  await advance(100)
  t.strictSame([await b.idsOf('ada'), b.users.inspect().revocations, b.users.inspect().indexed], [[], 0, 0])
})

t.test('with fewer copies than members the others are asked, and ends and limits hold all the same', async t => {
  const names = ['a', 'b', 'c', 'd', 'e']
  const { a, b, nodes, advance, until } = await startUsers(names, { manager: { copies: 2 } })
  const ids = nodes.flatMap(node => [node.logIn('ada'), node.logIn('ada')])
  await advance(3_000)
  for (const node of nodes) t.strictSame(new Set((await until(node.users.of('ada'))).map(s => s.id)), new Set(ids))
  t.equal((await until(b.users.endAll('ada', ids[0]))).ended, 9)
  await advance(3_000)
  const left = await Promise.all(ids.map(id => until(a.load(id))))
  t.strictSame(
    left.map(result => result.kind),
    ['here', ...Array(9).fill('none')],
  )

  const limited = await startUsers(names, { manager: { copies: 2 }, users: { limit: 3 } })
  for (const node of limited.nodes) {
    node.logIn('ada')
    await limited.advance(1_000)
  }
  await limited.advance(3_000)
  t.equal((await limited.until(limited.a.users.of('ada'))).length, 3)
})

t.test('what is left over of a session that others hold is in no list, and counts towards no limit', async t => {
  const { a, nodes, advance, until } = await startUsers(['a', 'b', 'c'], {
    manager: { copies: 1 },
    users: { limit: 2 },
  })
  const ids = [a.logIn('ada'), a.logIn('ada')]
  await advance(3_000)
  const owner = nodes.find(node => node.stateOf(ids[1]!) !== undefined)!
  const guest = nodes.find(node => node !== owner)!
  await until(guest.load(ids[1]!))
  owner.manager.expireSession(ids[1]!)
  t.strictSame(
    (await until(guest.users.of('ada'))).map(({ id }) => id),
    [ids[0]],
  )
  t.ok(guest.stateOf(ids[1]!), 'it has not given it away yet')
  const later = a.logIn('ada')
  await advance(3_000)
  t.strictSame(
    (await until(a.users.of('ada'))).map(({ id }) => id),
    [ids[0], later],
  )
})

t.test('with fewer copies than members an id that was changed twice in a second is no session too many', async t => {
  const names = ['a', 'b', 'c', 'd']
  const { a, nodes, advance, until } = await startUsers(names, { manager: { copies: 2 }, users: { limit: 1 } })
  let id = a.logIn('ada')
  for (let n = 0; n < 40; n++) {
    await advance(150)
    const node = nodes[n % nodes.length]!
    const loaded = await until(node.load(id))
    t.equal(loaded.kind, 'here', String(n))
    if (loaded.kind !== 'here') return
    id = loaded.session.changeSessionId()
    node.manager.requestCompleted(loaded.session)
  }
})

t.test('a member that does not answer is answered without, after a second', async t => {
  const { c, nodes, a, advance, until } = await startUsers(['a', 'b', 'c', 'd'], { manager: { copies: 1 } })
  const ids = nodes.map(node => node.logIn('ada'))
  await advance(3_000)
  c.channel.hang()
  const sessions = await until(a.users.of('ada'))
  t.ok(sessions.length <= ids.length)
  t.ok(a.logger.messages('warn').some(text => text.startsWith('Not all members have said')))
  const question = a.users.of('ada')
  a.manager.stop()
  t.ok(await until(question))
})
