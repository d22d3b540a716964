import { MalformedError } from '@clowder/tribes'
import t from 'tap'
import { LocalChannel, ManagerNotStartedError, SimpleTcpCluster } from '../../src/index.js'
import type { Message } from '../../src/wire/message.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { guestRequest, startCluster, TestNode } from '../support/delta-cluster.js'
import { Dice } from '../support/dice.js'
import { MemoryCluster } from '../support/memory-cluster.js'
import { RecordingLogger } from '../support/recording-logger.js'

t.test('stopping leaves nobody waiting: requests, pulls, joins', async t => {
  const { a, b, cluster, advance } = await startCluster()
  for (let n = 0; n < 10; n++) a.write(undefined, { n })
  await advance(10)
  const d = new TestNode(cluster, 'd')
  await d.up()
  await advance(10)
  b.channel.hang()
  a.channel.hang()
  const waiting = [d.manager.join(), d.load('unknown'), d.write(undefined, { x: 1 }).commit.acknowledged!]
  d.manager.stop()
  t.strictSame(await Promise.all(waiting), [undefined, { kind: 'none' }, 'degraded'])
  t.notOk(d.manager.isReady)
})

t.test(
  'after stop: what is still under way works on this node alone, nothing is asked and no listener is left',
  async t => {
    const { a, b, cluster, until, advance } = await startCluster()
    const { id, session } = a.write(undefined, { x: 1 })
    await advance(10)
    a.manager.stop()
    a.manager.stop()
    t.equal(a.channel.listenerCount, 0)
    const before = cluster.messagesSent
    t.strictSame(await until(a.load('unknown')), { kind: 'none' })
    await a.channel.stop()
    session.setAttribute('x', 2)
    t.match(a.manager.requestCompleted(session), { changed: true })
    t.strictSame(a.read(id), { x: 2 })
    t.ok(a.manager.createSession().isNew)
    await advance(10_000)
    t.ok(cluster.messagesSent <= before + 20, 'only b, to a member that is gone')
    t.strictSame(b.read(id), { x: 1 })
  },
)

t.test('before start nothing can be made', async t => {
  const node = new TestNode(new MemoryCluster(), 'a')
  t.throws(() => node.manager.createSession(), ManagerNotStartedError)
})

t.test('leaving tells the last uses', async t => {
  const { a, b, advance } = await startCluster({ options: { maxInactiveInterval: 1_000 } })
  const { id } = a.write(undefined, { x: 1 })
  await advance(30_000)
  a.open(id)
  await advance(100)
  a.manager.stop()
  await advance(10)
  t.ok(b.channel.clock.wallTime() - lastUse(b, id) < 1_000)
})

t.test('expireSessionsOnShutdown ends every session of the cluster; without it they live on', async t => {
  for (const expireSessionsOnShutdown of [true, false]) {
    const { a, b, advance } = await startCluster({ options: { expireSessionsOnShutdown } })
    a.write(undefined, { x: 1 })
    b.write(undefined, { x: 1 })
    await advance(10)
    a.manager.stop()
    await advance(10)
    t.equal(b.manager.inspect().sessions, expireSessionsOnShutdown ? 0 : 2)
    t.ok(b.eventsOf('sessionDestroyed').every(e => 'reason' in e && e.reason === 'shutdown'))
  }
})

t.test('the ends of all sessions reach also those who cannot take so many at once', async t => {
  for (const copies of [Number.POSITIVE_INFINITY, 2]) {
    const options = { expireSessionsOnShutdown: true, copies }
    const { a, b, cluster, until, advance } = await startCluster({ options })
    for (let n = 0; n < 50; n++) a.write(undefined, { n })
    await advance(10)
    t.equal(b.manager.inspect().sessions, 50)
    let ends = 0
    cluster.filter = () => {
      // Its queue is full.
      if (++ends === 10) a.channel.refuse(b.channel)
      return true
    }
    const left = a.manager.leave()
    await advance(100)
    a.channel.caughtUp(b.channel)
    await until(left)
    a.manager.stop()
    await advance(10)
    t.equal(b.manager.inspect().sessions, 0, `${copies} copies`)
    t.ok(b.eventsOf('sessionDestroyed').every(e => e.reason === 'shutdown'))
  }
})

t.test('a malformed message throws and changes nothing', async t => {
  const { a, b, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  const good = messagesAbout(b, id).map(message => encodeMessage(b.wireName, message))
  const dice = new Dice(5)
  for (const bytes of good) {
    const before = JSON.stringify([b.manager.digest(), b.bytesOf(id), b.events.length])
    for (let cut = 5; cut < bytes.length; cut++)
      t.throws(() => b.receive(bytes.subarray(0, cut)), MalformedError) || t.bailout()
    t.equal(JSON.stringify([b.manager.digest(), b.bytesOf(id), b.events.length]), before)
  }
  let malformed = 0
  for (let n = 0; n < 5_000; n++) {
    const bytes = Buffer.from(dice.pick(good))
    for (let flips = dice.between(1, 3); flips > 0; flips--) bytes[dice.between(5, bytes.length - 1)] = dice.below(256)
    try {
      b.receive(bytes)
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error
      malformed++
    }
  }
  t.ok(malformed > 500, `${malformed} of 5000`)
  await advance(20_000)
  t.equal(a.manager.digest(), b.manager.digest(), 'whatever was taken is the same on both nodes in the end')
})

t.test('managers of different names on one channel do not meet', async t => {
  const { a, b, advance } = await startCluster()
  const other = new TestNode(new MemoryCluster(), 'other', { name: 'other' })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  const message: Message = { type: 'DEATH', id, death: { kind: 'dead', reason: 'invalidated', stamp: 1 } }
  const body = encodeMessage(other.wireName, message)
  t.notOk(b.manager.accept({ number: 1, options: 0, body, source: a.channel.localMember() }))
  t.ok(
    b.manager.accept({
      number: 1,
      options: 0,
      body: encodeMessage(b.wireName, message),
      source: a.channel.localMember(),
    }),
  )
})

t.test('after a busy time nothing is left behind: no open question, no timer, no memory of members', async t => {
  const { a, b, c, nodes, cluster, advance } = await startCluster({
    names: ['a', 'b', 'c'],
    options: { maxInactiveInterval: 60 },
  })
  const dice = new Dice(9)
  cluster.faults = { delayMinMs: 1, delayMaxMs: 30, loss: 0.1, duplication: 0.1 }
  const ids: string[] = []
  for (let n = 0; n < 300; n++) {
    const node = dice.pick([a, b, c])
    const id = dice.pick([undefined, ...ids.slice(-20)])
    if (id === undefined || node.standing(id) !== 'here') ids.push(node.write(undefined, { n }).id)
    else node.write(id, { n })
    void node.load(dice.pick(['unknown', ...ids]))
    await advance(dice.below(10))
  }
  cluster.faults = { delayMinMs: 1, delayMaxMs: 1, loss: 0, duplication: 0 }
  await advance(150_000)
  t.equal(new Set(nodes.map(node => node.manager.digest())).size, 1)
  for (const node of nodes) {
    t.match(node.manager.inspect(), { sessions: 0, ownSessions: 0, laggingMembers: 0, openPulls: 0, openExchanges: 0 })
    node.manager.stop()
    node.kill()
  }
  await advance(5_000)
  t.equal(cluster.time.pending, 0)
})

t.test('a cluster starts the managers before the channel, joins after it, and stops in reverse', async t => {
  const memory = new MemoryCluster()
  const node = new TestNode(memory, 'a')
  const logger = new RecordingLogger()
  const cluster = new SimpleTcpCluster(
    { clock: node.channel.clock, logger, channel: node.channel, managers: [node.manager] },
    { name: 'shop', discoveryTime: 150 },
  )
  const started = cluster.start()
  t.equal(cluster.start(), started)
  await memory.time.until(started)
  t.equal(memory.time.nowMs, 150)
  t.ok(node.manager.isReady)
  await memory.time.until(cluster.stop())
  t.notOk(node.channel.isUp)
  t.equal(node.channel.listenerCount, 0)
  t.equal(cluster.stop(), cluster.stop())
})

t.test('a channel that cannot start undoes the start', async t => {
  const memory = new MemoryCluster()
  const node = new TestNode(memory, 'a')
  const failure = new Error('port taken')
  node.channel.start = () => Promise.reject(failure)
  const cluster = new SimpleTcpCluster(
    { clock: node.channel.clock, logger: new RecordingLogger(), channel: node.channel, managers: [node.manager] },
    { name: 'shop', discoveryTime: 0 },
  )
  await t.rejects(cluster.start(), failure)
  t.equal(node.channel.listenerCount, 0)
})

t.test('on a local channel a manager is a plain session store', async t => {
  const channel = new LocalChannel({ random: new Dice(1) }, { name: 'alone' })
  await channel.start()
  t.strictSame(channel.members(), [])
  t.equal(channel.post(), 0)
  t.equal(channel.localMember().name, 'alone')
  await channel.stop()
})

function lastUse(node: TestNode, id: string): number {
  const [answer] = node.ask({ type: 'PULL', exchange: 0x8000_0000, id, vector: [], idleMs: 1e15 })
  return answer?.type === 'STATE' ? node.channel.clock.wallTime() - answer.states[0]!.idleMs : 0
}

function messagesAbout(node: TestNode, id: string): Message[] {
  const states = node.ask({ type: 'PULL', exchange: 0x8000_0000, id, vector: [], idleMs: 1e15 })
  return [
    ...states,
    { type: 'DEATH', id: `${id}x`, death: { kind: 'dead', reason: 'invalidated', stamp: 7 } },
    { type: 'TOUCH', accesses: [{ id, idleMs: 1 }] },
    { type: 'PULL', exchange: 1, id, vector: [], idleMs: 0 },
    {
      type: 'DIGEST',
      exchange: 1,
      share: 0,
      shares: 1,
      isReady: true,
      asksWhoIsGone: false,
      view: 1,
      root: { high: 1, low: 2 },
    },
    { type: 'LIST', exchange: 1, isLast: true, lists: [{ bucket: 1, rows: [{ high: 1, low: 2 }] }], known: [] },
  ]
}

t.test(
  'the end of a session is told by who ends it, also if its copy was dropped before it came to own it',
  async t => {
    const started = await startCluster({ names: ['a', 'b', 'c'], options: { copies: 2 } })
    const { nodes, cluster, advance } = started
    const { id, guest, session } = await guestRequest(started)
    for (const node of nodes) if (node !== guest) cluster.cut(guest.channel, node.channel)
    await advance(10)
    session.invalidate()
    guest.manager.requestCompleted(session)
    t.match(guest.eventsOf('sessionDestroyed'), [{ id, local: true }])
    t.strictSame(guest.eventsOf('sessionDestroyed')[0]!.attributes(), { n: 1 })
  },
)

t.test('an end is stamped above all that it ends, also what a clock years ahead has written', async t => {
  const { a, b, advance } = await startCluster({ skewsMs: [0, 10 * 365 * 86_400_000] })
  const { id, token } = b.write(undefined, { x: 1 })
  await advance(10)
  a.manager.expireSession(id)
  await advance(10)
  for (const node of [a, b]) {
    const death = node.stateOf(id)
    t.ok(death?.kind === 'dead' && death.stamp > token.stamp, node.channel.name)
  }
})

t.test('a session that has expired while a request took its time has ended once', async t => {
  const { a, advance } = await startCluster({ options: { maxInactiveInterval: 2 } })
  const { session } = a.write(undefined, { n: 1 })
  await advance(30_000)
  t.equal(a.eventsOf('sessionExpired').length, 1)
  session.invalidate()
  a.manager.requestCompleted(session)
  t.strictSame(a.eventsOf('sessionDestroyed'), [])
})
