import t from 'tap'
import { member } from '../../src/member.js'
import type { Stream } from '../../src/ports/network.js'
import { encodeFrame } from '../../src/wire/frame-encoder.js'
import { TransportNode, type World, world } from '../support/transport-node.js'

const openPipes = (w: World) => [...w.network.pipes].filter(pipe => !pipe.dialled.isClosed && !pipe.accepted.isClosed)

/** Somebody with a socket and no manners. */
async function stranger(w: World, to: TransportNode) {
  const seen = { bytes: Buffer.alloc(0), isClosed: false }
  const stream: Stream = await w.clock.until(w.network.host('stranger').connect(to.member, 1000))
  stream.open({
    data: bytes => void (seen.bytes = Buffer.concat([seen.bytes, bytes])),
    drained: () => {},
    closed: () => void (seen.isClosed = true),
  })
  return { stream, seen }
}

t.test('two members that dial each other at the same moment keep one connection, whoever is smaller', async t => {
  for (const [idA, idB] of [
    [1, 2],
    [2, 1],
  ] as const) {
    for (let seed = 1; seed <= 20; seed++) {
      for (let headStartMs = -3; headStartMs <= 3; headStartMs++) {
        const w = world(seed)
        const a = await new TransportNode('a', w, { idByte: idA }).start()
        const b = await new TransportNode('b', w, { idByte: idB }).start()
        const sent = []
        if (headStartMs < 0) sent.push(a.send('x', [b]))
        else sent.push(b.send('y', [a]))
        await w.clock.advance(Math.abs(headStartMs))
        if (headStartMs < 0) sent.push(b.send('y', [a]))
        else sent.push(a.send('x', [b]))
        await w.clock.advance(1000)
        const label = `ids ${idA} ${idB}, seed ${seed}, head start ${headStartMs}`
        if (openPipes(w).length !== 1) t.fail(`${openPipes(w).length} connections: ${label}`)
        if (!sent.every(d => d.isSettled && d.faulty.length === 0)) t.fail(`not delivered: ${label}`)
        if (a.events.join() !== 'connected b' || b.events.join() !== 'connected a')
          t.fail(`${a.events} / ${b.events}: ${label}`)
      }
    }
  }
  t.pass('280 races')
})

t.test('a member that can be reached in one direction only is connected in that direction at once', async t => {
  for (const idByte of [1, 3]) {
    const w = world(2)
    const a = await new TransportNode('a', w, { idByte }).start()
    const b = await new TransportNode('b', w, { idByte: 2 }).start()
    w.network.blackholes.add('b:4000')
    const toB = a.send('x', [b])
    await w.clock.advance(100)
    const toA = b.send('y', [a])
    await w.clock.advance(100)
    t.ok([toA, toB].every(d => d.isSettled && d.faulty.length === 0))
  }
})

t.test('two that dial each other’s address, not knowing who is there, keep one connection too', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const w = world(seed)
    const a = await new TransportNode('a', w).start()
    const b = await new TransportNode('b', w).start()
    const found = Promise.all([
      a.transport.sender.dial({ host: 'b', port: 4000 }),
      b.transport.sender.dial({ host: 'a', port: 4000 }),
    ])
    const [atB, atA] = await w.clock.until(found)
    await w.clock.advance(1000)
    t.strictSame([atB.id, atA.id, openPipes(w).length], [b.member.id, a.member.id, 1], `seed ${seed}`)
  }
})

t.test('a member that is found again by its address needs no second connection', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const b = await new TransportNode('b', w).start()
  await w.clock.until(a.transport.sender.dial(b.member))
  t.equal((await w.clock.until(b.transport.sender.dial(a.member))).id, a.member.id)
  await w.clock.advance(100)
  t.equal(openPipes(w).length, 1)
})

t.test('one’s own address answers with oneself', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  t.equal(await w.clock.until(a.transport.sender.dial(a.member)), a.member)
  await w.clock.advance(100)
  t.strictSame([a.events, a.log, openPipes(w).length], [[], [], 0])
})

t.test('a member of another cluster is refused, with one line a minute on both sides', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const b = await new TransportNode('b', w, { clusterName: 'dogs' }).start()
  for (let i = 0; i < 5; i++) {
    await t.rejects(w.clock.until(a.transport.sender.dial(b.member)), {
      code: 'TRIBES_HANDSHAKE_REFUSED',
      reason: 'other cluster',
    })
  }
  t.strictSame([a.log.length, b.log.length, a.events, b.events], [1, 1, [], []])
  t.match(b.log, [/refused a at a \(other cluster\)/])
  await w.clock.advance(60_000)
  await t.rejects(w.clock.until(a.transport.sender.dial(b.member)))
  t.equal(b.log.length, 2)
  t.equal(b.transport.stats.handshakesRefused, 6)
})

t.test('a member that restarted is not the one that was dialled', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const old = await new TransportNode('b', w).start()
  const gone = old.member
  await old.transport.receiver.stop()
  await new TransportNode('b', w).start()
  const timeouts = { connectTimeoutMs: 1000, readTestTimeoutMs: 1000, performReadTest: true }
  await t.rejects(w.clock.until(a.transport.sender.ask(gone, timeouts)), {
    code: 'TRIBES_MEMBER_UNREACHABLE',
    message: /other incarnation/,
  })
  const delivery = a.send('x', [gone])
  await w.clock.advance(50)
  t.match(delivery.faulty[0]?.cause.message, 'other incarnation', 'at once: trying again would not help')
})

t.test('another protocol is refused by name', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const { stream, seen } = await stranger(w, a)
  const hello = { type: 'hello', clusterName: 'cats', expected: undefined, member: a.member } as const
  stream.write([encodeFrame({ ...hello, lowestProtocol: 2, highestProtocol: 3 })])
  await w.clock.advance(100)
  t.match(seen.bytes.toString('latin1'), 'protocols 1 to 1 are spoken here')
  t.ok(seen.isClosed)
  t.match(a.log, [/other protocol/])
})

t.test('who says nothing is closed after two seconds, who says half a hello too', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const silent = await stranger(w, a)
  const slow = await stranger(w, a)
  slow.stream.write([Buffer.from([0, 0, 0, 100, 1, 1])])
  await w.clock.advance(1900)
  t.strictSame([silent.seen.isClosed, slow.seen.isClosed], [false, false])
  await w.clock.advance(200)
  t.strictSame([silent.seen.isClosed, slow.seen.isClosed], [true, true])
})

t.test('a refused stranger that does not close is closed', async t => {
  const w = world()
  const a = await new TransportNode('a', w, { clusterName: 'dogs' }).start()
  const { stream, seen } = await stranger(w, a)
  stream.pause()
  const hello = { type: 'hello', clusterName: 'cats', expected: undefined, member: a.member } as const
  stream.write([encodeFrame({ ...hello, lowestProtocol: 1, highestProtocol: 1 })])
  await w.clock.advance(2500)
  t.ok(seen.isClosed)
})

t.test('a flood of silent connections keeps no member out', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const b = await new TransportNode('b', w).start()
  for (let i = 0; i < 200; i++) {
    const stream = await w.clock.until(w.network.host('x').connect(a.member, 1000))
    stream.open({ data() {}, drained() {}, closed() {} })
  }
  t.ok(openPipes(w).length <= 66)
  t.equal((await w.clock.until(b.transport.sender.dial(a.member))).id, a.member.id)
})

t.test('garbage closes that stream, is logged once, and hurts nobody else', async t => {
  const w = world(9)
  const a = await new TransportNode('a', w).start()
  const b = await new TransportNode('b', w).start()
  await w.clock.until(b.transport.sender.dial(a.member))
  for (let i = 0; i < 100; i++) {
    const { stream, seen } = await stranger(w, a)
    stream.write([w.dice.fill(new Uint8Array(1 + w.dice.below(200)))])
    await w.clock.advance(2100)
    t.ok(seen.isClosed)
  }
  t.ok(a.log.length <= 5, 'a line a minute')
  t.ok(a.transport.stats.malformed > 20)
  const delivery = b.send('x', [a])
  await w.clock.advance(100)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.strictSame(b.events, ['connected a'])
})

t.test('frames before the handshake are malformed, whatever they are', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  for (const frame of [
    { type: 'ping', token: 1, view: 0 },
    { type: 'goodbye', isResting: false, isExpelling: false },
    { type: 'ack', receivedUpTo: 1, applied: [], failed: [] },
    { type: 'welcome', protocol: 1, member: a.member, isIntroduction: false },
  ] as const) {
    const { stream, seen } = await stranger(w, a)
    stream.write([encodeFrame(frame)])
    await w.clock.advance(10)
    t.ok(seen.isClosed, frame.type)
  }
  t.strictSame([a.transport.stats.malformed, a.events], [4, []])
})

t.test('a frame that begins and does not go on closes its connection after ten seconds', async t => {
  const w = world()
  const a = await new TransportNode('a', w).start()
  const { stream, seen } = await stranger(w, a)
  const uniqueId = new Uint8Array(16).fill(5)
  const member = { ...a.member, id: '05'.repeat(16), uniqueId, name: 'b' }
  const hello = { type: 'hello', clusterName: 'cats', lowestProtocol: 1, highestProtocol: 1, member } as const
  stream.write([encodeFrame({ ...hello, expected: a.member.uniqueId }), Buffer.from([0, 0, 1])])
  await w.clock.advance(9000)
  stream.write([Buffer.from([0])])
  await w.clock.advance(500)
  t.notOk(seen.isClosed)
  await w.clock.advance(1500)
  t.ok(seen.isClosed)
  t.strictSame(a.events, ['connected b', 'disconnected b'])
})

t.test('who asks again who is there is not answered again: the answers could be any number', async t => {
  const w = world(1)
  const a = await new TransportNode('a', w).start()
  const { stream, seen } = await stranger(w, a)
  const other = member({ ...a.member, uniqueId: new Uint8Array(16).fill(9), host: 'stranger', name: 'stranger' })
  const protocols = { lowestProtocol: 1, highestProtocol: 1 }
  const hello = encodeFrame({ type: 'hello', ...protocols, clusterName: 'cats', expected: undefined, member: other })
  stream.write([hello])
  await w.clock.advance(50)
  const once = seen.bytes.length
  t.ok(once > 0)
  stream.write(Array.from({ length: 1_000 }, () => hello))
  await w.clock.advance(50)
  t.equal(seen.bytes.length, once)
  t.ok(seen.isClosed)
  t.equal(a.transport.stats.malformed, 1)
})
