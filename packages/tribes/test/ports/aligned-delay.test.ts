import fc from 'fast-check'
import t from 'tap'
import { alignedDelayMs } from '../../src/ports/aligned-delay.js'

const at = (wallTimeMs: number) => ({ wallTime: () => wallTimeMs })

t.test('until the next multiple of the period, and never for less than half of it', async t => {
  t.equal(alignedDelayMs(at(10_000), 500), 500)
  t.equal(alignedDelayMs(at(10_100), 500), 400)
  t.equal(alignedDelayMs(at(10_250), 500), 250)
  t.equal(alignedDelayMs(at(10_499), 500), 501, 'a timer that fired a little early does not fire twice')
})

t.test('whatever the clock says, members that agree on it wake together', async t => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 1, max: 60_000 }), (nowMs, periodMs) => {
      const delayMs = alignedDelayMs(at(nowMs), periodMs)
      return (nowMs + delayMs) % periodMs === 0 && delayMs >= periodMs / 2 && delayMs < 1.5 * periodMs
    }),
  )
  t.pass('each of these')
})
