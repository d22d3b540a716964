import t from 'tap'
import { Delivery } from '../../src/delivery.js'
import { codes, type NodeOptions, TransportNode, type World, world } from '../support/transport-node.js'

async function three(w: World, options: NodeOptions) {
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map(host => new TransportNode(host, w, options).start()))
  return { a: a!, b: b!, c: c! }
}

t.test(
  'a member that does not read is behind: refused at once, nobody else delayed, told when it has caught up',
  async t => {
    const w = world(1, { kernelBytes: 1000 })
    const { a, b, c } = await three(w, { maxQueueBytes: 10_000, timeoutMs: 60_000 })
    await w.clock.until(a.transport.sender.dial(b.member))
    const [pipe] = w.network.pipes
    pipe!.accepted.pause()
    const toB = Array.from({ length: 30 }, (_, i) => a.send(`${i}`.padEnd(1000), [b], 'asynchronous'))
    const refused = toB.filter(d => codes(d)[0] === 'TRIBES_MEMBER_BEHIND').length
    t.ok(refused > 15, `${refused} refused in the same turn`)
    t.equal(a.transport.stats.messagesRefused, refused)
    await w.clock.advance(500)
    t.strictSame(codes(a.send('small', [b])), ['TRIBES_MEMBER_BEHIND'], 'later and smaller ones too')

    const toC = a.send('hello', [c])
    await w.clock.advance(50)
    t.ok(toC.isSettled && toC.faulty.length === 0)
    t.notOk(a.events.includes('caught up b'))

    pipe!.accepted.resume()
    await w.clock.advance(500)
    t.strictSame(
      a.events.filter(e => e === 'caught up b'),
      ['caught up b'],
    )
    t.equal(b.received.length, 30 - refused)
    const after = a.send('after', [b])
    await w.clock.advance(50)
    t.ok(after.isSettled && after.faulty.length === 0)
  },
)

t.test('what is sent and not acknowledged counts as well', async t => {
  const w = world(1)
  const { a, b } = await three(w, { maxQueueBytes: 10_000, timeoutMs: 60_000 })
  let finish = () => {}
  b.onMessage = () => new Promise<void>(resolve => (finish = resolve))
  a.send(Buffer.alloc(9000), [b], 'synchronized-ack')
  await w.clock.advance(100)
  t.strictSame(codes(a.send(Buffer.alloc(900), [b], 'synchronized-ack')), ['TRIBES_MEMBER_BEHIND'])
  b.onMessage = () => {}
  finish()
  await w.clock.advance(100)
  t.ok(a.events.includes('caught up b'))
})

t.test('a thousand tiny messages count what they cost, not what they carry', async t => {
  const w = world(1)
  const { a, b } = await three(w, { maxQueueBytes: 100_000 })
  const sent = Array.from({ length: 1000 }, () => a.send('x', [b]))
  t.ok(sent.some(d => codes(d)[0] === 'TRIBES_MEMBER_BEHIND'))
})

t.test('a member that is forgotten while behind does not catch up', async t => {
  const w = world(1, { kernelBytes: 1000 })
  const { a, b } = await three(w, { maxQueueBytes: 10_000 })
  const sent = Array.from({ length: 30 }, () => a.send(Buffer.alloc(1000), [b]))
  a.transport.sender.forget(b.member, new Error('gone'))
  await w.clock.advance(1000)
  t.ok(sent.every(d => d.isSettled))
  t.notOk(a.events.includes('caught up b'))
})

t.test('an asynchronous message that the stream has not taken in time fails, and its member is behind', async t => {
  const w = world(1, { kernelBytes: 1000 })
  const { a, b } = await three(w, {})
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  pipe!.accepted.pause()
  const first = a.send(Buffer.alloc(5000), [b], 'asynchronous')
  await w.clock.advance(10)
  const second = a.send('waits', [b], 'asynchronous')
  await w.clock.advance(3500)
  t.strictSame([codes(first), codes(second)], [[], ['TRIBES_MEMBER_BEHIND']])
  t.strictSame(codes(a.send('too', [b])), ['TRIBES_MEMBER_BEHIND'])
  pipe!.accepted.resume()
  await w.clock.advance(500)
  t.ok(a.events.includes('caught up b'))
  t.strictSame(b.received.length, 1)
})

t.test(
  'whoever hears that one member is behind may send at once, and all others have both messages in order',
  async t => {
    const w = world(1)
    const { a, b, c } = await three(w, { maxQueueBytes: 1000, timeoutMs: 60_000 })
    a.send(Buffer.alloc(900), [b])
    const first = new Delivery([b.member, c.member])
    let second: Delivery | undefined
    first.observe({ memberFailed: () => (second = a.send('second', [c])) })
    a.sendAs('first', first)
    await w.clock.advance(100)
    t.strictSame([c.bodies(), codes(first)], [['first', 'second'], ['TRIBES_MEMBER_BEHIND']])
    t.ok(first.isSettled && second?.isSettled)
  },
)
