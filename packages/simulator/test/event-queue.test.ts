import t from 'tap'
import { SeededRandom, VirtualClock } from '../src/index.js'

t.test('cancelled timers do not pile up', async t => {
  const clock = new VirtualClock()
  let fired = 0
  for (let i = 0; i < 100; i++) clock.setTimer(1000 + i, () => void fired++)
  for (let i = 0; i < 100_000; i++) clock.setTimer(60_000, () => t.fail('was cancelled')).cancel()
  t.ok(clock.pending <= 1100, `${clock.pending} wait`)
  await clock.advance(100_000)
  t.equal(fired, 100)
  t.equal(clock.pending, 0)
})

t.test('whatever is set and cancelled, the rest fires in order of time, then of setting', async t => {
  const clock = new VirtualClock()
  const random = new SeededRandom(4)
  const fired: { atMs: number; number: number }[] = []
  let expected = 0
  for (let number = 0; number < 20_000; number++) {
    const atMs = random.below(500)
    const timer = clock.setTimer(atMs, () => fired.push({ atMs, number }))
    if (random.chance(0.7)) timer.cancel()
    else expected++
  }
  await clock.advance(500)
  t.equal(fired.length, expected)
  const isRight = fired.every((event, i) => {
    const former = fired[i - 1] ?? { atMs: -1, number: -1 }
    return former.atMs < event.atMs || (former.atMs === event.atMs && former.number < event.number)
  })
  t.ok(isRight)
})
