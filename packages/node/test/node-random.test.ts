import t from 'tap'
import { nodeRandom } from '../src/index.js'

t.test('what is filled is never given twice, whether it comes from the pool or not', async t => {
  const seen = new Set<string>()
  const lengths = [16, 24, 64, 65, 200]
  for (let i = 0; i < 5_000; i++) {
    const bytes = nodeRandom.fill(new Uint8Array(lengths[i % lengths.length]!))
    seen.add(Buffer.from(bytes).toString('hex'))
  }
  t.equal(seen.size, 5_000)
})

t.test('the very array that was given is filled, and every byte of it', async t => {
  for (const length of [0, 1, 16, 64, 65, 5_000]) {
    const bytes = new Uint8Array(length)
    t.equal(nodeRandom.fill(bytes), bytes)
    if (length >= 64) t.ok(new Set(bytes).size > 16, `${length} bytes`)
  }
})

t.test('a whole number below n', async t => {
  const drawn = new Set(Array.from({ length: 1_000 }, () => nodeRandom.below(5)))
  t.strictSame([...drawn].sort(), [0, 1, 2, 3, 4])
})
