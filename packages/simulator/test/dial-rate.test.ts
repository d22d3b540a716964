import t from 'tap'
import { DialRate } from '../src/dial-rate.js'

t.test('the most dials to one address within a second', async t => {
  const rate = new DialRate()
  for (const ms of [0, 400, 800]) rate.count('a:1', ms)
  rate.count('b:1', 800)
  t.equal(rate.most, 3, 'of each address on its own')
  rate.count('a:1', 1_400)
  t.equal(rate.most, 3, 'what is a second old counts no more')
  rate.count('a:1', 1_500)
  rate.count('a:1', 1_600)
  t.equal(rate.most, 4)
})
