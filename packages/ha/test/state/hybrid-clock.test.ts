import fc from 'fast-check'
import t from 'tap'
import { HybridClock, stampTime } from '../../src/state/hybrid-clock.js'

const WALL_MS = Date.UTC(2025, 5, 1)
const YEAR_MS = 365 * 86_400_000
const noAlarm = { maxAheadMs: Number.POSITIVE_INFINITY, tooFarAhead: () => {} }

function clockAt(wall: { ms: number }, maxAheadMs = 60_000) {
  const alarms: number[] = []
  const clock = new HybridClock(
    { clock: { wallTime: () => wall.ms } },
    { maxAheadMs, tooFarAhead: aheadMs => alarms.push(aheadMs) },
  )
  return { clock, alarms }
}

t.test('stamps only grow, whatever the wall clock does and whatever is followed', async t => {
  const step = fc.oneof(
    fc.record({ jumpMs: fc.integer({ min: -3_600_000, max: 3_600_000 }) }),
    fc.record({ observedMs: fc.integer({ min: -YEAR_MS, max: YEAR_MS }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const wall = { ms: WALL_MS }
      const { clock } = clockAt(wall)
      let last = -1
      for (const each of steps) {
        if ('jumpMs' in each) wall.ms += each.jumpMs
        else clock.observe(new HybridClock({ clock: { wallTime: () => wall.ms + each.observedMs } }, noAlarm).next())
        const stamp = clock.next()
        if (stamp <= last || !Number.isSafeInteger(stamp)) return false
        last = stamp
      }
      return true
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a stamp is greater than every one that was followed, and than what it replaces', async t => {
  const wall = { ms: WALL_MS }
  const { clock, alarms } = clockAt(wall)
  const ahead = new HybridClock({ clock: { wallTime: () => WALL_MS + 59_000 } }, noAlarm).next()
  clock.observe(ahead)
  t.ok(clock.next() > ahead)
  t.equal(clock.next(ahead + 1e9), ahead + 1e9 + 1)
  t.strictSame(alarms, [])
})

t.test('no stamp is smaller than the first one given', async t => {
  const wall = { ms: WALL_MS }
  const { clock } = clockAt(wall)
  clock.observe(new HybridClock({ clock: { wallTime: () => WALL_MS + 9_000 } }, noAlarm).next())
  t.equal(clock.first, Number.POSITIVE_INFINITY, 'none has been given')
  const first = clock.next(clock.last + 1e9)
  t.ok(clock.first <= first)
  wall.ms -= YEAR_MS
  t.ok(clock.first <= clock.next())
  t.ok(clock.first > 0)
})

t.test(
  'a clock ten years ahead is reported and followed no further than allowed; its entries can still be superseded',
  async t => {
    const wall = { ms: WALL_MS }
    const { clock, alarms } = clockAt(wall)
    const ahead = new HybridClock({ clock: { wallTime: () => WALL_MS + 10 * YEAR_MS } }, noAlarm).next()
    clock.observe(ahead)
    t.strictSame(alarms, [10 * YEAR_MS])
    const stamp = clock.next()
    t.ok(stampTime(stamp) <= WALL_MS + 60_000)
    t.equal(clock.next(ahead), ahead + 1)
    t.ok(stampTime(clock.next()) <= WALL_MS + 60_000, 'superseding it has not moved this clock')
  },
)

t.test('a wall clock with fractions of a millisecond gives whole stamps', async t => {
  const { clock } = clockAt({ ms: WALL_MS + 0.123 })
  t.ok(Number.isSafeInteger(clock.next()))
  t.equal(stampTime(clock.next()), WALL_MS)
})

t.test('a wall clock before 2020 counts from 0', async t => {
  const { clock } = clockAt({ ms: 0 })
  t.strictSame([clock.next(), clock.next()], [1, 2])
})
