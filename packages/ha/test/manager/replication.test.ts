import t from 'tap'
import {
  type ReservedNameError,
  SessionInvalidatedError,
  TooManyActiveSessionsError,
  type UnserializableValueError,
} from '../../src/index.js'
import type { MergeFunction } from '../../src/session/merge-function.js'
import { attributesOf, REMOVE, startCluster } from '../support/delta-cluster.js'

t.test('a session written on one node is read on the other as soon as it is acknowledged', async t => {
  const { a, b, until } = await startCluster()
  const { id, token, commit } = a.write(undefined, { user: { name: 'Ann' } })
  t.ok(commit.changed)
  t.equal(await until(commit.acknowledged!), 'held')
  t.strictSame(b.read(id, token), { user: { name: 'Ann' } })
  t.equal(b.bytesOf(id), a.bytesOf(id))
  t.equal(b.open(id).creationTime, a.open(id).creationTime)
})

t.test('parallel requests that set different attributes on two nodes are both kept', async t => {
  const { a, b, c, nodes, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id } = a.write(undefined, { first: 0 })
  await advance(10)
  a.write(id, { left: 1 })
  b.write(id, { right: 2 })
  await advance(10)
  for (const node of [a, b, c]) t.strictSame(node.read(id), { first: 0, left: 1, right: 2 })
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
  t.strictSame(
    nodes.map(node => node.eventsOf('conflict').length),
    [0, 0, 0],
  )
})

t.test(
  'parallel requests that set the same attribute have one winner everywhere and a conflict event on each node',
  async t => {
    const { a, b, c, nodes, advance } = await startCluster({ names: ['a', 'b', 'c'], skewsMs: [0, 3_000, -3_000] })
    const { id } = a.write(undefined, { x: 0 })
    await advance(10)
    a.write(id, { x: 'from a' })
    b.write(id, { x: 'from b' })
    await advance(10)
    t.strictSame(
      nodes.map(node => node.read(id)),
      Array(3).fill({ x: 'from b' }),
      'the later stamp',
    )
    for (const node of [a, b, c]) {
      const events = node.eventsOf('conflict')
      t.equal(events.length, 1)
      t.match(events[0], { id, name: 'x', local: false })
      t.strictSame([events[0]!.kept(), events[0]!.dropped()], ['from b', 'from a'])
    }
  },
)

t.test(
  'two requests of one node that wrote one attribute without having seen each other are a conflict, too',
  async t => {
    const { a, nodes, advance } = await startCluster()
    const { id } = a.write(undefined, { x: 0 })
    const [one, two] = [a.open(id), a.open(id)]
    one.setAttribute('x', 1)
    two.setAttribute('x', 2)
    a.manager.requestCompleted(one)
    a.manager.requestCompleted(two)
    await advance(10)
    t.strictSame(
      nodes.map(node => node.read(id)),
      [{ x: 2 }, { x: 2 }],
    )
    t.strictSame(
      nodes.map(node => node.eventsOf('conflict').length),
      [1, 0],
    )
    t.equal(nodes[0]!.eventsOf('conflict')[0]!.local, true)
  },
)

t.test('a commit that arrives before the one it supersedes is no conflict', async t => {
  const { a, b, c, nodes, cluster, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id } = a.write(undefined, { x: 0 })
  await advance(10)
  cluster.filter = (_body, source, target) => !(source === a.channel && target === c.channel)
  const { token } = a.write(id, { x: 1 })
  await advance(3)
  b.write(id, { x: 2 }, token)
  cluster.filter = () => true
  await advance(2_000)
  t.strictSame(c.read(id), { x: 2 })
  t.strictSame(
    nodes.map(node => node.eventsOf('conflict').length),
    [0, 0, 0],
  )
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
})

t.test('a change inside an attribute that was only read is found', async t => {
  const { a, b, advance } = await startCluster()
  const { id } = a.write(undefined, { cart: { items: [1] }, other: 1 })
  await advance(10)
  const session = b.open(id)
  const cart = session.getAttribute('cart') as { items: number[] }
  cart.items.push(2)
  t.ok(session.isDirty)
  t.ok(b.manager.requestCompleted(session).changed)
  await advance(10)
  t.strictSame(a.read(id), { cart: { items: [1, 2] }, other: 1 })
})

t.test('what was only read, or set to what it was, is not sent', async t => {
  const { a, b, cluster, advance } = await startCluster()
  const { id } = a.write(undefined, { cart: { items: [1] } })
  await advance(10)
  const sentBefore = cluster.messagesSent
  const session = b.open(id)
  session.getAttribute('cart')
  session.setAttribute('cart', { items: [1] })
  t.notOk(session.isDirty)
  const commit = b.manager.requestCompleted(session)
  t.strictSame(commit, { changed: false, refused: [] })
  t.equal(cluster.messagesSent, sentBefore)
})

t.test(
  'a value that was only read does not overwrite what another request wrote, not even at a second commit',
  async t => {
    const { a, b, nodes, advance } = await startCluster()
    const { id } = a.write(undefined, { cart: ['old'] })
    await advance(10)
    const slow = a.open(id)
    slow.getAttribute('cart')
    b.write(id, { cart: ['new'] })
    await advance(10)
    slow.setAttribute('step', 1)
    a.manager.requestCompleted(slow)
    slow.setAttribute('step', 2)
    a.manager.requestCompleted(slow)
    await advance(10)
    t.strictSame(
      nodes.map(node => node.read(id)),
      Array(2).fill({ cart: ['new'], step: 2 }),
    )
  },
)

t.test('what a request has committed is not committed again, and no conflict with what it sets next', async t => {
  const { a, b, advance } = await startCluster()
  const { id } = a.write(undefined, { cart: ['old'] })
  const session = a.open(id)
  session.setAttribute('cart', ['new'])
  t.ok(a.manager.requestCompleted(session).changed)
  t.strictSame(a.manager.requestCompleted(session), { changed: false, refused: [] })
  session.setAttribute('cart', ['newer'])
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(b.read(id), { cart: ['newer'] })
  for (const node of [a, b]) t.strictSame(node.eventsOf('conflict'), [])
})

t.test('a removed attribute stays removed, whoever sends what afterwards', async t => {
  const { a, b, c, nodes, cluster, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const { id } = a.write(undefined, { x: 1, y: 1 })
  await advance(10)
  cluster.cut(a.channel, c.channel)
  cluster.cut(b.channel, c.channel)
  b.write(id, { x: REMOVE })
  await advance(10)
  c.write(id, { y: 2 })
  cluster.heal()
  await advance(10_000)
  t.strictSame(
    nodes.map(node => node.read(id)),
    Array(3).fill({ y: 2 }),
  )
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
})

t.test('removing what is not there, and a value set and removed in one request, change nothing', async t => {
  const { a } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  const session = a.open(id)
  session.removeAttribute('y')
  session.setAttribute('z', 1)
  session.removeAttribute('z')
  t.strictSame(a.manager.requestCompleted(session), { changed: false, refused: [] })
  t.strictSame(session.attributeNames(), ['x'])
})

t.test(
  'an invalidated session is dead everywhere and for ever: for requests under way, late deltas and late states',
  async t => {
    const { a, b, c, nodes, cluster, advance, until } = await startCluster({ names: ['a', 'b', 'c'] })
    const { id, token } = a.write(undefined, { user: 'Ann' })
    await advance(10)
    cluster.cut(a.channel, c.channel)
    cluster.cut(b.channel, c.channel)
    await advance(10)
    const slow = b.open(id)
    const session = a.open(id)
    session.invalidate()
    t.equal(await until(a.manager.requestCompleted(session).acknowledged!), 'held')
    t.strictSame(
      [a, b].map(node => node.standing(id, token)),
      ['dead', 'dead'],
    )
    t.notOk(slow.isValid)
    t.throws(() => slow.setAttribute('x', 1), SessionInvalidatedError)
    t.strictSame(b.manager.requestCompleted(slow), { changed: false, refused: [] })
    c.write(id, { user: 'Eve' })
    cluster.heal()
    await advance(50)
    await advance(10_000)
    t.strictSame(
      nodes.map(node => node.standing(id)),
      ['dead', 'dead', 'dead'],
    )
    for (const node of nodes) t.strictSame(await until(node.load(id)), { kind: 'none' })
    t.strictSame(
      nodes.map(node => node.eventsOf('sessionDestroyed').map(e => [e.id, e.reason, e.local])),
      [[[id, 'invalidated', true]], [[id, 'invalidated', false]], [[id, 'invalidated', false]]],
    )
    t.strictSame(a.eventsOf('sessionDestroyed')[0]!.attributes(), { user: 'Ann' })
  },
)

t.test('a writer that missed the death certificate is told at its next write', async t => {
  const { a, b, cluster, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.filter = () => false
  a.manager.expireSession(id)
  await advance(2)
  cluster.filter = () => true
  t.strictSame(b.read(id), { x: 1 })
  b.write(id, { x: 2 })
  await advance(4)
  t.equal(b.standing(id), 'dead')
})

t.test('an id change takes all data along, kills the old id everywhere, and travels in one message', async t => {
  const { a, b, nodes, cluster, advance, until } = await startCluster()
  const { id: oldId } = a.write(undefined, { x: 1, y: { z: 2 } })
  await advance(10)
  const before = cluster.messagesSent
  const session = b.open(oldId)
  session.setAttribute('user', 'Ann')
  const id = session.changeSessionId()
  t.not(id, oldId)
  t.equal(session.id, id)
  t.equal(await until(b.manager.requestCompleted(session).acknowledged!), 'held')
  t.equal(cluster.messagesSent, before + 1)
  for (const node of nodes) {
    t.equal(node.standing(oldId), 'dead')
    t.strictSame(node.read(id), { user: 'Ann', x: 1, y: { z: 2 } })
    t.match(node.eventsOf('sessionIdChanged'), [{ oldId, id, local: node === b }])
    t.equal(node.eventsOf('sessionDestroyed')[0]!.reason, 'renamed')
  }
  t.equal(a.bytesOf(id), b.bytesOf(id))
  t.equal(b.open(id).creationTime, a.open(id).creationTime)
  session.setAttribute('later', true)
  b.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(a.read(id), { later: true, user: 'Ann', x: 1, y: { z: 2 } })
  t.equal(b.eventsOf('conflict').length, 0)
})

t.test('changing the id of a session twice, or of one that is new, leaves one live id', async t => {
  const { a, b, advance } = await startCluster()
  const fresh = a.manager.createSession()
  fresh.changeSessionId()
  a.manager.requestCompleted(fresh)
  t.strictSame(a.manager.sessionIds(), [fresh.id])
  fresh.changeSessionId()
  fresh.changeSessionId()
  a.manager.requestCompleted(fresh)
  await advance(10)
  t.strictSame(b.manager.sessionIds(), [fresh.id])
})

t.test('an id change reads what another request wrote meanwhile', async t => {
  const { a, nodes, advance } = await startCluster()
  const { id } = a.write(undefined, { cart: ['old'] })
  const slow = a.open(id)
  slow.getAttribute('cart')
  a.write(id, { cart: ['new'] })
  slow.changeSessionId()
  a.manager.requestCompleted(slow)
  slow.setAttribute('x', 1)
  a.manager.requestCompleted(slow)
  await advance(10)
  t.strictSame(
    nodes.map(node => node.read(slow.id)),
    Array(2).fill({ cart: ['new'], x: 1 }),
  )
})

t.test('a replaced session begins empty; the old one dies with its first commit', async t => {
  const { a, b, nodes, advance } = await startCluster()
  const { id: oldId } = a.write(undefined, { x: 1 })
  await advance(10)
  const old = b.open(oldId)
  const session = b.manager.replaceSession(old)
  t.notOk(old.isValid)
  t.equal(a.standing(oldId), 'here', 'not before the commit')
  session.setAttribute('y', 2)
  b.manager.requestCompleted(session)
  await advance(10)
  for (const node of nodes) {
    t.equal(node.standing(oldId), 'dead')
    t.strictSame(node.read(session.id), { y: 2 })
    t.equal(node.eventsOf('sessionDestroyed')[0]!.reason, 'invalidated')
    t.equal(node.eventsOf('sessionIdChanged').length, 0)
  }
})

t.test('replacing a session whose id was about to change kills the id that everybody knows', async t => {
  const { a, b, advance } = await startCluster()
  const { id: oldId } = a.write(undefined, { x: 1 })
  await advance(10)
  const old = b.open(oldId)
  const never = old.changeSessionId()
  const session = b.manager.replaceSession(old)
  b.manager.requestCompleted(session)
  await advance(10)
  t.strictSame([a.standing(oldId), a.standing(never), a.standing(session.id)], ['dead', 'unknown', 'here'])
  const twice = b.manager.replaceSession(b.manager.replaceSession(session))
  b.manager.requestCompleted(twice)
  await advance(10)
  t.strictSame(a.manager.sessionIds(), [twice.id])
})

t.test('a session that is invalidated before its first commit was never there', async t => {
  const { a, cluster } = await startCluster()
  const before = cluster.messagesSent
  const session = a.manager.createSession()
  session.invalidate()
  t.strictSame(a.manager.requestCompleted(session), { changed: false, refused: [] })
  t.equal(cluster.messagesSent, before)
  t.equal(a.manager.inspect().deathCertificates, 0)
})

t.test(
  'a name that is the session’s own is refused as an attribute’s; nothing of the session changes, and the other changes go',
  async t => {
    const { a, b, advance } = await startCluster({ options: { merges: { tags: (x: unknown) => x } } })
    const { id } = a.write(undefined, { tags: ['cat'] })
    const session = a.open(id)
    for (const name of ['\0maxInactiveInterval', '\0', '\u0001tags', '\u0001']) session.setAttribute(name, 'forged')
    session.removeAttribute('\0createdAt')
    session.removeAttribute('\u0001others')
    session.setAttribute('\u0002fine', 1)
    const { refused } = a.manager.requestCompleted(session)
    t.strictSame(
      refused.map(e => [e.code, (e as ReservedNameError).path]),
      ['\0maxInactiveInterval', '\0', '\u0001tags', '\u0001'].map(name => ['HA_RESERVED_NAME', name]),
    )
    await advance(10)
    t.strictSame(b.read(id), { tags: ['cat'], '\u0002fine': 1 })
    t.equal(b.open(id).maxInactiveInterval, 1800)
    t.equal(b.open(id).getAttribute('\0createdAt'), undefined)
    t.equal(b.open(id).getAttribute('\u0001tags'), undefined)
    t.strictSame(a.manager.requestCompleted(session), { changed: false, refused: [] }, 'told once')
  },
)

t.test('a value that cannot be encoded is refused by its path; the other changes go', async t => {
  const { a, nodes, advance } = await startCluster()
  const { id } = a.write(undefined, { cart: { items: [] } })
  await advance(10)
  const session = a.open(id)
  session.setAttribute('cart', { items: [0, { onClick: () => 1 }] })
  session.setAttribute('n'.repeat(257), 1)
  session.setAttribute('lone \ud800', 1)
  session.setAttribute('good', 1)
  const { changed, refused } = a.manager.requestCompleted(session)
  t.ok(changed)
  t.strictSame(
    refused.map(e => (e as UnserializableValueError).path),
    ['cart.items[1].onClick', 'n'.repeat(257), 'lone \ud800'],
  )
  t.strictSame(
    refused.map(e => e.code),
    Array(3).fill('HA_UNSERIALIZABLE_VALUE'),
  )
  await advance(10)
  t.strictSame(
    nodes.map(node => node.read(id)),
    Array(2).fill({ cart: { items: [] }, good: 1 }),
  )
  t.strictSame(session.getAttribute('cart'), { items: [] }, 'back to what it was')
  t.strictSame(a.manager.requestCompleted(session), { changed: false, refused: [] }, 'told once')
  t.equal(a.manager.inspect().commits.refused, 3)
})

t.test('a refused value alone changes nothing and is told once', async t => {
  const { a } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  const session = a.open(id)
  session.setAttribute('x', () => 1)
  t.equal(a.manager.requestCompleted(session).refused.length, 1)
  t.equal(session.getAttribute('x'), 1)
  t.equal(a.manager.requestCompleted(session).refused.length, 0)
  t.equal(a.manager.inspect().commits.refused, 1)
})

t.test('a session grows up to its limits and no further; what makes room goes first', async t => {
  const { a, b, advance } = await startCluster({ options: { maxSessionBytes: 200, maxAttributes: 3 } })
  const { id } = a.write(undefined, { big: 'x'.repeat(100), one: 1, two: 2 })
  const over = a.write(id, { three: 3, one: 'x'.repeat(150), two: 22 })
  t.strictSame(over.commit.refused.map(e => e.code).sort(), ['HA_SESSION_TOO_LARGE', 'HA_TOO_MANY_ATTRIBUTES'])
  await advance(10)
  t.strictSame(b.read(id), { big: 'x'.repeat(100), one: 1, two: 22 })
  const swap = a.write(id, { three: 'x'.repeat(150), big: REMOVE })
  t.strictSame(swap.commit.refused, [])
  await advance(10)
  t.strictSame(b.read(id), { one: 1, three: 'x'.repeat(150), two: 22 })
})

t.test('a session that is too large already can shrink', async t => {
  const { a, b, advance } = await startCluster({ options: { maxSessionBytes: 200 } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  a.write(id, { left: 'l'.repeat(150) })
  b.write(id, { right: 'r'.repeat(150) })
  await advance(10)
  t.strictSame(a.write(id, { left: 'l'.repeat(140) }).commit.refused, [])
  t.equal(a.write(id, { left: 'l'.repeat(141) }).commit.refused.length, 1)
})

t.test('what is refused in the request that changes the id keeps the value it had', async t => {
  const { a, b, advance } = await startCluster({ options: { maxSessionBytes: 200 } })
  const { id } = a.write(undefined, { x: 'x'.repeat(150), bad: 1 })
  const session = a.open(id)
  session.setAttribute('x', 'x'.repeat(201))
  session.setAttribute('bad', () => 1)
  session.changeSessionId()
  const { refused } = a.manager.requestCompleted(session)
  t.strictSame(refused.map(e => e.code).sort(), ['HA_SESSION_TOO_LARGE', 'HA_UNSERIALIZABLE_VALUE'])
  await advance(10)
  for (const node of [a, b]) t.strictSame(node.read(session.id), { x: 'x'.repeat(150), bad: 1 })
})

t.test('a session that is too large already keeps everything when its id changes, what is merged too', async t => {
  const list: MergeFunction = (x, y) => [...new Set([...(x as string[]), ...(y as string[])])].sort()
  const { a, b, advance } = await startCluster({ options: { maxSessionBytes: 200, merges: { list } } })
  const { id } = a.write(undefined, { x: 'x'.repeat(60) })
  await advance(10)
  a.write(id, { list: ['l'.repeat(90)] })
  b.write(id, { list: ['r'.repeat(90)] })
  await advance(10)
  const session = a.open(id)
  session.changeSessionId()
  t.strictSame(a.manager.requestCompleted(session).refused, [])
  await advance(10)
  t.strictSame(b.read(session.id), { x: 'x'.repeat(60), list: ['l'.repeat(90), 'r'.repeat(90)] })
})

t.test('the parts of a merged attribute count as one', async t => {
  const hits: MergeFunction = (x, y) => Math.max(Number(x), Number(y))
  const { a, b, advance } = await startCluster({ options: { maxAttributes: 2, merges: { hits } } })
  const { id } = a.write(undefined, {})
  await advance(10)
  a.write(id, { hits: 1 })
  b.write(id, { hits: 2 })
  await advance(10)
  t.strictSame(a.write(id, { x: 1 }).commit.refused, [])
  t.equal(a.write(id, { y: 1 }).commit.refused[0]?.code, 'HA_TOO_MANY_ATTRIBUTES')
})

t.test('attributes that a filter excludes stay on their node, also when the id changes', async t => {
  const options = { sessionAttributeNameFilter: /^[^_]/g, sessionAttributeValueTypeFilter: /^(string|number|Object)$/ }
  const { a, b, advance } = await startCluster({ options })
  const socket = () => 'not encodable'
  const { id } = a.write(undefined, { user: 'Ann', _cache: 1, socket, when: [1] })
  await advance(10)
  t.strictSame(b.read(id), { user: 'Ann' })
  t.strictSame(a.read(id), { _cache: 1, socket, user: 'Ann', when: [1] })
  const session = a.open(id)
  session.changeSessionId()
  a.manager.requestCompleted(session)
  await advance(10)
  t.strictSame(a.read(session.id), { _cache: 1, socket, user: 'Ann', when: [1] })
  a.write(session.id, { _cache: REMOVE })
  t.strictSame(attributesOf(a.open(session.id)), { socket, user: 'Ann', when: [1] })
  t.strictSame(b.read(session.id), { user: 'Ann' })
})

t.test('a value that stays on its node gives way to one that is replicated, unless that one is refused', async t => {
  const options = { sessionAttributeValueTypeFilter: /^string$/, maxSessionBytes: 200 }
  const { a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { x: 'replicated' })
  a.write(id, { x: [1] })
  t.equal(a.write(id, { x: 'x'.repeat(201) }).commit.refused.length, 1)
  t.strictSame(a.read(id), { x: [1] })
  a.write(id, { x: 'replicated' })
  t.strictSame(a.read(id), { x: 'replicated' })
  a.write(id, { x: [1] })
  a.write(id, { x: 'replaced' })
  await advance(10)
  for (const node of [a, b]) t.strictSame(node.read(id), { x: 'replaced' })
})

t.test('maxActiveSessions counts what was created here and is alive, under whatever id', async t => {
  const { a, b, advance } = await startCluster({ options: { maxActiveSessions: 2 } })
  for (let n = 0; n < 2; n++) b.write(undefined, {})
  await advance(10)
  const first = a.write(undefined, { x: 1 })
  first.session.changeSessionId()
  a.manager.requestCompleted(first.session)
  a.write(undefined, { x: 1 })
  t.throws(() => a.manager.createSession(), TooManyActiveSessionsError)
  t.equal(a.manager.inspect().ownSessions, 2)
  t.equal(a.manager.inspect().sessions, 4)
  b.manager.expireSession(first.session.id)
  await advance(10)
  t.equal(a.manager.inspect().ownSessions, 1)
  t.ok(a.manager.createSession())
})

t.test('events say whether this node did it; with both notifications off, only then', async t => {
  for (const notifyListenersOnReplication of [true, false]) {
    const { a, b, advance } = await startCluster({
      options: { notifyListenersOnReplication, notifySessionListenersOnReplication: notifyListenersOnReplication },
    })
    const { id } = a.write(undefined, { x: 1 })
    a.write(id, { x: 2 })
    await advance(10)
    a.manager.expireSession(id)
    await advance(10)
    const story = (local: boolean) => [
      ['sessionCreated', local],
      ['attributeChanged', local],
      ['attributeChanged', local],
      ['sessionDestroyed', local],
    ]
    t.strictSame(
      a.events.map(([name, e]) => [name, e.local]),
      story(true),
    )
    t.strictSame(
      b.events.map(([name, e]) => [name, e.local]),
      notifyListenersOnReplication ? story(false) : [],
    )
    t.strictSame(
      a.eventsOf('attributeChanged').map(e => [e.name, e.previous(), e.value()]),
      [
        ['x', undefined, 1],
        ['x', 1, 2],
      ],
    )
  }
})

t.test(
  'a listener that throws keeps neither the commit from the others nor the other sessions of a message from this node',
  async t => {
    const { a, b, nodes, cluster, advance, until } = await startCluster()
    for (const node of nodes)
      node.manager.events.on('attributeChanged', () => {
        throw new Error('a bug of the application')
      })
    const { id, commit } = a.write(undefined, { x: 1 })
    t.equal(await until(commit.acknowledged!), 'held')
    t.strictSame(b.read(id), { x: 1 })
    t.match(b.logger.messages('error'), [/listener of attributeChanged failed/])
    cluster.filter = () => false
    for (let n = 0; n < 20; n++) a.write(undefined, { n })
    await advance(5)
    cluster.filter = () => true
    await advance(5_000)
    t.equal(b.manager.digest(), a.manager.digest())
  },
)

t.test('a clock ten years ahead is told of once a minute, and what it wrote can be overwritten', async t => {
  const { a, b, nodes, advance } = await startCluster({ skewsMs: [0, 10 * 365 * 86_400_000] })
  const { id } = b.write(undefined, { x: 0 })
  for (let n = 1; n < 5; n++) {
    await advance(10)
    b.write(id, { x: n })
  }
  await advance(10)
  a.write(id, { x: 'now' })
  await advance(10)
  t.strictSame(
    nodes.map(node => node.read(id)),
    Array(2).fill({ x: 'now' }),
  )
  t.equal(a.logger.messages('warn').filter(m => /clock that is far ahead/.test(m)).length, 1)
})

t.test('properties travel with the session, also to a new id, and are no attributes', async t => {
  const { a, b, advance } = await startCluster()
  const { id, session } = a.write(undefined, { x: 1 })
  session.setProperty('cookie', { secure: true })
  session.maxInactiveInterval = 60
  a.manager.requestCompleted(session)
  await advance(10)
  const there = b.open(id)
  t.strictSame(there.getProperty('cookie'), { secure: true })
  t.equal(there.maxInactiveInterval, 60)
  t.strictSame(there.attributeNames(), ['x'])
  t.equal(b.eventsOf('attributeChanged').length, 1)
  const renamed = there.changeSessionId()
  b.manager.requestCompleted(there)
  await advance(10)
  const after = a.open(renamed)
  t.strictSame([after.getProperty('cookie'), after.maxInactiveInterval], [{ secure: true }, 60])
})

t.test('reload throws away what was not committed', async t => {
  const { a } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  const session = a.open(id)
  session.setAttribute('x', 2)
  session.setAttribute('y', 2)
  session.reload()
  t.strictSame(attributesOf(session), { x: 1 })
  t.notOk(session.isDirty)
})
