import t from 'tap'
import { LockHearing } from '../../src/lock/lock-hearing.js'
import { VirtualTime } from '../support/virtual-time.js'

const LEASE_MS = 3_000

t.test('a home that went on without having heard a member is not sure of its locks for a minute', async t => {
  const time = new VirtualTime()
  const near = { id: 'near' }
  let members: readonly { readonly id: string }[] = [near]
  let settled = 0
  const components = {
    clock: { now: () => time.nowMs, setTimer: (ms: number, fire: () => void) => time.after(ms, fire) },
    peers: { members: () => members, send() {} },
    // It was never the home itself, but may have held what is given here now.
    placement: { outranks: () => false, view: 1 },
    replicas: { hybridClock: { last: 1, before: () => 0 } },
    settled: () => settled++,
  }
  const hearing = new LockHearing(components as never, LEASE_MS)
  hearing.viewChanged({ id: 'near', is: 'here' })
  t.equal(hearing.freeAtMs(7), Number.POSITIVE_INFINITY)
  await time.advance(2 * LEASE_MS)
  t.equal(settled, 1, 'it has waited for long enough')
  members = []
  hearing.viewChanged({ id: 'near', is: 'lost' })
  t.notOk(hearing.isCertain(7), 'nobody will say any more what was held')
  t.ok(hearing.highestUnheard(7) > 0)
  await time.advance(61_000)
  t.ok(hearing.isCertain(7))
})
