import fc from 'fast-check'
import t from 'tap'
import type { DeliveryGuarantee } from '../../src/channel-message.js'
import type { Delivery } from '../../src/delivery.js'
import { codes, type NodeOptions, TransportNode, type World, world } from '../support/transport-node.js'

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`)

async function pair(w: World, options: NodeOptions = {}) {
  const a = await new TransportNode('a', w, { idByte: 1, ...options }).start()
  const b = await new TransportNode('b', w, { idByte: 2, ...options }).start()
  return { a, b }
}

t.test('a connection that breaks after any byte, either way, loses, doubles and reorders nothing', async t => {
  for (const direction of ['dialled', 'accepted'] as const) {
    for (let bytes = 1; bytes < 220; bytes++) {
      const w = world(bytes)
      const { a, b } = await pair(w)
      w.network.onPipe = pipe => {
        pipe[direction].breakAfterBytes = bytes
        w.network.onPipe = () => {}
      }
      const guarantees: DeliveryGuarantee[] = ['use-ack', 'synchronized-ack', 'use-ack', 'synchronized-ack']
      const deliveries = guarantees.map((guarantee, i) => a.send(`m${i}`, [b], guarantee))
      await w.clock.advance(2500)
      const label = `${direction} ${bytes}`
      if (!deliveries.every(d => d.isSettled && d.faulty.length === 0)) t.fail(`${label}: ${deliveries.map(codes)}`)
      if (b.bodies().join() !== 'm0,m1,m2,m3') t.fail(`${label}: ${b.bodies()}`)
    }
  }
  t.pass('438 breaks')
})

t.test(
  'messages whose acknowledgement was written and lost are acknowledged again with what they were, not delivered again',
  async t => {
    const w = world(1)
    const { a, b } = await pair(w)
    await w.clock.until(a.transport.sender.dial(b.member))
    await w.clock.advance(10)
    const [pipe] = w.network.pipes
    b.onMessage = ({ number }) => {
      if (number === 1) w.clock.setTimer(0.5, () => pipe!.break())
      if (number === 3) throw new Error('unlucky')
    }
    const deliveries = numbers(5).map(body => a.send(body, [b], 'synchronized-ack'))
    await w.clock.advance(500)
    t.ok(b.transport.stats.acksSent >= 2)
    t.strictSame(deliveries.map(codes), [[], [], ['TRIBES_REMOTE_PROCESS'], [], []])
    t.strictSame(b.bodies(), numbers(5))
    t.strictSame([a.transport.stats.messagesResent, b.transport.stats.duplicatesDropped], [5, 5])
  },
)

t.test('an outcome that was not yet written when the connection broke is the first thing on the next one', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  b.onMessage = () => {
    pipe!.break()
    throw new Error('no')
  }
  const delivery = a.send('one', [b], 'synchronized-ack')
  await w.clock.advance(500)
  t.strictSame([codes(delivery), b.bodies()], [['TRIBES_REMOTE_PROCESS'], ['one']])
})

t.test('what became of more failures than are remembered is not called a success', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  await w.clock.until(a.transport.sender.dial(b.member))
  await w.clock.advance(10)
  const [pipe] = w.network.pipes
  b.onMessage = ({ number }) => {
    if (number === 1) w.clock.setTimer(0.5, () => pipe!.break())
    throw new Error('unlucky')
  }
  const deliveries = numbers(400).map(body => a.send(body, [b], 'synchronized-ack'))
  await w.clock.advance(1000)
  t.ok(deliveries.every(d => codes(d)[0] === 'TRIBES_REMOTE_PROCESS'))
  t.match(deliveries[0]!.faulty, [{ cause: { message: /outcome forgotten/ } }])
  t.match(deliveries[399]!.faulty, [{ cause: { message: /unlucky/ } }])
})

t.test('a listener that is still busy when the connection breaks acknowledges over the next one', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  let finish = () => {}
  b.onMessage = () => new Promise<void>(resolve => (finish = resolve))
  const delivery = a.send('one', [b], 'synchronized-ack')
  await w.clock.advance(50)
  w.network.breakAll()
  await w.clock.advance(500)
  t.notOk(delivery.isSettled)
  finish()
  await w.clock.advance(50)
  t.strictSame([delivery.isSettled, codes(delivery), b.bodies()], [true, [], ['one']])
})

t.test('a message bears as many breaks as maxRetryAttempts, then it fails with the reason', async t => {
  for (const maxRetryAttempts of [0, 1, 3]) {
    const w = world(1)
    const { a, b } = await pair(w, { maxRetryAttempts, timeoutMs: 20_000 })
    b.onMessage = () => new Promise(() => {})
    const delivery = a.send('one', [b], 'synchronized-ack')
    let breaks = 0
    for (; !delivery.isSettled && breaks < 10; breaks++) {
      await w.clock.advance(1500)
      w.network.breakAll()
      await w.clock.advance(1)
    }
    t.equal(breaks, maxRetryAttempts + 1)
    t.strictSame(codes(delivery), ['TRIBES_MEMBER_UNREACHABLE'])
    t.match(delivery.faulty[0]?.cause.message, 'ECONNRESET')
  }
})

t.test('what was queued and never written bears a break without counting it', async t => {
  const w = world(1, { kernelBytes: 1000 })
  const { a, b } = await pair(w, { maxRetryAttempts: 0 })
  await w.clock.until(a.transport.sender.dial(b.member))
  const [pipe] = w.network.pipes
  pipe!.accepted.pause()
  const first = a.send(Buffer.alloc(5000), [b])
  await w.clock.advance(10)
  const second = a.send('queued', [b])
  await w.clock.advance(10)
  pipe!.break()
  await w.clock.advance(500)
  t.strictSame([codes(first), codes(second), b.bodies()], [['TRIBES_MEMBER_UNREACHABLE'], [], ['queued']])
})

t.test('an asynchronous message that the stream had when it broke is accepted and does not leave again', async t => {
  for (const bytes of [5000, 9000]) {
    const w = world(1, { kernelBytes: 1000 })
    const { a, b } = await pair(w)
    await w.clock.until(a.transport.sender.dial(b.member))
    const [pipe] = w.network.pipes
    pipe!.accepted.pause()
    const delivery = a.send(Buffer.alloc(bytes), [b], 'asynchronous')
    await w.clock.advance(10)
    pipe!.break()
    t.strictSame([delivery.isSettled, codes(delivery)], [true, []])
    await w.clock.advance(1500)
    t.strictSame([a.transport.stats.messagesResent, b.bodies()], [0, []])
  }
})

t.test('a peer that hangs up right after each handshake is not dialled in a tight loop', async t => {
  const w = world(1)
  const { a, b } = await pair(w)
  w.network.onPipe = pipe => void w.clock.setTimer(4, () => pipe.break())
  for (let i = 0; i < 2000; i++) {
    a.send('x', [b])
    await w.clock.advance(1)
  }
  t.ok(a.transport.stats.dials < 15, `${a.transport.stats.dials} dials in two seconds`)
})

type Step =
  | readonly ['send' | 'reply', DeliveryGuarantee, number]
  | readonly ['wait', number]
  | readonly ['break']
  | readonly ['silence']
  | readonly ['stall', boolean]

const guarantee = fc.constantFrom<DeliveryGuarantee>('asynchronous', 'use-ack', 'synchronized-ack')
const size = fc.constantFrom(0, 10, 1000, 9000, 40_000)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom('send' as const, 'reply' as const), guarantee, size) },
  { weight: 5, arbitrary: fc.tuple(fc.constant('wait' as const), fc.constantFrom(0, 1, 2, 5, 30, 300, 2000)) },
  { weight: 2, arbitrary: fc.constant(['break'] as const) },
  { weight: 1, arbitrary: fc.constant(['silence'] as const) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('stall' as const), fc.boolean()) },
)

async function run(seed: number, steps: readonly Step[]): Promise<string | undefined> {
  const w = world(seed, { kernelBytes: 3000 })
  const { a, b } = await pair(w, { maxQueueBytes: 100_000, keepAliveCount: 7 })
  let isStalled = false
  const open: (() => void)[] = []
  b.onMessage = ({ number }) => {
    if (number % 7 === 3) throw new Error('unlucky')
    return isStalled ? new Promise<void>(resolve => open.push(resolve)) : undefined
  }
  const sent: {
    from: TransportNode
    to: TransportNode
    guarantee: DeliveryGuarantee
    number: number
    delivery: Delivery
  }[] = []
  const counts = new Map([a, b].map(node => [node, 0]))
  for (const [what, ...rest] of steps) {
    if (what === 'wait') await w.clock.advance(rest[0] as number)
    if (what === 'break') w.network.breakAll()
    if (what === 'silence') for (const pipe of w.network.pipes) pipe.isSilent = true
    if (what === 'stall') isStalled = rest[0] as boolean
    if (!isStalled) for (const done of open.splice(0)) done()
    if (what !== 'send' && what !== 'reply') continue
    const [guarantee, bytes] = rest as [DeliveryGuarantee, number]
    const [from, to] = what === 'send' ? [a, b] : [b, a]
    const number = counts.get(from)! + 1
    counts.set(from, number)
    sent.push({ from, to, guarantee, number, delivery: from.send(Buffer.alloc(bytes, number), [to], guarantee) })
  }
  await w.clock.advance(10_000)
  for (const done of open.splice(0)) done()
  await w.clock.advance(10_000)
  return faultOf(a, b, sent)
}

function faultOf(
  a: TransportNode,
  b: TransportNode,
  sent: { to: TransportNode; guarantee: DeliveryGuarantee; number: number; delivery: Delivery }[],
) {
  for (const node of [a, b]) {
    const numbers = node.received.map(r => r.number)
    if (numbers.some((number, i) => i > 0 && number <= numbers[i - 1]!)) return `${node.host} received ${numbers}`
  }
  for (const { to, guarantee, number, delivery } of sent) {
    if (!delivery.isSettled) return `${guarantee} ${number} to ${to.host} never settled`
    const isAccepted = delivery.faulty.length === 0
    const isReceived = to.received.some(r => r.number === number)
    if (isAccepted && guarantee !== 'asynchronous' && !isReceived)
      return `${number} to ${to.host} was accepted and never came`
    const hasThrown = to.host === 'b' && number % 7 === 3 && isReceived
    if (isAccepted && guarantee === 'synchronized-ack' && hasThrown)
      return `${number} was accepted, but its listener threw`
  }
  return undefined
}

t.test(
  'any schedule of sends, breaks, silences and slow listeners delivers in order, once, and tells the truth',
  async t => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1_000_000), fc.array(step, { minLength: 5, maxLength: 60 }), async (seed, steps) => {
        const fault = await run(seed, steps)
        if (fault !== undefined) throw new Error(fault)
      }),
      // RUNS=50000 for a night's worth of schedules
      { numRuns: Number(process.env.RUNS ?? 100) },
    )
    t.pass('every schedule')
  },
)
