import t from 'tap'
import { Standstill } from '../../src/cluster/standstill.js'

t.test('who stands still, or did so a moment ago, knows what was before', async t => {
  const standstill = new Standstill()
  t.equal(standstill.knowsUpToMs(100), 100)
  standstill.began(1_000)
  standstill.began(1_500)
  t.equal(standstill.knowsUpToMs(2_000), 1_000, 'two that overlap are one')
  standstill.ended(9_000)
  t.equal(standstill.knowsUpToMs(13_999), 1_000)
  t.equal(standstill.knowsUpToMs(14_000), 14_000, 'it has caught up')
  standstill.began(20_000)
  t.equal(standstill.knowsUpToMs(20_000), 20_000)
})
