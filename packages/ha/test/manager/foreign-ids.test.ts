import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'

const LIMIT_S = 60

/** Sessions whose ids somebody else has chosen, and those who only look at them. */
const standingOf = (found: { readonly kind: string }) => found.kind

t.test('a session has the id that it is given, on every node', async t => {
  const { a, b, advance } = await startCluster({})
  for (const id of ['with:colon', ' with space', 'ünï codé ☃', '__proto__', 'x'.repeat(128)]) {
    const session = a.manager.createSession(id)
    session.setAttribute('x', 1)
    a.manager.requestCompleted(session, 'async')
    await advance(100)
    t.equal(b.manager.peekSession(id)?.getAttribute('x'), 1, id)
  }
})

t.test('what cannot be an id is refused, and asked of nobody', async t => {
  const { a, until } = await startCluster({})
  for (const id of ['', 'x'.repeat(129), 'half a pair \ud800']) {
    t.throws(() => a.manager.createSession(id), { code: 'HA_BAD_SESSION_ID' })
    t.strictSame(await until(a.manager.loadSession(id)), { kind: 'none' })
  }
  t.equal(a.manager.inspect().pulls.pulls, 0)
})

t.test(
  'the end of what cannot be an id is the end of nothing: what others could not read would stay a difference for ever',
  async t => {
    const { a, b, advance } = await startCluster({})
    const { id } = a.write(undefined, { x: 1 })
    for (const none of ['', 'x'.repeat(129), 'half a pair \ud800']) {
      t.strictSame(a.manager.expireSession(none), { changed: false, refused: [] })
      t.equal(a.manager.inspectCopy(none), undefined)
    }
    await advance(5_000)
    t.equal(a.manager.digest(), b.manager.digest())
    t.equal(a.manager.expireSession(id).changed, true)
  },
)

t.test(
  'the use of what cannot be an id is told to nobody: they could not read the uses that are told with it',
  async t => {
    const { a, b, advance } = await startCluster({})
    for (const none of ['', 'x'.repeat(129), 'half a pair \ud800']) a.manager.touchSession(none)
    a.manager.touchSession('one that may be elsewhere')
    await advance(2_000)
    t.strictSame(b.channel.listenerErrors, [])
  },
)

t.test(
  'a session that two requests have begun at a time is one among those made here, and none when it has ended',
  async t => {
    const { a } = await startCluster({ options: { maxActiveSessions: 2 } })
    for (let n = 0; n < 3; n++) {
      const id = `given ${n}`
      for (const session of [a.manager.createSession(id), a.manager.createSession(id)])
        a.manager.requestCompleted(session, 'async')
      t.equal(a.manager.inspect().ownSessions, 1)
      a.manager.expireSession(id, 'async')
      t.equal(a.manager.inspect().ownSessions, 0)
    }
  },
)

t.test(
  'a session under the id of one that has expired begins empty; under that of one that has ended it is none',
  async t => {
    const { a, b, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
    const { id } = a.write(undefined, { secret: 1 })
    const former = a.open(id)
    former.setProperty('principal', 'ada')
    former.maxInactiveInterval = 2 * LIMIT_S
    a.manager.requestCompleted(former, 'async')
    await advance(2 * LIMIT_S * 1000)
    const again = a.manager.createSession(id)
    t.strictSame(again.attributeNames(), [])
    again.setAttribute('x', 1)
    a.manager.requestCompleted(again, 'async')
    await advance(100)
    const there = b.manager.peekSession(id)
    t.strictSame(there?.attributeNames(), ['x'])
    t.equal(there?.getProperty('principal'), undefined, 'and is nobody’s')
    t.equal(there?.maxInactiveInterval, LIMIT_S)
    b.manager.expireSession(id, 'async')
    await advance(100)
    const late = a.manager.createSession(id)
    t.equal(late.isValid, false)
    t.equal(a.manager.requestCompleted(late, 'async').changed, false)
    t.equal(a.manager.peekSession(id), undefined)
  },
)

t.test('who looks at a session does not keep it alive; who says that it is used does', async t => {
  const { a, b, until, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
  const seen = a.write(undefined, { x: 1 }).id
  const used = a.write(undefined, { x: 2 }).id
  await advance((LIMIT_S * 1000) / 2)
  t.equal(standingOf(a.manager.findSession(seen, undefined, 'look')), 'here')
  t.equal((await until(b.manager.loadSession(seen, undefined, 'look'))).kind, 'here')
  t.ok(a.manager.peekSession(seen))
  a.manager.touchSession(used)
  await advance((LIMIT_S * 1000) / 2 + 100)
  t.equal((await until(b.manager.loadSession(seen, undefined, 'look'))).kind, 'none')
  t.equal((await until(b.manager.loadSession(used, undefined, 'look'))).kind, 'here')
})

t.test('a short session that was used elsewhere a moment ago has not expired here', async t => {
  const { a, b, until, advance } = await startCluster({ options: { maxInactiveInterval: 1 } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(600)
  a.manager.touchSession(id)
  await advance(600)
  t.equal(b.manager.findSession(id).kind, 'behind')
  t.equal((await until(b.manager.loadSession(id))).kind, 'here')
})

t.test('a session that need not be here and is used here lives on where it is', async t => {
  const options = { maxInactiveInterval: 1, copies: 1 }
  const { nodes, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options })
  const { id } = nodes[0]!.write(undefined, { x: 1 })
  await advance(600)
  for (const node of nodes) await until(node.manager.loadSession(id, undefined, 'look'))
  nodes[1]!.manager.touchSession(id)
  await advance(600)
  for (const node of nodes) t.equal((await until(node.manager.loadSession(id, undefined, 'look'))).kind, 'here')
})
