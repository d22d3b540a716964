import t from 'tap'
import { DialPace } from '../../src/transport/dial-pace.js'

t.test('five dials in a row are free, then one is earned in 400 ms', async t => {
  const pace = new DialPace()
  for (let i = 0; i < 5; i++) t.equal(pace.take(1000), 0)
  t.equal(pace.take(1000), 400)
  t.equal(pace.take(1100), 300)
  t.equal(pace.take(1400), 0)
  t.equal(pace.take(1400), 400)
})

t.test('whoever is dialled all the time is dialled 2.5 times a second', async t => {
  const pace = new DialPace()
  let dials = 0
  for (let nowMs = 0; nowMs < 60_000; nowMs += 5) if (pace.take(nowMs) === 0) dials++
  t.ok(dials <= 5 + 150, `${dials} in a minute`)
  for (let i = 0; i < 5; i++) t.equal(pace.take(70_000), 0, 'after a pause five are free again')
})
