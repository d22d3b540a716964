import t from 'tap'
import { Slab } from '../../src/state/slab.js'

t.test('what is kept stays as it was, whatever becomes of the bytes it was copied from', async t => {
  const slab = new Slab()
  const lengths = [0, 1, 1_000, 4_096, 4_097, 100_000, 3]
  const kept = Array.from({ length: 700 }, (_, i) => {
    const bytes = new Uint8Array(lengths[i % lengths.length]!).fill(i)
    const copy = slab.keep(bytes)
    bytes.fill(255)
    return copy
  })
  const wrong = kept.filter((copy, i) => !copy.equals(Buffer.alloc(lengths[i % lengths.length]!, i)))
  t.equal(wrong.length, 0)
})

t.test('small tenants share a piece of memory, large ones have their own', async t => {
  const slab = new Slab()
  const [one, other, large] = [
    slab.keep(Buffer.alloc(1_000)),
    slab.keep(Buffer.alloc(1_000)),
    slab.keep(Buffer.alloc(9_000)),
  ]
  t.equal(one.buffer, other.buffer)
  t.ok(one.buffer.byteLength <= 16_384)
  t.equal(large.buffer.byteLength, 9_000)
})
