import t from 'tap'
import { ASYNCHRONOUS } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import type { Connection } from '../../src/transport/connection.js'
import { Outlet } from '../../src/transport/outlet.js'
import { DEFAULT_TRANSPORT_OPTIONS } from '../../src/transport/transport-options.js'
import { newTransportStats } from '../../src/transport/transport-stats.js'
import { testMember } from '../support/group-bottom.js'
import { TransportNode, world } from '../support/transport-node.js'

const cat = testMember('cat', 2)
const gone = () => new Error('gone')

/** What is written to it stays in its stream. */
function fullStream({ isEnough }: { readonly isEnough: boolean }) {
  const stream: Pick<Connection, 'write'> & { bufferedBytes: number } = { bufferedBytes: 1, write: () => !isEnough }
  return stream as Connection & { bufferedBytes: number }
}

/** A large message whose body the stream holds. */
function lent({ isEnough = true } = {}) {
  const components = { stats: newTransportStats(), caughtUp() {} }
  const outlet = new Outlet(components, { ...DEFAULT_TRANSPORT_OPTIONS, clusterName: 'cats' } as never)
  const stream = fullStream({ isEnough })
  const delivery = new Delivery([cat])
  const message = { number: 1, options: ASYNCHRONOUS, body: new Uint8Array(10_000), source: cat }
  outlet.opened(stream)
  outlet.offer(message, delivery, cat, 0)
  outlet.write([])
  return { outlet, stream, delivery }
}

t.test('a large body is given back when the stream has let go of it, and not before', t => {
  const { outlet, stream, delivery } = lent()
  outlet.timeOutUnwritten(-1)
  t.notOk(delivery.isSettled)
  stream.bufferedBytes = 0
  outlet.drained()
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.end()
})

t.test('so it is by a stream that has never had enough, and says nothing', t => {
  const { outlet, stream, delivery } = lent({ isEnough: false })
  outlet.timeOutUnwritten(-1)
  t.notOk(delivery.isSettled)
  stream.bufferedBytes = 0
  outlet.timeOutUnwritten(0)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.end()
})

t.test('what the stream of a member had that is forgotten has not failed', t => {
  const { outlet, delivery } = lent()
  outlet.forget(gone)
  t.ok(delivery.isSettled && delivery.faulty.length === 0)
  t.end()
})

t.test('a new connection is written to, although the one before had enough', t => {
  const { outlet } = lent()
  t.ok(outlet.isBlocked)
  outlet.opened(fullStream({ isEnough: false }))
  t.notOk(outlet.isBlocked)
  t.end()
})

/** A member that has stopped reading, and refuses what does not fit. */
async function behind() {
  const w = world(1, { kernelBytes: 1000 })
  const options = { maxQueueBytes: 10_000, timeoutMs: 60_000 }
  const [a, b] = await Promise.all(['a', 'b'].map(host => new TransportNode(host, w, options).start()))
  await w.clock.until(a!.transport.sender.dial(b!.member))
  const [pipe] = w.network.pipes
  pipe!.accepted.pause()
  const sent = [1, 2].map(() => a!.send(Buffer.alloc(9_000), [b!], 'asynchronous'))
  await w.clock.advance(10)
  return { w, a: a!, b: b!, pipe: pipe!, sent }
}

t.test('whoever was behind on a connection that broke, and to whom nothing is owed, is behind no more', async t => {
  const { w, a, pipe, sent } = await behind()
  t.strictSame(
    sent.map(delivery => delivery.faulty.length),
    [0, 1],
  )
  pipe.break()
  await w.clock.advance(10)
  t.ok(a.events.includes('caught up b'))
})

t.test('who stops does not wait for a member that is forgotten, although it took no more', async t => {
  const { w, a, b } = await behind()
  a.transport.sender.forget(b.member, gone())
  const sinceMs = w.clock.now()
  await w.clock.until(a.transport.sender.stop(), 10_000)
  t.ok(w.clock.now() - sinceMs < 100, `${w.clock.now() - sinceMs} ms`)
})
