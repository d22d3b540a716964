import t from 'tap'
import { LiveSessions, type VersionToken } from '../../src/index.js'
import { BUCKETS } from '../../src/manager/digest.js'
import { bucketOf } from '../../src/manager/session-table.js'
import { encodeMessage, STATE_CODE } from '../../src/wire/message-codec.js'
import { limitMessages, startCluster, TestNode } from '../support/delta-cluster.js'
import { messageIn } from '../support/message-in.js'

const FIVE = ['a', 'b', 'c', 'd', 'e']
const options = { copies: 2 }

/** Who has a copy, alive or dead. */
function holders(nodes: readonly TestNode[], id: string): TestNode[] {
  return nodes.filter(node => node.channel.isUp && node.stateOf(id) !== undefined)
}

async function read(node: TestNode, id: string, until: <T>(p: Promise<T>) => Promise<T>): Promise<unknown> {
  const loaded = await until(node.load(id))
  return loaded.kind === 'here' ? loaded.session.getAttribute('n') : loaded.kind
}

t.test('each session lives on as many members as asked, wherever it was made, and any member serves it', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options })
  const written = Array.from({ length: 100 }, (_, n) => nodes[n % 5]!.write(undefined, { n }))
  await advance(3_000)
  for (const { id } of written) t.equal(holders(nodes, id).length, 2)
  for (const [n, { id }] of written.entries())
    t.equal(await read(nodes[(n + 2) % 5]!, id, until), n, 'also by one that has none')
  await advance(3_000)
  for (const { id } of written) t.equal(holders(nodes, id).length, 2, 'who was asked keeps no copy')
  const counts = nodes.map(node => node.manager.inspect().sessions)
  t.ok(
    counts.every(count => count > 20 && count < 60),
    `spread: ${counts}`,
  )
})

t.test('a use beyond a cut, by one who has nothing of the session, counts when the cut has ended', async t => {
  const { nodes, cluster, until, advance } = await startCluster({
    names: ['a', 'b', 'c'],
    options: { copies: 1, maxInactiveInterval: 20 },
  })
  const { id, token } = nodes[0]!.write(undefined, { n: 0 })
  await advance(3_000)
  const [owner] = holders(nodes, id)
  const [other, cutOff] = nodes.filter(node => node !== owner)
  for (const node of [owner!, other!]) cluster.cut(node.channel, cutOff!.channel)
  await advance(12_000)
  t.match(await until(cutOff!.load(id, token)), { kind: 'here', stale: true })
  await advance(3_000)
  cluster.heal()
  await advance(5_000)
  t.equal(await read(other!, id, until), 0)
})

t.test('a member that does not own a session writes to it and reads what others wrote', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options })
  const { id } = nodes[0]!.write(undefined, { n: 0 })
  await advance(3_000)
  for (let n = 1; n <= 10; n++) {
    const loaded = await until(nodes[n % 5]!.load(id))
    if (loaded.kind !== 'here') return void t.fail(`${loaded.kind} on ${n % 5}`)
    t.equal(loaded.session.getAttribute('n'), n - 1)
    loaded.session.setAttribute('n', n)
    const commit = nodes[n % 5]!.manager.requestCompleted(loaded.session)
    t.equal(await until(commit.acknowledged!), 'held')
  }
})

t.test('a copy that is given away while the others are asked for it is asked for again', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  // The client has seen something that nobody has, so that everybody is asked, twice.
  const seen = { stamp: 1, dots: [{ actor: 'nobody__', counter: 1 }] }
  const found = new Set<string>()
  for (let n = 0; n < 1_500; n++) {
    found.add((await until(guest.load(id, seen))).kind)
    await advance(n % 3)
  }
  t.strictSame([...found], ['here'])
})

t.test('an ended session is served by nobody, whoever had asked for it before', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(10)
  for (const node of nodes) await until(node.load(id))
  nodes[3]!.manager.expireSession(id)
  await advance(5)
  for (const node of nodes) t.equal(await read(node, id, until), 'none')
})

t.test(
  'who has ended a session that others own has not forgotten it when they die at once and it owns the bucket',
  async t => {
    const { nodes, advance, until } = await startCluster({ names: FIVE, options })
    const { id } = nodes[0]!.write(undefined, { n: 1 })
    await advance(3_000)
    const owners = holders(nodes, id)
    const guest = nodes.find(node => !owners.includes(node))!
    await until(guest.load(id))
    guest.manager.expireSession(id)
    await advance(10)
    // So many die that who is left owns everything.
    for (const node of nodes
      .filter(n => n !== guest)
      .sort((a, b) => owners.indexOf(b) - owners.indexOf(a))
      .slice(0, 3))
      node.kill()
    await advance(10)
    t.equal(guest.standing(id), 'dead')
  },
)

t.test('what an owner that dies held is held by another soon', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: FIVE, options })
  const written = Array.from({ length: 60 }, (_, n) => nodes[n % 5]!.write(undefined, { n }))
  await advance(3_000)
  for (const dead of [nodes[1]!, nodes[3]!]) {
    dead.kill()
    await advance(5_000)
    for (const { id } of written) t.equal(holders(nodes, id).length, 2)
  }
  const survivors = nodes.filter(node => node.channel.isUp)
  for (const [n, { id }] of written.entries()) t.equal(await read(survivors[n % 3]!, id, until), n)
  for (const { id } of written) {
    const [one, two] = holders(survivors, id)
    t.equal(one!.bytesOf(id), two!.bytesOf(id))
  }
  t.ok(cluster.bytesSent > 0)
})

t.test('a write is kept by who took it until every owner has it', async t => {
  const { nodes, cluster, advance } = await startCluster({ names: FIVE, options })
  const { id } = nodes[0]!.write(undefined, { n: 0 })
  await advance(3_000)
  const owners = holders(nodes, id)
  const guest = nodes.find(node => !owners.includes(node))!
  // Of the owners the second hears nothing from the guest for a while, without being excluded.
  cluster.filter = (_body, source, target) => source !== guest.channel || target !== owners[1]!.channel
  const loaded = guest.load(id)
  await advance(100)
  const found = await loaded
  if (found.kind !== 'here') return void t.fail(found.kind)
  found.session.setAttribute('n', 1)
  guest.manager.requestCompleted(found.session)
  await advance(3_000)
  t.ok(holders(nodes, id).includes(guest), 'a hint')
  cluster.filter = () => true
  await advance(5_000)
  t.strictSame(
    holders(nodes, id).map(node => node.channel.name),
    owners.map(node => node.channel.name),
  )
  for (const owner of owners) t.strictSame(owner.read(id), { n: 1 })
})

t.test('an id that nobody knows is unknown only after everybody was asked', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options })
  await advance(11_000)
  t.equal(await read(nodes[0]!, 'x'.repeat(32), until), 'none')
  const { id } = nodes[0]!.write(undefined, { n: 7 })
  await advance(3_000)
  const owners = holders(nodes, id)
  const [guest, other] = nodes.filter(node => !owners.includes(node))
  // The owners have lost it, and only one that took it on the way has it.
  const taken = await until(guest!.load(id))
  if (taken.kind !== 'here') return void t.fail(taken.kind)
  for (const owner of owners) owner.kill()
  taken.session.setAttribute('n', 8)
  guest!.manager.requestCompleted(taken.session)
  await advance(1_000)
  t.equal(await read(other!, id, until), 8)
})

t.test('sessions expire where few hold them, and one member tells', async t => {
  const { nodes, advance } = await startCluster({ names: FIVE, options: { copies: 2, maxInactiveInterval: 20 } })
  for (let n = 0; n < 20; n++) nodes[n % 5]!.write(undefined, { n })
  await advance(60_000)
  t.strictSame(
    nodes.map(node => node.manager.inspect().sessions),
    [0, 0, 0, 0, 0],
  )
  const told = nodes.flatMap(node => node.eventsOf('sessionExpired').filter(e => e.local))
  t.equal(told.length, 20)
})

t.test('who leaves gives what it alone holds to whoever is to hold it then', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
  const written = Array.from({ length: 200 }, (_, n) => nodes[n % 5]!.write(undefined, { n }))
  await advance(3_000)
  for (const leaver of [nodes[0]!, nodes[4]!]) {
    await until(leaver.manager.leave())
    leaver.manager.stop()
    leaver.kill()
    await advance(100)
    const left = nodes.filter(node => node.channel.isUp)
    for (const [n, { id }] of written.entries()) t.equal(await read(left[n % left.length]!, id, until), n)
    await advance(3_000)
    for (const { id } of written) t.equal(holders(nodes, id).length, 1)
  }
})

t.test('who leaves goes on giving when a member that was behind has caught up', async t => {
  const { a, b, cluster, until, advance } = await startCluster({ options: { copies: 1 } })
  const filler = 'x'.repeat(2_500)
  const written = Array.from({ length: 800 }, (_, n) => a.write(undefined, { n, filler }))
  await advance(5_000)
  let states = 0
  cluster.filter = (body, source) => {
    if (source === a.channel && body[5] === STATE_CODE && ++states % 3 === 0) a.channel.refuse(b.channel)
    return true
  }
  const left = a.manager.leave()
  for (let n = 0; n < 20; n++) {
    await advance(50)
    a.channel.caughtUp(b.channel)
  }
  await until(left)
  a.manager.stop()
  a.kill()
  await advance(100)
  t.ok(states > 6)
  t.equal(written.filter(({ id }) => b.standing(id) === 'here').length, written.length)
})

t.test('and gives what one was to have that is gone meanwhile to the next', async t => {
  const { a, b, c, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const written = Array.from({ length: 100 }, (_, n) => a.write(undefined, { n }))
  await advance(5_000)
  const own = written.filter(({ id }) => a.standing(id) === 'here')
  cluster.filter = (body, _source, target) => target !== c.channel || body[5] !== STATE_CODE
  const left = a.manager.leave()
  await advance(50)
  c.kill()
  const beganMs = cluster.time.nowMs
  await until(left)
  t.ok(cluster.time.nowMs - beganMs < 1_000)
  a.manager.stop()
  a.kill()
  await advance(100)
  t.ok(own.length > 10)
  t.equal(own.filter(({ id }) => b.standing(id) === 'here').length, own.length)
})

t.test('who leaves gives also what is on its way to its owners', async t => {
  const { nodes, cluster, until, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
  cluster.filter = (_body, source) => source !== nodes[0]!.channel
  const written = Array.from({ length: 50 }, (_, n) => nodes[0]!.write(undefined, { n }))
  await advance(100)
  cluster.filter = () => true
  await until(nodes[0]!.manager.leave())
  nodes[0]!.manager.stop()
  nodes[0]!.kill()
  await advance(100)
  for (const [n, { id }] of written.entries()) t.equal(await read(nodes[1 + (n % 4)]!, id, until), n)
})

t.test('who has lost its own commits and writes to what is left tells of what it overwrites', async t => {
  const { nodes, until, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
  const guest = nodes[0]!
  let written = guest.write(undefined, { n: 0 })
  // One that belongs elsewhere, so that the guest drops it.
  for (let n = 1; holders(nodes, written.id).length === 1 && n < 100; n++) written = guest.write(undefined, { n })
  const { id } = written
  await advance(10)
  const owner = holders(nodes, id).find(node => node !== guest)!
  const { session } = written
  const write = (value: string) => {
    session.setAttribute('n', value)
    guest.manager.requestCompleted(session)
  }
  write('first')
  const first = guest.stateOf(id)!
  write('second')
  const both = guest.stateOf(id)!
  await advance(3_000)
  t.strictSame(holders(nodes, id), [owner], 'only its owner has it')
  const older = encodeMessage(guest.wireName, {
    type: 'STATE',
    exchange: 0,
    states: [{ id, idleMs: 0, state: first }],
  })
  const newer = encodeMessage(guest.wireName, { type: 'STATE', exchange: 0, states: [{ id, idleMs: 0, state: both }] })
  owner.kill()
  await advance(10_000)
  guest.receive(older)
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') return void t.fail(loaded.kind)
  t.equal(loaded.session.getAttribute('n'), 'first')
  loaded.session.setAttribute('n', 'third')
  guest.manager.requestCompleted(loaded.session)
  const names = () => {
    const state = guest.stateOf(id)
    return state?.kind === 'live' ? state.vector.length : 0
  }
  const before = names()
  loaded.session.setAttribute('m', 1)
  guest.manager.requestCompleted(loaded.session)
  t.equal(names(), before, 'it writes on under the name that it has taken')
  guest.receive(newer)
  const conflicts = guest.eventsOf('conflict')
  t.strictSame(
    conflicts.map(({ kept, dropped }) => [kept(), dropped()]),
    [['third', 'second']],
  )
})

t.test('who owes an owner more than its latest change keeps its copy until the owner has all of it', async t => {
  const { nodes, cluster, advance } = await startCluster({ names: FIVE, options })
  const guest = nodes[0]!
  let written = guest.write(undefined, { n: 0 })
  await advance(3_000)
  while (holders(nodes, written.id).includes(guest)) {
    written = guest.write(undefined, { n: 0 })
    await advance(3_000)
  }
  const { id } = written
  const [first, second] = holders(nodes, id)
  const isBetweenOwners = (a: object, b: object) =>
    (a === first!.channel && b === second!.channel) || (b === first!.channel && a === second!.channel)
  cluster.filter = (_body, from, to) =>
    !isBetweenOwners(from, to) && !(from === guest.channel && to === second!.channel)
  const loaded = guest.load(id)
  await advance(200)
  const found = await loaded
  if (found.kind !== 'here') return void t.fail(found.kind)
  const { session } = found
  const write = (values: Record<string, unknown>) => {
    for (const [name, value] of Object.entries(values)) session.setAttribute(name, value)
    guest.manager.requestCompleted(session)
  }
  write({ missed: 1 })
  cluster.filter = (_body, from, to) => !isBetweenOwners(from, to)
  write({ heard: 2 })
  await advance(5_000)
  t.strictSame(holders(nodes, id), [first, second])
  t.strictSame(second!.read(id), { n: 0, missed: 1, heard: 2 })
})

t.test('what a member is given that it does not own itself it keeps until the owners have it', async t => {
  const { nodes, cluster, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const [owner] = holders(nodes, id)
  const guest = nodes.find(node => node !== owner && node !== nodes[0])!
  const gift = { id: `${id.slice(0, -1)}_`, idleMs: 0, state: owner!.stateOf(id)! }
  cluster.filter = (_body, from) => from !== guest.channel
  guest.receive(encodeMessage(guest.wireName, { type: 'STATE', exchange: 0, states: [gift] }))
  await advance(3_000)
  t.ok(holders(nodes, gift.id).includes(guest), 'nobody else has it yet')
  cluster.filter = () => true
  await advance(8_000)
  t.equal(holders(nodes, gift.id).length, 1)
})

t.test('a copy is kept until those have it who own it by then, not those who did when it was sent', async t => {
  const options = { copies: 1 }
  const { a, b, cluster, advance } = await startCluster({ options })
  cluster.faults = { ...cluster.faults, delayMinMs: 400, delayMaxMs: 400 }
  const written = Array.from({ length: 60 }, (_, n) => a.write(undefined, { n }).id)
  const c = new TestNode(cluster, 'c', options)
  cluster.filter = (_body, from, to) => !(from === b.channel && to === c.channel)
  await c.up()
  await advance(1_500)
  const isOnlyAtB = new Set(written.filter(id => holders([a, c], id).length === 0))
  cluster.filter = () => true
  await advance(10_000)
  const owned = written.filter(id => c.stateOf(id))
  t.ok(owned.length > 0)
  t.strictSame(
    owned.filter(id => isOnlyAtB.has(id)),
    [],
  )
})

t.test('who wrote on a copy that its owner did not have keeps what it wrote until the owner has all of it', async t => {
  const options = { copies: 1 }
  const { a, b, cluster, until, advance } = await startCluster({ options })
  const ids = Array.from({ length: 60 }, () => a.write(undefined, { n: 1 }).id)
  await advance(3_000)
  const c = new TestNode(cluster, 'c', options)
  cluster.filter = (_body, from, to) => !(from === b.channel && to === c.channel)
  await c.up()
  await advance(10)
  const seen = new Map<string, VersionToken>()
  for (const id of ids) {
    const loaded = await until(a.load(id))
    if (loaded.kind !== 'here') return void t.fail(loaded.kind)
    loaded.session.setAttribute('m', 2)
    a.manager.requestCompleted(loaded.session)
    seen.set(id, loaded.session.token)
  }
  await advance(3_000)
  cluster.filter = () => true
  await advance(3_000)
  for (const id of ids) {
    const [owner, ...others] = holders([a, b, c], id)
    t.strictSame(others, [])
    t.strictSame(owner!.read(id, seen.get(id)), { n: 1, m: 2 })
  }
})

t.test(
  'a request whose owner is heard and does not answer waits five times the timeout, whoever else is asked',
  async t => {
    const { nodes, cluster, advance } = await startCluster({ names: FIVE, options: { copies: 1 } })
    const { id } = nodes[0]!.write(undefined, { n: 1 })
    await advance(3_000)
    const [owner] = holders(nodes, id)
    const guest = nodes.find(node => node !== owner)!
    const talk = encodeMessage(owner!.wireName, { type: 'TOUCH', accesses: [] })
    cluster.filter = (_body, from) => from !== owner!.channel
    let isOver = false
    void guest.load(id).then(() => (isOver = true))
    let waitedMs = 0
    for (; !isOver && waitedMs < 1_000; waitedMs += 10) {
      guest.manager.messageReceived({ number: 1, options: 0, body: talk, source: owner!.channel.localMember() })
      await advance(10)
    }
    t.equal(waitedMs, 250)
  },
)

t.test('a use on a member that does not hold the session counts when its owner leaves a moment later', async t => {
  const options = { copies: 1, maxInactiveInterval: 60 }
  const { a, b, cluster, until, advance } = await startCluster({ options })
  const written = Array.from({ length: 20 }, () => a.write(undefined, { n: 1 }).id)
  await advance(40_000)
  const used = written.filter(id => b.stateOf(id))
  t.ok(used.length > 0)
  for (const id of used) t.equal(await read(a, id, until), 1)
  await until(b.manager.leave())
  b.manager.stop()
  b.kill()
  const c = new TestNode(cluster, 'c', options)
  await c.up()
  await advance(20_500)
  for (const id of used) for (const node of [a, c]) t.equal(await read(node, id, until), 1)
})

t.test(
  'a use on a member that has no copy reaches an owner who had asked before, and is about to let the session expire',
  async t => {
    const options = { copies: 1, maxInactiveInterval: 20 }
    const { a, b, c, cluster, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options })
    const written = Array.from({ length: 30 }, () => a.write(undefined, { n: 1 }))
    await advance(1_000)
    const asked = new Set<string>()
    cluster.filter = (body, source) => {
      const message = messageIn(body)
      if (source === b.channel && message.type === 'EXPIRING') for (const { id } of message.accesses) asked.add(id)
      return true
    }
    while (asked.size === 0) await advance(50)
    const used = written.filter(({ id }) => asked.has(id))
    // Idle for so long, the session is not given to who lacks it any more.
    await advance(2_000)
    c.kill()
    await advance(10)
    // Their clients have seen what only the one that is gone can have: so they were in use.
    const beyond = { actor: 'nobody__', counter: 1 }
    for (const { id, token } of used) {
      const loaded = await until(a.load(id, { ...token, dots: [...token.dots, beyond] }))
      t.match(loaded, { kind: 'here', stale: true })
    }
    await advance(10_000)
    t.strictSame(
      used.map(({ id }) => b.standing(id)),
      used.map(() => 'here'),
    )
  },
)

t.test('a session whose copy is given away under a request that changes it has not begun anew', async t => {
  const { a, until, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const written = Array.from({ length: 30 }, () => a.write(undefined, { n: 1 }))
  await advance(3_000)
  const foreign = written.filter(({ id }) => a.stateOf(id) === undefined)
  t.ok(foreign.length > 10)
  const requests = await Promise.all(foreign.map(({ id, token }) => until(a.load(id, token))))
  await advance(3_000)
  a.events.length = 0
  for (const [n, loaded] of requests.entries()) {
    if (loaded.kind !== 'here') return void t.fail(loaded.kind)
    t.equal(a.stateOf(foreign[n]!.id), undefined)
    loaded.session.setAttribute('n', 2)
    a.manager.requestCompleted(loaded.session)
  }
  t.strictSame(
    a.events.map(([name]) => name),
    foreign.map(() => 'attributeChanged'),
  )
  for (const event of a.eventsOf('attributeChanged')) t.match(event, { name: 'n', local: true, had: true, has: true })
})

t.test('whose idle limit passes while it is looked for is there or has ended, and is not called old', async t => {
  const idleMs = 20_000
  const found = new Set<string>()
  // A process works while it decides: each look at its clock finds a little more time gone.
  for (let n = 1; n <= 40; n++) {
    const options = { copies: 1, maxInactiveInterval: idleMs / 1_000 }
    const { nodes, cluster, until, advance } = await startCluster({ names: ['a', 'b'], options })
    const { id, token } = nodes[0]!.write(undefined, { n })
    await advance(3_000)
    const guest = nodes.find(node => node.stateOf(id) === undefined)!
    await advance(idleMs - 3_000 - 1)
    let looks = 0
    guest.channel.clock.now = () => cluster.time.nowMs + ++looks * 0.02 * n
    const loaded = await until(guest.load(id, token))
    found.add(loaded.kind === 'here' ? (loaded.stale ? 'old' : 'here') : loaded.kind)
  }
  t.strictSame([...found].sort(), ['here', 'none'])
})

t.test('what has been idle for too long ends with its guest in its time, and not when it is its turn', async t => {
  const { a, b, cluster, advance } = await startCluster({ options: { copies: 1, maxInactiveInterval: 4 } })
  cluster.filter = (_body, source) => source !== a.channel
  const written = Array.from({ length: 20 }, (_, n) => a.write(undefined, { n }))
  await advance(4_500)
  cluster.filter = () => true
  t.ok(a.manager.inspect().strayCopies > 3, 'that belong to b')
  await advance(4_500)
  t.equal(a.manager.inspect().strayCopies, 0)
  t.ok(written.every(({ id }) => b.stateOf(id) === undefined))
})

t.test('what has been idle for too long is not given to its owner, and is there when somebody has used it', async t => {
  const { a, b, cluster, until, advance } = await startCluster({ options: { copies: 1, maxInactiveInterval: 4 } })
  cluster.filter = (_body, source) => source !== a.channel
  const written = Array.from({ length: 20 }, (_, n) => a.write(undefined, { n }))
  await advance(10)
  a.channel.hang()
  await advance(12_000)
  for (const { id } of written) await until(b.load(id))
  cluster.filter = () => true
  a.channel.resume()
  await advance(2_500)
  for (const { id } of written) t.ok(a.stateOf(id) || b.stateOf(id))
})

t.test('a session that no message can take is not in the way of those that are given away with it', async t => {
  const { a, cluster, nodes, advance } = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 1 } })
  const { placement } = a.manager.attach(parts => Object.assign(new LiveSessions(parts), parts))
  const bucket = Array.from({ length: BUCKETS }, (_, n) => n).find(n => !placement.isOwner(n))
  const [large, ...small] = Array.from({ length: 10_000 }, (_, n) => `given ${n}`).filter(id => bucketOf(id) === bucket)
  cluster.filter = () => false
  for (const id of [large!, ...small]) {
    const session = a.manager.createSession(id)
    session.setAttribute('x', id === large ? 'x'.repeat(100_000) : 1)
    a.manager.requestCompleted(session, 'async')
  }
  await advance(5_000)
  cluster.filter = () => true
  limitMessages(a, 80_000)
  await advance(10_000)
  t.ok(small.length > 1)
  for (const id of small) t.ok(nodes.some(node => node !== a && node.stateOf(id)))
  t.ok(a.stateOf(large!))
})
