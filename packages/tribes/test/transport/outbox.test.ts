import t from 'tap'
import { USE_ACK } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import { Outbox } from '../../src/transport/outbox.js'
import { testMember } from '../support/group-bottom.js'

const cat = testMember('cat', 2)

function pushed(outbox: Outbox, number: number, queuedAtMs: number): Delivery {
  const delivery = new Delivery([cat])
  const body = new Uint8Array(1)
  outbox.push({ number, options: USE_ACK, body, member: cat, delivery, queuedAtMs, failures: 0, state: 'queued' })
  return delivery
}

t.test('what was queued at that very moment, or before it, times out; what came later does not', t => {
  const outbox = new Outbox()
  const deliveries = [9, 10, 10, 11].map((queuedAtMs, i) => pushed(outbox, i + 1, queuedAtMs))
  t.equal(
    outbox.timeOutUnacknowledged(10, () => new Error('late')),
    3,
  )
  t.strictSame(
    deliveries.map(delivery => delivery.isSettled),
    [true, true, true, false],
  )
  t.end()
})

t.test('what waits behind thousands that are settled is found where it is', t => {
  const outbox = new Outbox()
  const deliveries = Array.from({ length: 2_000 }, (_, i) => pushed(outbox, i + 1, i))
  for (const untilMs of [1_499, 1_799, 1_999]) {
    outbox.timeOutUnacknowledged(untilMs, () => new Error('late'))
    t.equal(deliveries.filter(delivery => delivery.isSettled).length, untilMs + 1)
    t.equal(
      deliveries.findIndex(delivery => !delivery.isSettled),
      untilMs === 1_999 ? -1 : untilMs + 1,
    )
  }
  t.end()
})
