import t from 'tap'
import { otherIncarnation } from '../../src/incarnation.js'
import { member } from '../../src/member.js'
import { Dice } from '../support/dice.js'
import { TransportNode, world } from '../support/transport-node.js'

const TIMEOUTS = { connectTimeoutMs: 500, readTestTimeoutMs: 500, performReadTest: true }

async function pair() {
  const w = world()
  const a = await new TransportNode('a', w, { view: () => 17 }).start()
  const b = await new TransportNode('b', w, { view: () => 4 }).start()
  return { w, a, b }
}

t.test('a poke needs a connection, is answered, and both sides learn the digest of the other', async t => {
  const { w, a, b } = await pair()
  t.notOk(a.transport.sender.poke(b.member))
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  a.views.length = 0
  b.views.length = 0
  t.ok(a.transport.sender.poke(b.member))
  a.transport.sender.poke(b.member)
  await w.clock.advance(50)
  t.strictSame([a.views, b.views], [['b 4'], ['a 17']], 'two in one turn are one')
})

t.test('what one member tells of a third arrives as it was said, and not without a connection', async t => {
  const { w, a, b } = await pair()
  const { uniqueId, host, port } = b.member
  const frames = [
    { type: 'members', members: [{ uniqueId, host, port }] },
    { type: 'doubt', uniqueId },
    { type: 'vouch', uniqueId, ageMs: 12 },
  ] as const
  t.notOk(a.transport.sender.tell(b.member, frames[1]))
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  for (const frame of frames) t.ok(a.transport.sender.tell(b.member, frame))
  await w.clock.advance(50)
  t.strictSame(
    b.told,
    frames.map(frame => ({ from: 'a', frame })),
  )
})

t.test('a member that is dropped hears it, and can come back at once', async t => {
  const { w, a, b } = await pair()
  await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
  a.transport.sender.expel(b.member, new Error('silent'))
  await w.clock.advance(50)
  t.strictSame(b.events, ['connected a', 'expelled by a'])
  await w.clock.until(b.transport.sender.ask(a.member, TIMEOUTS))
  await w.clock.advance(5000)
  t.strictSame(a.events, ['connected b', 'connected b'])
  t.equal(w.network.pipes.size, 1, 'the old connection is gone')
})

t.test(
  'a member that stands still keeps its connection: it is asked at its address as well, and dropped by neither',
  async t => {
    const w = world()
    const a = await new TransportNode('a', w).start()
    const b = await new TransportNode('b', w).start()
    w.network.onPipe = pipe => void (pipe.isSilent = w.clock.now() > 100)
    await w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS))
    const [first] = w.network.pipes
    await w.clock.advance(200)
    first!.isSilent = true
    await t.rejects(w.clock.until(a.transport.sender.ask(b.member, TIMEOUTS)), { code: 'TRIBES_MEMBER_UNREACHABLE' })
    first!.isSilent = false
    t.notOk(a.events.includes('disconnected b'))
  },
)

t.test('a link that breaks as soon as it is up is dialled 2.5 times a second, whoever asks', async t => {
  const { w, a, b } = await pair()
  for (let i = 0; i < 2000; i++) {
    for (const pipe of [...w.network.pipes]) pipe.dialled.destroy()
    a.transport.sender.ask(b.member, TIMEOUTS).catch(() => {})
    await w.clock.advance(5)
  }
  t.ok(a.transport.stats.dials <= 35, `${a.transport.stats.dials} dials in 10 s`)
})

t.test(
  'whoever remembers an incarnation at another address exchanges nothing with its twin, and tells it so',
  async t => {
    const w = world()
    const uniqueId = new Uint8Array(16).fill(7)
    const a = await new TransportNode('a', w, { uniqueId }).start()
    const b = await new TransportNode('b', w, { uniqueId }).start()
    const c = await new TransportNode('c', w).start()
    a.send('from a', [c])
    await w.clock.advance(100)
    const delivery = b.send('from b', [c])
    await w.clock.advance(100)
    t.match(delivery.faulty, [{ member: { name: 'c' } }], 'not acknowledged')
    t.strictSame([c.bodies(), b.events], [['from a'], ['incarnation taken']])
    const refused = await w.clock.until(c.transport.sender.dial(b.member)).catch((error: unknown) => error)
    t.match(refused, { reason: 'other incarnation' })
    await w.clock.advance(100)
    t.match(b.told, [{ from: 'c', frame: { type: 'members', members: [{ host: 'a' }] } }])
    await w.clock.until(c.transport.sender.ask(a.member, TIMEOUTS))
    t.strictSame([c.bodies(), b.events], [['from a'], ['incarnation taken', 'connected c', 'disconnected c']])

    a.transport.sender.forget(c.member, new Error('a has another one'))
    await w.clock.advance(100)
    const asked = c.transport.sender.ask(b.member, TIMEOUTS)
    await t.rejects(w.clock.until(asked), { cause: { reason: 'other incarnation' } })
    await w.clock.advance(100)
    t.equal(b.told.length, 2, 'also when the other one is not connected')
  },
)

t.test('a process that has taken another incarnation tells its twin, whoever dials', async t => {
  const w = world()
  const uniqueId = new Uint8Array(16).fill(7)
  const a = await new TransportNode('a', w, { uniqueId }).start()
  const b = await new TransportNode('b', w, { uniqueId }).start()
  const previous = a.member
  const other = otherIncarnation(w.dice, previous)
  a.member = member({ ...previous, uniqueId: other })
  a.transport.sender.forgetAll(new Error('a twin'), previous)
  t.match(await w.clock.until(b.transport.sender.dial(a.member)).catch((error: unknown) => error), {
    reason: 'same incarnation',
  })
  t.strictSame([a.events, b.events], [[], ['incarnation taken']])
  t.match(await w.clock.until(a.transport.sender.dial(b.member)).catch((error: unknown) => error), {
    reason: 'other incarnation',
  })
  await w.clock.advance(100)
  t.match(b.told, [{ from: 'a', frame: { type: 'members', members: [{ uniqueId, host: 'a' }] } }])
  t.not(
    otherIncarnation(new Dice(1), a.member)[0],
    otherIncarnation(new Dice(1), b.member)[0],
    'also when chance falls alike',
  )
})

t.test('two processes with one incarnation are both told, whoever dials', async t => {
  const w = world()
  const uniqueId = new Uint8Array(16).fill(7)
  const a = await new TransportNode('a', w, { uniqueId }).start()
  const b = await new TransportNode('b', w, { uniqueId }).start()
  const failed = (node: TransportNode, other: TransportNode) =>
    w.clock.until(node.transport.sender.dial(other.member)).then(
      () => 'none',
      error => error.reason,
    )
  t.equal(await failed(b, a), 'same incarnation')
  t.strictSame([a.events, b.events], [['incarnation taken'], ['incarnation taken']])
  t.equal((await w.clock.until(a.transport.sender.dial(a.member))).id, a.member.id, 'oneself is no twin')
})
