import t from 'tap'
import { decodeAdoption, encodeAdoption } from '../../src/state/adoption.js'
import { MAX_STAMP } from '../../src/state/hybrid-clock.js'

const actor = 'writer_1'

function ofStamp(stamp: number): Uint8Array {
  return encodeAdoption({ dots: [{ actor, counter: 1 }], stamp })
}

t.test('what a copy was adopted from comes back as it was', t => {
  for (const stamp of [0, 1, MAX_STAMP]) t.strictSame(decodeAdoption(ofStamp(stamp)), { actors: [actor], stamp })
  t.end()
})

t.test('a stamp that no entry can have says nothing', t => {
  for (const stamp of [Number.NaN, Number.POSITIVE_INFINITY, -1, 0.5, MAX_STAMP + 1])
    t.equal(decodeAdoption(ofStamp(stamp)), undefined, String(stamp))
  t.end()
})
