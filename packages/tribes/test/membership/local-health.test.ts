import t from 'tap'
import { LocalHealth } from '../../src/membership/local-health.js'

const health = () => new LocalHealth({ frequencyMs: 500 })

t.test('a timer in time says nothing', async t => {
  const h = health()
  t.equal(h.ran(1000, 1099), 0)
  t.equal(h.multiplier(1099), 1)
  t.notOk(h.isListening(1099))
  t.equal(h.stalls, 0)
})

t.test(
  'after a stall of two seconds everybody is listened to for one, and has three times as long to answer',
  async t => {
    const h = health()
    t.equal(h.ran(1000, 3000), 2000)
    t.ok(h.isListening(3999))
    t.notOk(h.isListening(4000))
    t.equal(h.multiplier(3000), 3)
    t.equal(h.stalls, 1)
  },
)

t.test('a short stall is a short listening', async t => {
  const h = health()
  h.ran(1000, 1100)
  t.ok(h.isListening(1499))
  t.notOk(h.isListening(1500))
  t.match(h.multiplier(1100), 1.1)
})

t.test('health comes back with time, and is never worse than a quarter', async t => {
  const h = health()
  for (let nowMs = 10_000; nowMs <= 100_000; nowMs += 10_000) h.ran(nowMs - 10_000, nowMs)
  t.equal(h.multiplier(100_000), 4)
  t.equal(h.multiplier(104_000), 3)
  t.equal(h.multiplier(112_000), 1)
  t.equal(h.multiplier(1e6), 1)
})
