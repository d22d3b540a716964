import t from 'tap'
import type { DeliveryGuarantee } from '../../src/channel-message.js'
import type { Delivery } from '../../src/delivery.js'
import { member } from '../../src/member.js'
import { type AckTimeoutError, type MemberUnreachableError, RemoteProcessError } from '../../src/transport/errors.js'
import { codes, type NodeOptions, TransportNode, type World, world } from '../support/transport-node.js'

const GUARANTEES: readonly DeliveryGuarantee[] = ['asynchronous', 'use-ack', 'synchronized-ack']
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)

async function pair(w: World, options: NodeOptions = {}) {
  const a = await new TransportNode('a', w, { idByte: 1, ...options }).start()
  const b = await new TransportNode('b', w, { idByte: 2, ...options }).start()
  return { a, b }
}

t.test('messages of every guarantee arrive in order and are accepted', async t => {
  for (const guarantee of GUARANTEES) {
    const w = world(3)
    const { a, b } = await pair(w)
    const deliveries = numbered(200).map(body => a.send(body, [b], guarantee))
    await w.clock.advance(500)
    t.ok(
      deliveries.every(d => d.isSettled && d.faulty.length === 0),
      guarantee,
    )
    t.strictSame(b.bodies(), numbered(200))
    t.equal(b.received[0]?.from, 'a')
  }
})

t.test('an asynchronous message is accepted when the stream has it, though nobody answers', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  for (const pipe of w.network.pipes) pipe.isSilent = true
  const delivery = a.send('x', [b], 'asynchronous')
  t.notOk(delivery.isSettled)
  await w.clock.advance(0)
  t.ok(delivery.isSettled)
})

t.test('a use-ack message is accepted on receipt, a synchronized one when the listener is done', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  let done = () => {}
  b.onMessage = () => new Promise<void>(resolve => (done = resolve))
  const received = a.send('x', [b], 'use-ack')
  const applied = a.send('y', [b], 'synchronized-ack')
  await w.clock.advance(100)
  t.ok(received.isSettled)
  t.notOk(applied.isSettled)
  done()
  await w.clock.advance(100)
  t.ok(applied.isSettled)
  t.strictSame(codes(applied), [])
})

t.test('listeners that finish in any order acknowledge exactly what they finished', async t => {
  const w = world(5)
  const { a, b } = await pair(w)
  const finish: (() => void)[] = []
  b.onMessage = () => new Promise<void>(resolve => finish.push(resolve))
  const deliveries = numbered(6).map(body => a.send(body, [b], 'synchronized-ack'))
  await w.clock.advance(100)
  const settled = () => deliveries.map(d => (d.isSettled ? 1 : 0)).join('')
  for (const [index, expected] of [
    [1, '010000'],
    [4, '010010'],
    [0, '110010'],
    [2, '111010'],
    [5, '111011'],
    [3, '111111'],
  ] as const) {
    finish[index]!()
    await w.clock.advance(100)
    t.equal(settled(), expected)
  }
})

t.test('a listener that throws or rejects fails that message at that member, once, and no other', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  b.onMessage = ({ body }) => {
    const text = Buffer.from(body).toString()
    if (text === 'throws') throw new Error('no such session')
    if (text === 'rejects') return Promise.reject(new Error('too late'))
    return undefined
  }
  const sent = ['fine', 'throws', 'rejects', 'fine too'].map(body => a.send(body, [b], 'synchronized-ack'))
  await w.clock.advance(200)
  t.strictSame(sent.map(codes), [[], ['TRIBES_REMOTE_PROCESS'], ['TRIBES_REMOTE_PROCESS'], []])
  const cause = sent[1]?.faulty[0]?.cause
  t.ok(cause instanceof RemoteProcessError && cause.reason === 'no such session' && cause.member.id === b.member.id)
  t.equal(b.received.length, 4, 'never delivered a second time')
  t.equal(b.log.length, 1, 'one line a minute')
})

t.test('a listener that throws on a message that waits for no acknowledgement is logged all the same', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  b.onMessage = () => {
    throw new Error('oops')
  }
  const delivery = a.send('x', [b], 'asynchronous')
  await w.clock.advance(100)
  t.strictSame(codes(delivery), [])
  t.match(b.log, [/oops/])
})

t.test('a member that never acknowledges fails with the timeout, by one timer for all', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  b.onMessage = () => new Promise(() => {})
  const sent = numbered(10).map(body => a.send(body, [b], 'synchronized-ack'))
  await w.clock.advance(100)
  const timers = w.clock.pendingTimers
  sent.push(...numbered(100).map(body => a.send(body, [b], 'synchronized-ack')))
  await w.clock.advance(0)
  t.ok(w.clock.pendingTimers <= timers + 2, 'no timer per message')
  await w.clock.advance(2800)
  t.notOk(sent.some(d => d.isSettled))
  await w.clock.advance(500)
  t.ok(sent.every(d => codes(d)[0] === 'TRIBES_ACK_TIMEOUT'))
  const cause = sent[0]?.faulty[0]?.cause as AckTimeoutError
  t.equal(cause.message, 'no ack within 3000 ms')
  t.equal(cause.member.id, b.member.id)
})

t.test('of three destinations, the one that cannot be reached is named and the others have the message', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  const c = await new TransportNode('c', w).start()
  const uniqueId = new Uint8Array(16).fill(9)
  const dead = member({ ...c.member, uniqueId, host: 'dead', port: 4000, name: 'dead' })
  const delivery = a.send('x', [b.member, dead, c.member], 'synchronized-ack')
  await w.clock.advance(50)
  t.strictSame([b.bodies(), c.bodies()], [['x'], ['x']], 'nobody waits for the dead one')
  await w.clock.advance(500)
  t.ok(delivery.isSettled)
  t.strictSame(
    delivery.faulty.map(f => f.member.name),
    ['dead'],
  )
  const cause = delivery.faulty[0]?.cause as MemberUnreachableError
  t.equal(cause.code, 'TRIBES_MEMBER_UNREACHABLE')
  t.equal((cause.cause as { code?: string }).code, 'ECONNREFUSED')
})

t.test(
  'a member that answers no connect fails when the dial has timed out, and nobody dials in a tight loop',
  async t => {
    const w = world(1)
    const { a, b } = await pair(w)
    w.network.blackholes.add('b:4000')
    const delivery = a.send('x', [b], 'use-ack')
    await w.clock.advance(3300)
    t.strictSame(codes(delivery), ['TRIBES_MEMBER_UNREACHABLE'])
    const dialsBefore = a.transport.stats.dials
    for (let i = 0; i < 1000; i++) {
      a.send('y', [b])
      await w.clock.advance(1)
    }
    t.ok(a.transport.stats.dials - dialsBefore <= 2)
  },
)

t.test('small messages of one turn leave in one write, and their acknowledgements come in one', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  await w.clock.advance(10)
  const before = { a: a.transport.stats.writes, sent: a.transport.stats.messagesSent }
  for (const body of numbered(100)) a.send(body, [b])
  await w.clock.advance(0)
  t.equal(a.transport.stats.writes - before.a, 1)
  t.equal(a.transport.stats.messagesSent - before.sent, 100)
  await w.clock.advance(100)
  t.ok(b.transport.stats.acksSent < 20)
})

t.test('an acknowledgement is said once', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  for (const body of numbered(6)) {
    const delivery = a.send(body, [b], 'synchronized-ack')
    await w.clock.advance(100)
    t.ok(delivery.isSettled)
  }
  t.equal(b.transport.stats.acksSent, 6)
  t.equal(a.transport.stats.acksReceived, 6)
})

t.test('a body of any size arrives whole, and a large one is not copied', async t => {
  const w = world(7, { kernelBytes: 5000 })
  const { a, b } = await pair(w)
  const bodies = [0, 1, 8191, 8192, 8193, 70_000, 500_000, 3].map(size => Buffer.alloc(size, size % 251))
  const deliveries = GUARANTEES.flatMap(guarantee => bodies.map(body => a.send(body, [b], guarantee)))
  await w.clock.advance(2000)
  t.strictSame(b.bodies(), [...bodies, ...bodies, ...bodies].map(String))
  t.ok(deliveries.every(d => d.isSettled && d.faulty.length === 0))
})

t.test('an asynchronous body that went by reference is not given back before the kernel has it', async t => {
  const w = world(7, { kernelBytes: 5000 })
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  const body = Buffer.alloc(100_000, 'x')
  a.send(Buffer.alloc(100_000, 'y'), [b], 'asynchronous')
  const delivery = a.send(body, [b], 'asynchronous')
  delivery.observe({ settled: () => void body.fill('!') })
  await w.clock.advance(3000)
  t.ok(delivery.isSettled)
  t.equal(b.received[1]?.body, 'x'.repeat(100_000))
})

t.test('a message longer than a frame may be is refused with what to do', async t => {
  const w = world(1)
  const { a, b } = await pair(w, { maxFrameBytes: 1000 })
  const delivery = a.send(Buffer.alloc(991), [b])
  t.strictSame(codes(delivery), ['TRIBES_MESSAGE_TOO_LARGE'])
  const fits = a.send(Buffer.alloc(990), [b])
  await w.clock.advance(100)
  t.strictSame(codes(fits), [])
  t.ok(fits.isSettled)
})

t.test('bytes from a member are a sign of life once per chunk', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  for (const body of numbered(100)) a.send(body, [b], 'asynchronous')
  await w.clock.advance(100)
  t.ok(b.heardChunks >= 1 && b.heardChunks < 20)
})

t.test('a member whose messages pile up with our listeners is not read until half are done', async t => {
  const w = world(1)
  // Each counts 256 bytes of bookkeeping besides its own.
  const { a, b } = await pair(w, { maxInFlightBytes: 10 * 356, timeoutMs: 60_000 })
  const finish: (() => void)[] = []
  b.onMessage = () => new Promise<void>(resolve => finish.push(resolve))
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  for (let i = 0; i < 11; i++) a.send(Buffer.alloc(100), [b], 'synchronized-ack')
  await w.clock.advance(100)
  t.ok(pipe!.accepted.isPaused)
  for (const done of finish.splice(0, 5)) done()
  await w.clock.advance(10)
  t.ok(pipe!.accepted.isPaused)
  finish.splice(0, 1)[0]!()
  await w.clock.advance(10)
  t.notOk(pipe!.accepted.isPaused)
  t.equal(b.transport.stats.readingPaused, 1)
})

t.test('a member that connects anew while its messages still pile up is not read either', async t => {
  const w = world(1)
  const { a, b } = await pair(w, { maxInFlightBytes: 10 * 356, timeoutMs: 60_000 })
  b.onMessage = () => new Promise<void>(() => {})
  for (let connection = 1; connection <= 2; connection++) {
    for (let i = 0; i < 11; i++) a.send(Buffer.alloc(100), [b], 'asynchronous')
    await w.clock.advance(500)
    const [pipe] = w.network.pipes
    t.ok(pipe!.accepted.isPaused)
    t.equal(b.transport.stats.readingPaused, connection)
    pipe!.break()
  }
})

t.test('a member that does not read what became of its messages is not read either, until it does', async t => {
  const w = world(1, { kernelBytes: 4_096 })
  const { a, b } = await pair(w, { maxInFlightBytes: 10_000, timeoutMs: 60_000 })
  b.onMessage = () => {
    throw new Error('on purpose')
  }
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  pipe!.dialled.pause()
  const deliveries: Delivery[] = []
  for (let i = 0; i < 1_000; i++) {
    deliveries.push(a.send(Buffer.alloc(100), [b], 'synchronized-ack'))
    await w.clock.advance(1)
  }
  t.ok(pipe!.accepted.isPaused)
  t.ok(b.received.length < 500, `${b.received.length}`)
  pipe!.dialled.resume()
  await w.clock.advance(1_000)
  t.notOk(pipe!.accepted.isPaused)
  t.equal(b.received.length, 1_000)
  t.ok(deliveries.every(({ isSettled, faulty }) => isSettled && faulty.length === 1))
})

t.test('a thousand tiny messages with our listeners count what they cost, not what they carry', async t => {
  const w = world(1)
  const { a, b } = await pair(w, { maxInFlightBytes: 100_000, timeoutMs: 60_000 })
  b.onMessage = () => new Promise<void>(() => {})
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  for (let i = 0; i < 1000; i++) {
    a.send('x', [b], 'asynchronous')
    await w.clock.advance(1)
  }
  t.ok(pipe!.accepted.isPaused)
  t.ok(b.received.length < 500, `${b.received.length}`)
})
