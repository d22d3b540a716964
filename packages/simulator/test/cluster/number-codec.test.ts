import t from 'tap'
import { NumberCodec } from '../../src/cluster/number-codec.js'

t.test('values come back as they went, and equal ones have equal bytes', async t => {
  const codec = new NumberCodec(3)
  for (const value of [0, 7, -1, 1.5, 1_767_225_600_000, [1, 2], { a: 'b' }, null]) {
    t.strictSame(codec.decode(codec.encode(value)), value)
    t.strictSame(codec.encode(value), codec.encode(value))
  }
})

t.test('numbers have the size that a plan gives them', async t => {
  t.equal(new NumberCodec(100).encode(1).length - new NumberCodec(0).encode(1).length, 100)
})
