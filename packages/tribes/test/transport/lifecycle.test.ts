import t from 'tap'
import type { AskTimeouts } from '../../src/transport/channel-sender.js'
import { codes, type NodeOptions, TransportNode, type World, world } from '../support/transport-node.js'

const TIMEOUTS: AskTimeouts = { connectTimeoutMs: 1000, readTestTimeoutMs: 500, performReadTest: true }

async function pair(w: World, options: NodeOptions = {}) {
  const a = await new TransportNode('a', w, { idByte: 1, ...options }).start()
  const b = await new TransportNode('b', w, { idByte: 2, ...options }).start()
  return { a, b }
}

async function connected(w: World, options: NodeOptions = {}) {
  const { a, b } = await pair(w, options)
  await w.clock.until(a.transport.sender.dial(b.member))
  await w.clock.advance(10)
  const [pipe] = w.network.pipes
  return { a, b, pipe: pipe! }
}

t.test('a goodbye is heard as one, a crash is not', async t => {
  const w = world()
  const { a, b } = await connected(w)
  await w.clock.until(b.transport.sender.stop())
  await w.clock.advance(10)
  t.strictSame(a.events, ['connected b', 'left b'])

  const other = world()
  const crash = await connected(other)
  crash.pipe.accepted.destroy()
  await other.clock.advance(10)
  t.strictSame(crash.a.events, ['connected b', 'disconnected b'])
  t.notOk(b.events.includes('disconnected a'))
})

t.test('stop sends what is queued, waits for its acknowledgement, and only then says goodbye', async t => {
  const w = world(1, { kernelBytes: 2000 })
  const { a, b } = await connected(w)
  const sent = Array.from({ length: 50 }, (_, i) => a.send(`${i}`.padEnd(500), [b], 'synchronized-ack'))
  await w.clock.until(a.transport.sender.stop())
  t.ok(sent.every(d => d.isSettled && d.faulty.length === 0))
  await w.clock.advance(10)
  t.equal(b.received.length, 50)
  t.equal(b.events.at(-1), 'left a')
})

t.test('stop does not wait longer than the timeout for a member that hangs', async t => {
  const w = world()
  const { a, b, pipe } = await connected(w)
  pipe.isSilent = true
  const delivery = a.send('x', [b])
  const startMs = w.clock.now()
  await w.clock.until(a.transport.sender.stop(), 10_000)
  t.ok(w.clock.now() - startMs <= 6100)
  t.ok(delivery.isSettled)
})

t.test('start and stop may be called twice; nothing is sent, dialled or left behind after a stop', async t => {
  const w = world()
  const { a, b } = await connected(w)
  await a.transport.sender.start()
  const stops = Promise.all([a.transport.sender.stop(), a.transport.sender.stop()])
  t.strictSame(codes(a.send('x', [b])), ['TRIBES_STOPPED'])
  await w.clock.until(stops)
  await a.transport.receiver.stop()
  await w.clock.until(b.transport.sender.stop())
  await b.transport.receiver.stop()
  await t.rejects(a.transport.sender.dial(b.member), { code: 'TRIBES_STOPPED' })
  await t.rejects(w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS)), { code: 'TRIBES_STOPPED' })
  await w.clock.advance(5000)
  t.strictSame([w.clock.pendingTimers, w.network.pipes.size], [0, 0])
})

t.test('who stops right after it was connected leaves no timer behind', async t => {
  const w = world()
  const { a, b } = await connected(w)
  await w.clock.until(Promise.all([a, b].map(({ transport }) => transport.sender.stop())))
  await w.clock.advance(10)
  t.equal(w.clock.pendingTimers, 0)
})

t.test('a stopped transport can be started again', async t => {
  const w = world()
  const { a, b } = await connected(w)
  await w.clock.until(a.transport.sender.stop())
  await w.clock.advance(10)
  await a.transport.sender.start()
  const delivery = a.send('again', [b])
  await w.clock.advance(100)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
})

t.test('a member that is stopping refuses, and what is sent to it fails', async t => {
  const w = world()
  const { a, b } = await pair(w)
  await w.clock.until(b.transport.sender.stop())
  const delivery = a.send('x', [b])
  await w.clock.advance(100)
  t.strictSame(codes(delivery), ['TRIBES_MEMBER_UNREACHABLE'])
  t.match(delivery.faulty[0]?.cause.message, 'stopping')
})

t.test('a forgotten member is closed silently and its messages fail with the reason', async t => {
  const w = world()
  const { a, b } = await connected(w)
  const delivery = a.send('x', [b])
  a.transport.sender.forget(b.member, new Error('voted out'))
  t.strictSame(codes(delivery), ['TRIBES_MEMBER_UNREACHABLE'])
  t.match(delivery.faulty[0]?.cause.message, 'voted out')
  await w.clock.advance(100)
  t.strictSame([a.events, b.events], [['connected b'], ['connected a', 'disconnected a']])
})

t.test('a forgotten member that comes back with what it had sent before delivers nothing twice', async t => {
  const w = world()
  const { a, b } = await connected(w)
  a.onMessage = () => a.transport.sender.forget(b.member, new Error('voted out'))
  const delivery = b.send('once', [a])
  await w.clock.advance(500)
  t.strictSame([a.bodies(), delivery.isSettled, codes(delivery)], [['once'], true, []])
})

t.test('ask: a member answers over its connection, or over a new one', async t => {
  const w = world()
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  await w.clock.until(b.transport.sender.ask(a.member, { ...TIMEOUTS, performReadTest: false }))
  t.equal(a.transport.stats.dials + b.transport.stats.dials, 1)
})

t.test('ask: a half-open connection is found out, and a new one shows that the member lives', async t => {
  const w = world()
  const { a, b, pipe } = await connected(w)
  pipe.isSilent = true
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  await w.clock.advance(2000)
  const delivery = a.send('x', [b])
  await w.clock.advance(100)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.equal(w.network.pipes.size, 1)
})

t.test('ask: a member that hangs, and one that is gone, do not answer', async t => {
  const w = world()
  const { a, b, pipe } = await connected(w)
  w.network.onPipe = other => void (other.isSilent = true)
  pipe.isSilent = true
  const startMs = w.clock.now()
  await t.rejects(w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS)), { code: 'TRIBES_MEMBER_UNREACHABLE' })
  t.ok(w.clock.now() - startMs <= 1600)

  await w.clock.advance(5000)
  await b.transport.receiver.stop()
  await t.rejects(w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS)), { message: /ECONNREFUSED/ })
})

t.test('ask waits for no back-off', async t => {
  const w = world()
  const { a, b } = await pair(w)
  await b.transport.receiver.stop()
  for (let i = 0; i < 4; i++) {
    a.send('x', [b])
    await w.clock.advance(400)
  }
  await b.transport.receiver.start()
  a.send('x', [b])
  const startMs = w.clock.now()
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  t.ok(w.clock.now() - startMs <= 20)
})

t.test('a half-open connection heals when the member dials again', async t => {
  const w = world()
  const { a, b, pipe } = await connected(w)
  pipe.isSilent = true
  pipe.dialled.destroy()
  await w.clock.advance(2000)
  t.equal(b.events.at(-1), 'connected a', 'b has not noticed')
  const delivery = a.send('x', [b])
  await w.clock.advance(3000)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.strictSame(b.events, ['connected a', 'disconnected a', 'connected a'])
})

t.test(
  'an old or worn connection is put to rest and dialled again on demand; nobody calls that a departure',
  async t => {
    for (const options of [{ keepAliveTimeMs: 1000 }, { keepAliveCount: 10 }]) {
      const w = world(4)
      const { a, b } = await connected(w, options)
      const sent = []
      for (let i = 0; i < 400; i++) {
        sent.push(
          a.send(`${i}`, [b], i % 2 ? 'synchronized-ack' : 'use-ack'),
          b.send(`${i}`, [a], i % 3 ? 'use-ack' : 'asynchronous'),
        )
        await w.clock.advance(20)
      }
      await w.clock.advance(2000)
      t.ok(sent.every(d => d.isSettled && d.faulty.length === 0))
      const all = Array.from({ length: 400 }, (_, i) => `${i}`)
      t.strictSame([a.bodies(), b.bodies()], [all, all])
      t.ok(a.transport.stats.connectionsOpened > 3)
      t.notOk([...a.events, ...b.events].some(e => /left|disconnected/.test(e)))
    }
  },
)

t.test(
  'connections are renewed on either end, or on both at once, and nothing is lost, failed or called a departure',
  async t => {
    const w = world(4)
    const { a, b } = await connected(w)
    const sent = []
    for (let i = 0; i < 300; i++) {
      sent.push(a.send(`${i}`, [b], i % 2 ? 'synchronized-ack' : 'use-ack'), b.send(`${i}`, [a]))
      if (i % 20 === 5) a.transport.sender.renewConnections()
      if (i % 40 === 5) b.transport.sender.renewConnections()
      await w.clock.advance(20)
    }
    await w.clock.advance(2000)
    t.ok(sent.every(d => d.isSettled && d.faulty.length === 0))
    const all = Array.from({ length: 300 }, (_, i) => `${i}`)
    t.strictSame([a.bodies(), b.bodies()], [all, all])
    t.ok(a.transport.stats.connectionsOpened >= 8)
    t.notOk([...a.events, ...b.events].some(e => /left|disconnected/.test(e)))
  },
)

t.test('a connection that is on its way when all are to be made anew is none of those that stay', async t => {
  for (const renewing of ['a', 'b'] as const) {
    for (let atMs = 0; atMs < 12; atMs++) {
      const w = world(4)
      const nodes = await pair(w)
      const { a, b } = nodes
      const found = a.transport.sender.dial({ host: 'b', port: 4000 }).catch(() => undefined)
      await w.clock.advance(atMs)
      const former = [...w.network.pipes]
      await w.clock.advance(2)
      nodes[renewing].transport.sender.renewConnections()
      await w.clock.until(found)
      const sent = [a.send('x', [b], 'synchronized-ack'), b.send('y', [a], 'synchronized-ack')]
      await w.clock.advance(2000)
      const label = `${renewing} renews ${atMs + 2} ms after the dial`
      t.ok(
        former.every(({ accepted, dialled }) => accepted.isClosed && dialled.isClosed),
        label,
      )
      t.ok(
        sent.every(({ isSettled, faulty }) => isSettled && faulty.length === 0),
        `nothing is lost: ${label}`,
      )
    }
  }
})

t.test('a worn connection comes to rest though there is always something to send', async t => {
  const w = world(4)
  const { a, b } = await connected(w, { keepAliveCount: 10 })
  b.onMessage = () => new Promise<void>(resolve => void w.clock.setTimer(50, resolve))
  const sent = []
  for (let i = 0; i < 100; i++) {
    sent.push(a.send(`${i}`, [b], 'synchronized-ack'))
    await w.clock.advance(20)
  }
  await w.clock.advance(1000)
  t.ok(sent.every(d => d.isSettled && d.faulty.length === 0))
  t.ok(a.transport.stats.connectionsOpened > 3)
  t.equal(a.transport.stats.messagesResent, 0)
})

t.test('inspect tells what was done and what waits', async t => {
  const w = world()
  const { a, b } = await connected(w)
  a.send('x', [b])
  await w.clock.advance(50)
  const { stats, links } = a.transport.sender.inspect()
  t.match(stats, { messagesSent: 1, acksReceived: 1, connectionsOpened: 1, dials: 1 })
  t.match(links, [{ member: 'b', phase: 'open', queuedBytes: 0, unacknowledgedBytes: 0, isBehind: false }])
})

t.test('of a member that has gone all is forgotten ten minutes later', async t => {
  const w = world()
  const { a, b } = await connected(w)
  const known = () => a.transport.sender.inspect().links.length
  await w.clock.advance(700_000)
  t.equal(known(), 1, 'it is connected, for however long')
  await w.clock.until(b.transport.sender.stop())
  await w.clock.advance(595_000)
  t.equal(known(), 1)
  await w.clock.advance(10_000)
  t.equal(known(), 0)
})

t.test('the pool bounds how many members are dialled at the same time', async t => {
  const w = world()
  const a = await new TransportNode('a', w, { poolSize: 2 }).start()
  const others = await Promise.all([1, 2, 3, 4, 5].map(i => new TransportNode(`n${i}`, w).start()))
  let most = 0
  const connect = w.network.pipes
  const sent = a.send('x', others)
  for (let i = 0; i < 60; i++) {
    await w.clock.advance(1)
    const { dials, connectionsOpened } = a.transport.stats
    most = Math.max(most, dials - connectionsOpened)
  }
  t.equal(most, 2)
  t.equal(connect.size, 5)
  t.ok(sent.isSettled && sent.faulty.length === 0)
})

t.test(
  'a connection that is not read, because messages pile up with our listeners, is put to rest at once as well',
  async t => {
    for (const renewing of ['a', 'b'] as const) {
      const w = world(4)
      const nodes = await connected(w, { maxInFlightBytes: 1000 })
      const { a, b, pipe } = nodes
      const finish: (() => void)[] = []
      b.onMessage = () => new Promise<void>(resolve => finish.push(resolve))
      for (let i = 0; i < 11; i++) a.send(Buffer.alloc(100), [b], 'use-ack')
      await w.clock.advance(10)
      t.ok(pipe.accepted.isPaused)
      nodes[renewing].transport.sender.renewConnections()
      await w.clock.advance(20)
      const sent = [a.send('x', [b]), b.send('y', [a])]
      for (const done of finish.splice(0)) done()
      await w.clock.advance(100)
      t.ok(
        sent.every(({ isSettled, faulty }) => isSettled && faulty.length === 0),
        renewing,
      )
      t.ok(pipe.accepted.isClosed && pipe.dialled.isClosed)
    }
  },
)

t.test(
  'ask: a member whose messages pile up here answers at its address, and keeps the connection that we do not read',
  async t => {
    const w = world(1)
    const { a, b, pipe } = await connected(w, { maxInFlightBytes: 1000, timeoutMs: 60_000 })
    const finish: (() => void)[] = []
    b.onMessage = () => new Promise<void>(resolve => finish.push(resolve))
    const sent = Array.from({ length: 20 }, () => a.send(Buffer.alloc(100), [b], 'synchronized-ack'))
    await w.clock.advance(100)
    t.ok(pipe.accepted.isPaused)
    await w.clock.until(b.transport.sender.ask(a.member, TIMEOUTS))
    t.notOk(pipe.accepted.isClosed)
    pipe.isSilent = true
    w.network.blackholes.add('a:4000')
    await t.rejects(w.clock.until(b.transport.sender.ask(a.member, TIMEOUTS)), { code: 'TRIBES_MEMBER_UNREACHABLE' })
    pipe.isSilent = false
    while (finish.length > 0) {
      for (const done of finish.splice(0)) done()
      await w.clock.advance(100)
    }
    t.ok(sent.every(({ isSettled, faulty }) => isSettled && faulty.length === 0))
    t.strictSame(b.events, ['connected a'])
  },
)
