import t from 'tap'
import { ForgottenSessions } from '../../src/manager/forgotten-sessions.js'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { SessionCopy } from '../../src/manager/session-copy.js'
import { ADOPTED, encodeAdoption } from '../../src/state/adoption.js'
import { CREATED_AT } from '../../src/state/entry.js'
import { commitTo, emptyState, type LiveState, type SessionState } from '../../src/state/session-state.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { REMOVE, type StartedCluster, startCluster, TestNode } from '../support/delta-cluster.js'

// Sessions that never expire by themselves, and a memory of one minute: what a cut of hours is otherwise.
const options = { maxInactiveInterval: -1, retention: 60 }
const THREE = ['a', 'b', 'c']
const CUT_MS = 200_000
const HOUR_MS = 3_600_000

async function cutOff(names = THREE, more = {}) {
  const started = await startCluster({ names, options: { ...options, ...more } })
  const { cluster, nodes, c } = started
  const cut = () => {
    for (const node of nodes) if (node !== c) cluster.cut(node.channel, c.channel)
  }
  const heal = async () => {
    cluster.heal()
    await started.advance(20_000)
  }
  return { ...started, cut, heal }
}

/** Twenty nodes, one after the other, join, write to the session and are killed. */
async function visit({ cluster, advance, until }: StartedCluster, id: string, arrange = (_: TestNode) => {}) {
  for (let n = 1; n <= 20; n++) {
    const visitor = new TestNode(cluster, `v${n}`, options)
    arrange(visitor)
    await visitor.up()
    await advance(20)
    await until(visitor.manager.join())
    visitor.write(id, { x: n })
    await advance(50)
    visitor.kill()
    await advance(100)
  }
}

t.test('a session that ended during a cut longer than its certificate is kept stays ended', async t => {
  const { nodes, a, b, c, cut, heal, advance } = await cutOff()
  const old = a.write(undefined, { x: 1 })
  await advance(5_000)
  cut()
  await advance(5_000)
  a.manager.expireSession(old.id)
  const born = c.write(undefined, { y: 1 })
  await advance(CUT_MS)
  c.write(old.id, { x: 2 })
  t.strictSame([a.standing(old.id), b.standing(old.id), c.standing(old.id)], ['unknown', 'unknown', 'here'])
  t.ok(a.manager.inspect().forgetting.certificates > 0)
  await heal()
  t.strictSame(
    nodes.map(node => node.standing(old.id)),
    ['dead', 'dead', 'dead'],
  )
  t.strictSame(
    nodes.map(node => node.read(born.id)),
    [{ y: 1 }, { y: 1 }, { y: 1 }],
    'what was born over there is welcome, however long the cut',
  )
})

t.test('so it does on a node that joined only after the certificate was forgotten', async t => {
  const { cluster, a, c, cut, heal, advance, until } = await cutOff()
  const { id } = a.write(undefined, { x: 1 })
  await advance(5_000)
  cut()
  await advance(5_000)
  a.manager.expireSession(id)
  await advance(CUT_MS)
  const d = new TestNode(cluster, 'd', options)
  await d.up()
  cluster.cut(d.channel, c.channel)
  await advance(1_000)
  await until(d.manager.join())
  await advance(5_000)
  // Only the newcomer meets the one that was away.
  cluster.filter = (_body, source, target) => [source, target].every(n => n !== a.channel)
  await heal()
  t.equal(d.standing(id), 'dead')
  t.equal(c.standing(id), 'dead')
})

t.test('a session that was in use beyond a cut is not taken for ended because it expired here', async t => {
  const started = await startCluster({ names: THREE, options: { maxInactiveInterval: 20, retention: 30 } })
  const { cluster, nodes, a, b, c, advance } = started
  const ended = a.write(undefined, { x: 1 })
  const used = a.write(undefined, { x: 1 })
  await advance(5_000)
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await advance(1_000)
  a.manager.expireSession(ended.id)
  for (let n = 0; n < 20; n++) {
    await advance(5_000)
    c.open(used.id)
  }
  t.equal(a.standing(used.id), 'unknown')
  t.ok(a.manager.inspect().forgetting.certificates > 0)
  cluster.heal()
  await advance(8_000)
  t.strictSame(
    nodes.map(node => node.standing(used.id)),
    ['here', 'here', 'here'],
  )
})

t.test('an attribute that was removed during a cut longer than the removal is kept stays removed', async t => {
  const { nodes, a, b, cut, heal, advance } = await cutOff()
  const { id } = a.write(undefined, { x: 1, y: 1 })
  await advance(5_000)
  cut()
  await advance(1_000)
  b.write(id, { x: REMOVE })
  await advance(CUT_MS)
  t.ok(a.manager.inspect().forgetting.removals > 0)
  await heal()
  t.strictSame(
    nodes.map(node => node.read(id)),
    [{ y: 1 }, { y: 1 }, { y: 1 }],
  )
  t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
})

t.test('a removal is kept for its time, and then forgotten', async t => {
  const { a, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { x: 1, y: 1 })
  a.write(id, { x: REMOVE })
  await advance(55_000)
  const removed = () => a.manager.inspect().forgetting.removals
  t.equal(removed(), 0)
  await advance(60_000)
  t.equal(removed(), 1)
})

t.test(
  'of thousands of removals in one session the older ones go before their time, and what they removed stays removed',
  async t => {
    const { nodes, a, b, c, cut, heal, advance } = await cutOff(THREE, { retention: 86_400 })
    const { id } = a.write(undefined, { x: 1 })
    const named = (n: number, value: unknown) =>
      Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`once ${n}.${i}`, value]))
    a.write(id, named(0, 0))
    await advance(1_000)
    cut()
    await advance(1_000)
    a.write(id, named(0, REMOVE))
    for (let n = 1; n <= 60; n++) {
      a.write(id, named(n, n))
      await advance(500)
      b.write(id, named(n, REMOVE))
      await advance(500)
    }
    await advance(20_000)
    const kept = (node: TestNode) => {
      const state = node.stateOf(id)
      return state?.kind === 'live' ? state.entries.filter(({ value }) => value === undefined).length : 0
    }
    for (const node of [a, b]) t.ok(kept(node) >= 500 && kept(node) <= 1_000, `${kept(node)} removals are kept`)
    t.equal(a.bytesOf(id), b.bytesOf(id))
    t.equal(c.standing(id), 'here')
    await heal()
    for (const node of nodes) t.strictSame(node.read(id), { x: 1 })
    t.equal(new Set(nodes.map(node => node.bytesOf(id))).size, 1)
    t.ok(kept(c) <= 1_000)
  },
)

t.test('what was written beyond the cut, concurrently with a forgotten removal, is kept', async t => {
  const { nodes, a, c, cut, heal, advance } = await cutOff()
  const { id } = a.write(undefined, { x: 1 })
  await advance(5_000)
  cut()
  await advance(1_000)
  a.write(id, { x: REMOVE })
  await advance(CUT_MS / 2)
  c.write(id, { x: 2 })
  await advance(CUT_MS / 2)
  await heal()
  t.strictSame(
    nodes.map(node => node.read(id)),
    [{ x: 2 }, { x: 2 }, { x: 2 }],
  )
})

t.test('an id whose certificate may be forgotten is not adopted for a client with an old cookie', async t => {
  const { a, b, cut, advance, until } = await cutOff()
  const ended = a.write(undefined, { x: 1 })
  await advance(5_000)
  a.manager.expireSession(ended.id)
  await advance(CUT_MS)
  const later = a.write(undefined, { x: 1 })
  cut()
  await advance(5_000)
  t.strictSame(await until(b.load(ended.id, ended.token)), { kind: 'none' })
  const unknownHere = { ...later, id: `${later.id}-elsewhere` }
  t.match(await until(b.load(unknownHere.id, later.token)), { kind: 'here', stale: true })
})

const ends: readonly (readonly [string, (node: TestNode) => Promise<void> | void])[] = [
  ['left', node => node.manager.leave().then(() => node.kill())],
  ['was killed', node => node.kill()],
]
for (const [how, goes] of ends) {
  t.test(`a session stays ended whose creator ${how} a moment after it began`, async t => {
    const { cluster, a, b, c, advance, until } = await startCluster({ names: THREE, options })
    await advance(20_000)
    const { id, token } = c.write(undefined, { x: 1 })
    await advance(100)
    const gone = goes(c)
    await advance(5_000)
    await gone
    a.manager.expireSession(id)
    await advance(CUT_MS)
    const d = new TestNode(cluster, 'd', options)
    for (const node of [a, b]) cluster.cut(node.channel, d.channel)
    await d.up()
    await until(d.manager.join())
    const loaded = await until(d.load(id, token))
    if (loaded.kind !== 'here') throw new Error('d knows nothing')
    loaded.session.setAttribute('x', 2)
    d.manager.requestCompleted(loaded.session)
    cluster.heal()
    await advance(20_000)
    t.strictSame([a.standing(id), b.standing(id), d.standing(id)], ['dead', 'dead', 'dead'])
  })
}

const DIGEST = 8
const WANT = 11

for (const [what, lost] of [
  ['cannot be answered', DIGEST],
  ['loses what the other one wants', WANT],
] as const) {
  t.test(`who leaves tells nobody what has been here whose comparison ${what}`, async t => {
    const { cluster, a, b, c, advance } = await startCluster({ names: THREE, options })
    await advance(5_000)
    cluster.filter = (_, source, target) => source !== b.channel && target !== b.channel
    const { id } = a.write(undefined, { x: 1 })
    a.manager.expireSession(a.write(undefined, { x: 1 }).id)
    await advance(CUT_MS)
    t.equal(c.standing(id), 'here')
    t.ok(c.manager.inspect().forgetting.certificates > 0)
    cluster.filter = (body, source, target) => {
      const isOfTwo = source !== c.channel && target !== c.channel
      if (isOfTwo && body[5] === lost && lost === DIGEST) b.channel.refuse(a.channel)
      return isOfTwo && body[5] !== WANT
    }
    const left = a.manager.leave()
    await advance(100)
    b.channel.caughtUp(a.channel)
    await advance(8_000)
    await left
    a.kill()
    cluster.filter = () => true
    await advance(10_000)
    t.strictSame([b.read(id), c.read(id)], [{ x: 1 }, { x: 1 }])
  })
}

t.test('a session that began a moment before the cut, and ended during it, stays ended', async t => {
  const { nodes, a, b, c, cut, heal, advance } = await cutOff()
  await advance(5_000)
  const { id } = c.write(undefined, { x: 1 })
  await advance(5)
  cut()
  await advance(5_000)
  a.manager.expireSession(id)
  await advance(CUT_MS)
  t.strictSame([a.standing(id), b.standing(id), c.standing(id)], ['dead', 'dead', 'here'])
  t.equal(a.manager.digest(), b.manager.digest())
  await heal()
  t.strictSame(
    nodes.map(node => node.standing(id)),
    ['dead', 'dead', 'dead'],
  )
  await advance(CUT_MS)
  t.strictSame(
    nodes.map(node => node.manager.inspect().deathCertificates),
    [0, 0, 0],
    'when all are back, it is needed no more',
  )
})

t.test('a session that began by a clock far ahead, and was ended by another, stays ended', async t => {
  const { cluster, nodes, a, b, c, advance } = await startCluster({
    names: THREE,
    options,
    skewsMs: [0, 0, 1_200_000],
  })
  const seenByAll = c.write(undefined, { x: 1 })
  await advance(5_000)
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await advance(5_000)
  a.manager.expireSession(seenByAll.id)
  await advance(CUT_MS)
  t.strictSame([a.standing(seenByAll.id), c.standing(seenByAll.id)], ['unknown', 'here'])
  cluster.heal()
  await advance(20_000)
  t.strictSame(
    nodes.map(node => node.standing(seenByAll.id)),
    ['dead', 'dead', 'dead'],
  )
})

t.test('a session that ended while it was adopted beyond a cut, and is forgotten, stays ended', async t => {
  const { nodes, a, c, cut, heal, advance, until } = await cutOff()
  await advance(5_000)
  cut()
  await advance(1_000)
  const [ended, living] = [a.write(undefined, { x: 1 }), a.write(undefined, { x: 1 })]
  await advance(5_000)
  for (const { id, token } of [ended, living]) {
    const adopted = await until(c.load(id, token))
    if (adopted.kind !== 'here') return void t.fail(adopted.kind)
    adopted.session.setAttribute('y', 2)
    c.manager.requestCompleted(adopted.session)
  }
  a.manager.expireSession(ended.id)
  await advance(CUT_MS)
  t.strictSame([a.standing(ended.id), c.standing(ended.id)], ['unknown', 'here'])
  await heal()
  t.strictSame(
    nodes.map(node => node.standing(ended.id)),
    ['dead', 'dead', 'dead'],
  )
  t.strictSame(
    nodes.map(node => node.read(living.id)),
    Array(3).fill({ x: 1, y: 2 }),
    'what did not end is one session again',
  )
  const renamed = c.open(living.id)
  const id = renamed.changeSessionId()
  c.manager.requestCompleted(renamed)
  await advance(1_000)
  t.strictSame(
    nodes.map(node => node.read(id)),
    Array(3).fill({ x: 1, y: 2 }),
  )
})

for (const where of ['had its copy', 'adopted it']) {
  t.test(`an ended id is not adopted for who went on with it beyond the cut, on a node that ${where}`, async t => {
    const { a, b, c, cut, advance, until } = await cutOff()
    await advance(5_000)
    if (where === 'adopted it') cut()
    const ended = a.write(undefined, { x: 1 })
    await advance(5_000)
    cut()
    await advance(5_000)
    const found = await until(c.load(ended.id, ended.token))
    if (found.kind !== 'here') return void t.fail(found.kind)
    a.manager.expireSession(ended.id)
    const born = c.write(undefined, { y: 1 })
    await advance(CUT_MS)
    found.session.setAttribute('y', 1)
    c.manager.requestCompleted(found.session)
    for (const { token } of [found.session, c.write(ended.id, { y: 2 })])
      t.strictSame(await until(b.load(ended.id, token)), { kind: 'none' })
    t.match(await until(b.load(born.id, c.write(born.id, { y: 2 }).token)), { kind: 'here', stale: true })
  })
}

const DELTA = 0
const DEATH = 1
const DONE = 12
const typeOf = (body: Uint8Array) => body[5]!

for (const [what, lost] of [
  ['the end of a session of which it has only a part', [DELTA]],
  ['a part of a session and not its end', [DELTA, DEATH]],
] as const) {
  t.test(`who hears hours late of ${what} makes nobody keep a certificate for ever`, async t => {
    const names = [...THREE, 'd']
    const { cluster, nodes, a, c, advance } = await startCluster({ names, options })
    await advance(5_000)
    nodes[3]!.kill()
    await advance(5_000)
    c.channel.hang()
    const toLose: number[] = [...lost]
    cluster.filter = (body, _source, target) => {
      if (target !== c.channel || toLose[0] !== typeOf(body)) return true
      toLose.shift()
      return false
    }
    const { id } = a.write(undefined, { x: 1 })
    a.write(id, { x: 2 })
    a.manager.expireSession(id)
    await advance(CUT_MS)
    t.strictSame([a.standing(id), toLose.length], ['unknown', 0])
    c.channel.resume()
    await advance(5_000)
    t.equal(c.standing(id), 'dead')
    await advance(CUT_MS)
    t.strictSame(
      nodes.slice(0, 3).map(node => node.manager.inspect().deathCertificates),
      [0, 0, 0],
    )
  })
}

t.test(
  'who ends a session whose maker has been killed before he could tell anybody of it remembers that for a day',
  async t => {
    const idle = { ...options, maxInactiveInterval: 600 }
    const { cluster, a, b, c, advance, until } = await startCluster({ names: THREE, options: idle })
    await advance(5_000)
    for (const node of [b, c]) cluster.cut(a.channel, node.channel)
    await advance(3_000)
    const { id, token } = a.write(undefined, { n: 1 })
    a.kill()
    const adopted = await until(b.load(id, token))
    if (adopted.kind !== 'here') return void t.fail(adopted.kind)
    adopted.session.setAttribute('n', 2)
    b.manager.requestCompleted(adopted.session)
    await advance(10)
    b.manager.expireSession(id)
    await advance(23 * HOUR_MS)
    t.strictSame([b.standing(id), c.standing(id)], ['dead', 'dead'])
    await advance(2 * HOUR_MS)
    t.strictSame([b.standing(id), c.standing(id)], ['unknown', 'unknown'])
  },
)

t.test('beyond the cap the oldest certificates go first, and what they ended does not come back', async t => {
  const { nodes, a, cut, heal, advance } = await cutOff(THREE, { maxDeathCertificates: 10 })
  const sessions = Array.from({ length: 30 }, (_, n) => a.write(undefined, { n }))
  await advance(5_000)
  cut()
  await advance(1_000)
  for (const { id } of sessions) {
    a.manager.expireSession(id)
    await advance(10)
  }
  t.equal(a.manager.inspect().deathCertificates, 30, 'a cookie may name a write that has not been heard of')
  await advance(8_000)
  t.equal(a.manager.inspect().deathCertificates, 10)
  t.strictSame(
    [sessions[0]!, sessions[29]!].map(({ id }) => a.standing(id)),
    ['unknown', 'dead'],
  )
  await heal()
  for (const node of nodes)
    t.notOk(
      sessions.some(({ id }) => node.standing(id) === 'here'),
      `none is back on ${node.channel.name}`,
    )
})

for (const isCut of [true, false]) {
  const until = isCut ? 'the writer is back and has been compared with' : 'a cut would have been noticed'
  t.test(`beyond the cap an end is remembered while an older cookie may begin it anew: until ${until}`, async t => {
    const started = await startCluster({ options: { ...options, maxDeathCertificates: 1 } })
    const { a, b, cluster, advance } = started
    const { id } = a.write(undefined, { x: 1 })
    await advance(15_000)
    cluster.filter = body => typeOf(body) !== DONE
    await advance(300)
    // As a former version's cookie, which tells no beginning.
    const { dots, stamp } = a.write(id, { x: 2 }).token
    a.manager.expireSession(id)
    await advance(10)
    b.manager.expireSession(b.write(undefined, { x: 3 }).id)
    await advance(3_000)
    t.equal(b.manager.inspect().forgetting.overCap, 0, 'nor goes another in its place')
    if (isCut) {
      cluster.cut(a.channel, b.channel)
      await advance(20_000)
      t.strictSame(await started.until(b.load(id, { dots, stamp })), { kind: 'none' })
      cluster.filter = () => true
      cluster.heal()
    }
    await advance(20_000)
    t.equal(b.standing(id), 'unknown')
  })
}

t.test('and what was written without knowing of the end counts as well, when it has come here', async t => {
  const started = await startCluster({ options: { ...options, maxDeathCertificates: 1 }, skewsMs: [3_000, 0] })
  const { a, b, cluster, advance } = started
  const { id } = a.write(undefined, { x: 1 })
  await advance(15_000)
  cluster.filter = (body, source) => typeOf(body) !== DONE && (source !== b.channel || typeOf(body) !== DEATH)
  await advance(300)
  b.manager.expireSession(id)
  await advance(10)
  const { dots, stamp } = a.write(id, { x: 2 }).token
  cluster.filter = body => typeOf(body) !== DONE
  await advance(100)
  t.equal(a.standing(id), 'dead')
  b.manager.expireSession(b.write(undefined, { x: 3 }).id)
  await advance(1_000)
  cluster.cut(a.channel, b.channel)
  await advance(20_000)
  t.strictSame(await started.until(b.load(id, { dots, stamp })), { kind: 'none' })
})

t.test(
  'no cookie brings an id back that has ended, of the last write neither whose maker was killed before he told that it was his',
  async t => {
    const { a, b, c, cluster, advance, until } = await startCluster({ names: THREE, options })
    const { id } = c.write(undefined, { x: 1 })
    await advance(15_000)
    cluster.filter = body => typeOf(body) !== DONE
    const { token } = c.write(id, { x: 2 })
    await advance(10)
    a.manager.expireSession(id)
    await advance(10)
    c.kill()
    cluster.filter = () => true
    await advance(CUT_MS)
    t.equal(b.standing(id), 'unknown')
    t.strictSame(await until(b.load(id, token)), { kind: 'none' })
  },
)

t.test('writers that are gone for good are folded out of the vector, by all nodes alike', async t => {
  const started = await startCluster({ names: ['a', 'b'], options })
  const { cluster, a, b, nodes, advance, until } = started
  const { id } = a.write(undefined, { x: 0 })
  await visit(started, id)
  const writers = () => nodes.map(node => (node.stateOf(id) as LiveState).vector.length)
  t.strictSame(writers(), [21, 21])
  await advance(100_000)
  t.strictSame(writers(), [2, 2], 'a itself, and the one whose value is there')
  t.strictSame(b.read(id), { x: 20 })
  t.equal(a.manager.digest(), b.manager.digest())
  const late = new TestNode(cluster, 'late', options)
  await late.up()
  await advance(20)
  await until(late.manager.join())
  t.equal(late.manager.digest(), a.manager.digest())
})

t.test('a node that was cut off while others came and went does not bring their names back', async t => {
  const started = await startCluster({ names: ['a', 'b'], options })
  const { cluster, a, b, nodes, advance } = started
  const { id } = a.write(undefined, { x: 0 })
  await advance(50)
  cluster.cut(a.channel, b.channel)
  await visit(started, id, visitor => cluster.cut(b.channel, visitor.channel))
  cluster.heal()
  await advance(10_000)
  const writers = () => nodes.map(node => (node.stateOf(id) as LiveState).vector.length)
  t.strictSame(writers(), [21, 21])
  await advance(100_000)
  t.strictSame(writers(), [2, 2])
  t.equal(a.manager.digest(), b.manager.digest())
})

t.test('a node that adopts a session it had written to before uses none of its commit numbers twice', async t => {
  const started = await startCluster({ names: THREE, options: { maxInactiveInterval: 20, retention: 600 } })
  const { cluster, nodes, a, b, c, advance, until } = started
  const born = b.write(undefined, { one: 1 })
  b.write(born.id, { two: 2 })
  await advance(17_000)
  for (const node of [a, b]) cluster.cut(node.channel, c.channel)
  await advance(1_000)
  let token = c.write(born.id, { three: 3 }).token
  while (b.manager.sessionIds().includes(born.id)) {
    await advance(1_000)
    c.open(born.id)
  }
  const adopted = await until(b.load(born.id, token))
  t.match(adopted, { kind: 'here', stale: true })
  if (adopted.kind !== 'here') return
  adopted.session.setAttribute('four', 4)
  b.manager.requestCompleted(adopted.session)
  token = adopted.session.token
  await advance(1_000)
  cluster.heal()
  await advance(8_000)
  t.strictSame(
    nodes.map(node => node.read(born.id)),
    Array(3).fill({ four: 4, one: 1, three: 3, two: 2 }),
  )
  t.equal(a.standing(born.id, token), 'here')
})

t.test('who stood still for longer than a certificate is kept, before it had told of the end, tells of it', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { ...options, copies: 3 } })
  const { id } = b.write(undefined, { x: 1 })
  await advance(30_000)
  cluster.filter = () => false
  a.manager.expireSession(id)
  await advance(10)
  a.channel.hang()
  cluster.filter = () => true
  await advance(CUT_MS)
  t.equal(b.standing(id), 'here', 'b has not heard of it')
  a.channel.resume()
  await advance(5_000)
  t.strictSame([a.standing(id), b.standing(id)], ['dead', 'dead'])
})

t.test('a copy that was adopted lives on when the session itself comes, which others have let expire meanwhile', t => {
  const known = new KnownSessions()
  const sessions = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  const [creator, other] = ['creator_', 'another_']
  const commit = (actor: string, stamp: number, names: readonly string[], value = Buffer.from('1')) =>
    commitTo(emptyState, actor, stamp, new Map(names.map(name => [name, value]))).state
  const begun = commit(creator, 10, [CREATED_AT, 'x'])
  const itself = commitTo(begun, creator, 12, new Map([['x', Buffer.from('2')]])).state.entries
  const here = (state: SessionState) => sessions.recognized('id', new SessionCopy('id', 0, state, 0), itself)
  known.learn({ actor: creator, stamp: 20, since: 0 })
  known.certificateForgotten(15)
  const adopted = (actors: readonly string[], stamp: number) =>
    commit(other, 30, [ADOPTED], Buffer.from(encodeAdoption({ stamp, dots: [], beginning: { actors, stamp } })))
  t.match(sessions.recognized('id', undefined, itself), { actor: creator, stamp: 10 }, 'it was here once')
  t.match(here(commit(other, 30, ['y'])), { actor: creator }, 'parts are not it')
  t.equal(here(adopted([creator], 10)), undefined, 'its client had seen it')
  t.match(here(adopted([creator], 9)), { actor: creator }, 'an earlier one')
  t.match(here(adopted([other], 10)), { actor: creator }, 'another one')
  t.end()
})

t.test('whom somebody sees who is no member keeps no certificate', async t => {
  const { a, advance } = await startCluster({ options: { ...options, copies: 3 } })
  await advance(30_000)
  const { id } = a.write(undefined, { x: 1 })
  a.manager.expireSession(id)
  const of = { exchange: 1, share: 0, shares: 1, isReady: true, asksWhoIsGone: false, root: { high: 0, low: 0 } }
  a.receive(encodeMessage(a.wireName, { type: 'DIGEST', view: 1, ...of }))
  await advance(70_000)
  t.equal(a.manager.inspect().deathCertificates, 0)
})

t.test('who stood still keeps its certificates until what was sent to it before has been read', async t => {
  const { a, b, c, cluster, advance } = await startCluster({ names: THREE, options })
  await advance(30_000)
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  let late: Uint8Array = new Uint8Array()
  cluster.filter = (body, source, target) => {
    if (source === c.channel && target === b.channel && typeOf(body) === DELTA) late = body
    return source !== c.channel && target !== c.channel
  }
  c.write(id, { x: 2 })
  await advance(10)
  a.manager.expireSession(id)
  await advance(20_000)
  t.equal(b.standing(id), 'dead')
  b.channel.hang()
  await advance(CUT_MS)
  cluster.filter = () => false
  b.channel.resume()
  await advance(1_100)
  b.manager.messageReceived({ number: 1, options: 0, body: late, source: c.channel.localMember() })
  t.equal(b.standing(id), 'dead')
  cluster.filter = () => true
  await advance(CUT_MS)
  t.equal(b.manager.inspect().deathCertificates, 0, 'but not for ever')
})
