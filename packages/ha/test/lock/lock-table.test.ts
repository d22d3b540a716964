import t from 'tap'
import { type Claim, type GrantTerms, LockTable, leaseAtHomeMs, REMEMBERED_MS } from '../../src/lock/lock-table.js'
import { stampLater } from '../../src/state/hybrid-clock.js'
import type { VersionToken } from '../../src/state/version-token.js'

const LEASE_MS = 1_000
const ID = 's'
const left = (counter: number): VersionToken => ({ dots: [{ actor: 'somebody', counter }], stamp: counter })

function claim(owner: string, number = 1, more: Partial<Claim> = {}): Claim {
  return { owner, number, leaseMs: LEASE_MS, patienceMs: 10_000, stamp: 0, ...more }
}

function terms(more: Partial<GrantTerms> = {}): GrantTerms {
  let last = 100
  return {
    fenceAbove: stamp => {
      last = Math.max(last, stamp) + 1
      return last
    },
    isPresent: () => true,
    isCertain: () => true,
    highestUnheard: () => 0,
    ...more,
  }
}

t.test('a free lock is given at once, and to the next in the order of asking when it is given back', async t => {
  const table = new LockTable()
  const home = terms()
  for (const owner of ['a', 'b', 'c']) t.ok(table.ask(ID, claim(owner), 0))
  const first = table.grantNext(ID, 0, home)!
  t.match(first, { owner: 'a', waitedMs: 0, isCertain: true })
  t.equal(table.grantNext(ID, 10, home), undefined)
  table.release(ID, first, { fence: first.fence, left: left(1), isCertain: true }, 20)
  const second = table.grantNext(ID, 20, home)!
  t.match(second, { owner: 'b', waitedMs: 20, left: left(1), isCertain: true })
  t.ok(second.fence > first.fence)
  t.equal(table.waiting, 1)
})

t.test('who asks twice with one number waits once, and is given the same grant again', async t => {
  const table = new LockTable()
  const home = terms()
  for (const owner of ['a', 'a', 'b', 'b']) table.ask(ID, claim(owner), 0)
  const grant = table.grantNext(ID, 5, home)
  table.ask(ID, claim('a'), 7)
  t.equal(table.waiting, 1)
  t.equal(table.grantOf(ID, claim('a')), grant)
  t.equal(table.grantOf(ID, claim('a', 2)), undefined)
})

t.test(
  'a lease that is not renewed ends, a little later here than at its holder, and the next cannot be certain',
  async t => {
    const table = new LockTable()
    const home = terms()
    table.ask(ID, claim('a', 1, { stamp: 5_000_000 }), 0)
    table.ask(ID, claim('b'), 0)
    table.grantNext(ID, 0, home)
    const endsMs = leaseAtHomeMs(LEASE_MS)
    t.equal(table.dueMs(ID), endsMs)
    t.ok(endsMs > LEASE_MS)
    t.equal(table.grantNext(ID, endsMs - 1, home), undefined)
    const next = table.grantNext(ID, endsMs, home)!
    t.match(next, { owner: 'b', isCertain: false })
    t.ok(next.fence > stampLater(5_000_000, endsMs), 'above all that the former holder can have stamped')
    t.match(table.counts, { granted: 2, overrun: 1 })
  },
)

t.test('a renewed lease runs on; one that nobody took meanwhile comes to life again; any other is lost', async t => {
  const table = new LockTable()
  const home = terms()
  table.ask(ID, claim('a'), 0)
  const { fence } = table.grantNext(ID, 0, home)!
  t.ok(table.renew(ID, { ...claim('a'), fence, isHeld: true }, 900))
  table.ask(ID, claim('b'), 1_000)
  t.equal(table.grantNext(ID, 1_500, home), undefined)
  t.notOk(table.renew(ID, { ...claim('b'), fence, isHeld: true }, 1_500), 'not the holder')
  t.ok(table.renew(ID, { ...claim('a'), fence, isHeld: false }, 5_000), 'ended, and still free')
  t.equal(table.grantNext(ID, 5_001, home), undefined)
  t.match(table.grantNext(ID, 9_000, home), { owner: 'b' })
  t.notOk(table.renew(ID, { ...claim('a'), fence, isHeld: false }, 9_001))
})

t.test('who is late with giving back takes nothing from the next holder', async t => {
  const table = new LockTable()
  const home = terms()
  table.ask(ID, claim('a'), 0)
  table.ask(ID, claim('b'), 0)
  const first = table.grantNext(ID, 0, home)!
  const second = table.grantNext(ID, 5_000, home)!
  table.release(ID, first, { fence: first.fence, left: left(1), isCertain: true }, 5_001)
  t.equal(table.grantOf(ID, claim('b')), second)
})

t.test('whoever has gone or lost patience is passed over; who takes the question back leaves the queue', async t => {
  const table = new LockTable()
  table.ask(ID, claim('gone'), 0)
  table.ask(ID, claim('impatient', 1, { patienceMs: 100 }), 0)
  table.ask(ID, claim('wavering'), 0)
  table.ask(ID, claim('patient'), 0)
  table.release(ID, claim('wavering'), { fence: 0, left: left(0), isCertain: false }, 50)
  t.match(table.grantNext(ID, 200, terms({ isPresent: owner => owner !== 'gone' })), { owner: 'patient' })
})

t.test('the queue is bounded, and those whose time is over make room', async t => {
  const table = new LockTable()
  for (let number = 0; number < 100; number++) t.ok(table.ask(ID, claim('a', number, { patienceMs: 50 }), 0))
  t.notOk(table.ask(ID, claim('b'), 10))
  t.match(table.counts, { full: 1 })
  t.ok(table.ask(ID, claim('b'), 60))
  t.equal(table.waiting, 1)
})

t.test('what the last holder left is remembered for a while, and the memory is bounded', async t => {
  const table = new LockTable()
  const home = terms()
  const lockOnce = (id: string, nowMs: number, more: Partial<GrantTerms> = {}) => {
    table.ask(id, claim('a'), nowMs)
    const grant = table.grantNext(id, nowMs, { ...home, ...more })!
    table.release(id, grant, { fence: grant.fence, left: left(7), isCertain: true }, nowMs)
    return grant
  }
  lockOnce(ID, 0)
  t.match(lockOnce(ID, 10), { left: left(7), isCertain: true })
  lockOnce('other', 10 + REMEMBERED_MS)
  t.match(lockOnce(ID, 20 + REMEMBERED_MS), { left: { dots: [] }, isCertain: true })
  t.match(lockOnce('new', 20 + REMEMBERED_MS, { isCertain: () => false }), { isCertain: false })
  for (let n = 0; n < 10_100; n++) lockOnce(`many ${n}`, 100_000)
  t.ok(table.remembered <= 10_000)
  t.match(lockOnce('many 0', 100_001), { isCertain: false }, 'forgotten before its time')
})

t.test('what a former home or a holder tells is taken when its fence is the greater one', async t => {
  const table = new LockTable()
  const home = terms()
  const known = { id: ID, owner: 'a', number: 4, fence: 1_000, leaseMs: 500, left: left(3) }
  table.learn(known, 0, true)
  table.ask(ID, claim('b'), 0)
  t.equal(table.grantNext(ID, 100, home), undefined)
  table.release(ID, known, { fence: 1_000, left: left(4), isCertain: true }, 200)
  table.learn(known, 210, true)
  const grant = table.grantNext(ID, 210, home)!
  t.match(grant, { owner: 'b', left: left(4), isCertain: true })
  t.ok(grant.fence > 1_000)
  t.ok(table.renew('unknown', { ...claim('c'), fence: 50, isHeld: true }, 0), 'given by a home that is gone')
  const ended = { ...claim('c'), fence: 50, isHeld: false }
  t.notOk(table.renew('ended', ended, 0), 'others may have had it since')
  t.notOk(table.renew('unknown', ended, 5_000), 'nor does who was told of it know')
  table.learn({ ...known, id: 'free', owner: '', number: 0 }, 0, true)
  table.ask('free', claim('b'), 0)
  t.match(table.grantNext('free', 0, home), { left: left(3), isCertain: true })
  table.learn({ ...known, id: 'not given here', owner: '', number: 0 }, 0, false)
  t.match(
    table.takeOut(id => id === 'not given here', 0).known,
    [{ owner: '', fence: 1_000, left: left(3) }],
    'kept for whoever gives it',
  )
  table.learn({ ...known, id: 'given here later', owner: '', number: 0 }, 0, false)
  table.ask('given here later', claim('b'), 0)
  const later = table.grantNext('given here later', 0, terms({ highestUnheard: () => 5_000 }))!
  t.match(later, { isCertain: false }, 'others may have given it since')
  t.ok(later.fence > 5_000)
})

t.test(
  'the fence of a lock of which this node cannot have heard is above all that its holder can have stamped',
  async t => {
    const table = new LockTable()
    table.ask(ID, claim('a'), 0)
    const { fence } = table.grantNext(ID, 0, terms({ isCertain: () => false, highestUnheard: () => 5_000 }))!
    t.ok(fence > 5_000)
    table.ask('other', claim('a'), 0)
    t.ok(
      table.grantNext('other', 0, terms({ highestUnheard: () => 5_000 }))!.fence < 5_000,
      'nobody can have had this one',
    )
  },
)

t.test('of who waits long the clock counts from when it asked last', async t => {
  const table = new LockTable()
  const home = terms()
  const endsMs = leaseAtHomeMs(LEASE_MS)
  for (const owner of ['a', 'b', 'c']) table.ask(ID, claim(owner, 1, { stamp: 5_000_000 }), 0)
  table.grantNext(ID, 0, home)
  table.ask(ID, claim('b', 1, { stamp: 6_000_000 }), 900)
  const second = table.grantNext(ID, endsMs, home)!
  t.equal(second.owner, 'b')
  const third = table.grantNext(ID, 2 * endsMs, home)!
  const highest = stampLater(Math.max(second.fence, 6_000_000), LEASE_MS + 2 * endsMs - 900)
  t.match(third, { owner: 'c', fence: highest + 1 })
})

t.test('locks that another home gives now are taken out, with those who wait for them', async t => {
  const table = new LockTable()
  const home = terms()
  for (const id of ['mine', 'held', 'free']) table.ask(id, claim('a'), 0)
  for (const id of ['mine', 'held', 'free']) table.grantNext(id, 0, home)
  table.ask('held', claim('b', 9), 0)
  const { fence } = table.grantOf('free', claim('a'))!
  table.release('free', claim('a'), { fence, left: left(2), isCertain: true }, 0)
  const { known, waiting } = table.takeOut(id => id !== 'mine', 100)
  t.match(known, [
    { id: 'held', owner: 'a', leaseMs: leaseAtHomeMs(LEASE_MS) - 100 },
    { id: 'free', owner: '', left: left(2) },
  ])
  t.strictSame(waiting, [{ id: 'held', owner: 'b', number: 9 }])
  t.equal(table.held, 1)
})

t.test('a lock whose holder never came back is forgotten in the end', async t => {
  const table = new LockTable()
  table.ask(ID, claim('a'), 0)
  table.grantNext(ID, 0, terms())
  table.sweep(10_000)
  t.equal(table.held, 1)
  table.sweep(10_000 + REMEMBERED_MS)
  t.equal(table.held, 0)
})

t.test('what the last holder left is still known after a word of somebody who no longer has the lock', async t => {
  const NOW_MS = 2 * REMEMBERED_MS
  const late: Record<string, (table: LockTable, fence: number) => unknown> = {
    'gives back what it overran': (table, fence) =>
      table.release(ID, claim('a'), { fence, left: left(1), isCertain: true }, NOW_MS),
    'renews what it overran': (table, fence) => table.renew(ID, { ...claim('a'), fence, isHeld: false }, NOW_MS),
    'takes its question back': table =>
      table.release(ID, claim('a', 2), { fence: 0, left: left(0), isCertain: false }, NOW_MS),
  }
  for (const [what, word] of Object.entries(late)) {
    const table = new LockTable()
    const home = terms()
    for (const owner of ['a', 'b']) table.ask(ID, claim(owner), NOW_MS - 5_000)
    const first = table.grantNext(ID, NOW_MS - 5_000, home)!
    const second = table.grantNext(ID, NOW_MS - 1_000, home)!
    table.release(ID, second, { fence: second.fence, left: left(7), isCertain: true }, NOW_MS - 1)
    word(table, first.fence)
    table.sweep(NOW_MS + 1)
    table.ask(ID, claim('c'), NOW_MS + 2)
    t.match(table.grantNext(ID, NOW_MS + 2, home), { owner: 'c', left: left(7) }, what)
    t.equal(table.remembered, 0, 'held')
  }
})

t.test(
  'of two homes that meet each has given it: the next is given it when both leases have ended, and asks everybody',
  async t => {
    for (const isGivenBack of [false, true]) {
      const table = new LockTable()
      const home = terms()
      table.ask(ID, claim('a', 1, { stamp: 5_000_000 }), 0)
      const own = table.grantNext(ID, 0, home)!
      table.ask(ID, claim('b'), 0)
      const fence = own.fence + 10
      t.ok(table.renew(ID, { ...claim('z'), fence, isHeld: true }, 100))
      t.notOk(table.renew(ID, { ...claim('a'), fence: own.fence, isHeld: true }, 110))
      table.release(ID, claim('z'), { fence, left: left(2), isCertain: true }, 200)
      t.equal(table.grantNext(ID, 200, home), undefined, 'the first may not have heard of the second')
      const endMs = isGivenBack ? 300 : leaseAtHomeMs(LEASE_MS)
      t.equal(table.grantNext(ID, endMs - 1, home), undefined)
      if (isGivenBack) table.release(ID, own, { fence: own.fence, left: left(1), isCertain: true }, endMs)
      else t.equal(table.dueMs(ID), endMs)
      const next = table.grantNext(ID, endMs, home)!
      t.match(next, { owner: 'b', isCertain: false })
      t.ok(next.fence > fence && next.fence > stampLater(5_000_000, LEASE_MS), 'above what the first may have stamped')
    }
  },
)
