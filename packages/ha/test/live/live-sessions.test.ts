import t from 'tap'
import { LiveSessions, type SessionFeed, SessionNotHeldError, WatchOverflowError } from '../../src/index.js'
import { REMOVE, startCluster, TestNode } from '../support/delta-cluster.js'

const liveOn = (node: TestNode) => node.manager.attach(parts => new LiveSessions(parts))

/** What a feed has given when it ends, and how it ended. */
async function all(feed: SessionFeed) {
  const changes: unknown[] = []
  for (;;) {
    const { done, value } = await feed.next()
    if (done) return { changes, end: value }
    changes.push([value.name, value.value, value.local])
  }
}

t.test('whoever watches a session hears of its changes from every node, until it ends', async t => {
  const { a, b, advance } = await startCluster()
  const live = liveOn(b)
  const { id } = a.write(undefined, { before: 1 })
  const other = a.write(undefined, { x: 1 })
  await advance(10)
  const heard = all(live.watch(id))
  a.write(id, { cart: { milk: 1 }, before: REMOVE })
  await advance(10)
  b.write(id, { cart: { milk: 2 } })
  a.write(other.id, { x: 2 })
  await advance(10)
  a.manager.expireSession(id)
  await advance(10)
  t.strictSame(await heard, {
    changes: [
      ['before', undefined, false],
      ['cart', { milk: 1 }, false],
      ['cart', { milk: 2 }, true],
    ],
    end: 'invalidated',
  })
  t.equal(live.size, 0)
})

t.test('who begins to watch when the manager has stopped is told so at once', async t => {
  const { a, advance } = await startCluster()
  const live = liveOn(a)
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  a.manager.stop()
  // Also where nobody has watched before.
  for (const each of [live, liveOn(a)]) {
    const feed = each.watch(id)
    const ended = all(feed)
    t.equal(each.size, 0)
    feed.end('stopped')
    t.strictSame(await ended, { changes: [], end: 'shutdown' })
  }
})

t.test('a feed says why it ended', async t => {
  const { a, b, advance } = await startCluster({ options: { maxInactiveInterval: 60 } })
  const live = liveOn(b)
  const begun = async () => {
    const { id, session } = a.write(undefined, { x: 1 })
    await advance(10)
    return { id, session, feed: live.watch(id) }
  }
  const renamed = await begun()
  renamed.session.changeSessionId()
  a.manager.requestCompleted(renamed.session)
  await advance(10)
  t.strictSame(await all(renamed.feed), { changes: [], end: 'renamed' })
  const expired = await begun()
  await advance(200_000)
  t.equal((await all(expired.feed)).end, 'expired')
  t.equal((await all(live.watch('nobody'))).end, 'unknown')
  t.equal((await all(live.watch(renamed.id))).end, 'renamed', 'at once')
  const stopped = await begun()
  b.manager.stop()
  t.equal((await all(stopped.feed)).end, 'shutdown')
})

t.test('a signal, a break, and return end a feed and leave nothing behind', async t => {
  const { a } = await startCluster()
  const live = liveOn(a)
  const { id } = a.write(undefined, { x: 1 })
  const { signal, abort } = (() => {
    const controller = new AbortController()
    return { signal: controller.signal, abort: () => controller.abort() }
  })()
  const aborted = live.watch(id, { signal })
  const waiting = aborted.next()
  abort()
  t.strictSame(await waiting, { done: true, value: 'stopped' })
  t.strictSame(await live.watch(id, { signal }).next(), { done: true, value: 'stopped' }, 'aborted before')
  const broken = live.watch(id)
  a.write(id, { x: 2 })
  for await (const { value } of broken) {
    t.equal(value, 2)
    break
  }
  t.equal(live.size, 0)
  a.write(id, { x: 3 })
  t.strictSame(await broken.next(), { done: true, value: 'stopped' })
})

t.test('two who watch one session each get every change, and a value of their own', async t => {
  const { a } = await startCluster()
  const live = liveOn(a)
  const { id } = a.write(undefined, { x: 1 })
  const feeds = [live.watch(id), live.watch(id)]
  a.write(id, { x: { n: 1 } })
  const [first, second] = await Promise.all(feeds.map(feed => feed.next()))
  t.strictSame(first, second)
  t.not(Reflect.get(first!.value as object, 'value'), Reflect.get(second!.value as object, 'value'))
})

t.test('more changes than may wait end the feed with an error, told once', async t => {
  const { a } = await startCluster()
  const live = liveOn(a)
  const { id } = a.write(undefined, { x: 0 })
  const feed = live.watch(id, { maxBuffered: 2 })
  for (const x of [1, 2, 3, 4]) a.write(id, { x })
  await t.rejects(feed.next(), WatchOverflowError)
  t.strictSame(await feed.next(), { done: true, value: 'stopped' })
  t.equal(live.size, 0)
  const patient = live.watch(id, { maxBuffered: 2 })
  for (const x of [5, 6]) a.write(id, { x })
  patient.end('stopped')
  t.equal((await all(patient)).changes.length, 2, 'what waits when it ends is still given')
})

t.test('of an attribute with a merge function what is told is the merged value', async t => {
  const union = (a: unknown, b: unknown) => [...new Set([...(a as string[]), ...(b as string[])])].sort()
  const { a, b, advance } = await startCluster({ options: { merges: { tags: union } } })
  const live = liveOn(a)
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  const feed = live.watch(id)
  a.write(id, { tags: ['a'] })
  b.write(id, { tags: ['b'] })
  await advance(10)
  t.strictSame(
    [await feed.next(), await feed.next()].map(({ value }) => Reflect.get(value as object, 'value')),
    [['a'], ['a', 'b']],
  )
})

t.test('a value that cannot be decoded fails the feed, and neither the commit nor other feeds', async t => {
  const { a, b, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  const live = liveOn(b)
  const feed = live.watch(id)
  const next = feed.next()
  const message = {
    type: 'DELTA',
    id,
    delta: {
      actor: 'x'.repeat(16),
      alias: 0,
      counter: 1,
      context: [],
      entries: [{ name: 'bad', actor: 'x'.repeat(16), counter: 1, stamp: 1, value: Buffer.from('{') }],
    },
  } as const
  b.ask(message)
  await t.rejects(next, SyntaxError)
  t.strictSame(b.open(id).getAttribute('x'), 1)
})

t.test('where others hold a session it cannot be watched; where it is held it can', async t => {
  const { nodes, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const lives = nodes.map(liveOn)
  const ids = Array.from({ length: 20 }, () => nodes[0]!.write(undefined, { x: 1 }).id)
  const outcomes = new Set<string>()
  for (const id of ids) {
    try {
      lives[0]!.watch(id)
      outcomes.add('watched')
    } catch (error) {
      t.ok(error instanceof SessionNotHeldError)
      outcomes.add('not held')
    }
  }
  t.strictSame([...outcomes].sort(), ['not held', 'watched'])
  await advance(10)
})

t.test('a session that is given away has moved, also where this node is to hold it again by then', async t => {
  const { a, cluster, until, advance } = await startCluster({ names: ['a', 'b'], options: { copies: 1 } })
  const live = a.manager.attach(parts => Object.assign(new LiveSessions(parts), { parts }))
  const { table, placement } = live.parts
  const ids = Array.from({ length: 40 }, () => a.write(undefined, { x: 1 }).id)
  await advance(3_000)
  const ends = ids.filter(id => table.get(id)).map(id => [id, all(live.watch(id))] as const)
  const c = new TestNode(cluster, 'c', { copies: 1 })
  await c.up()
  await advance(10)
  await until(c.manager.join())
  const isGiven = (id: string) => {
    const copy = table.get(id)
    return copy !== undefined && !copy.isHint && !placement.isOwner(copy.bucket)
  }
  for (let n = 0; n < 100 && !ends.some(([id]) => isGiven(id)); n++) await advance(20)
  const given = ends.filter(([id]) => isGiven(id))
  t.ok(given.length > 0)
  c.kill()
  await advance(100)
  for (const [, ended] of given) t.equal((await ended).end, 'moved')
})
