import t from 'tap'
import { Slab, type Slot } from '../../src/state/slab.js'

const LENGTHS = [0, 1, 1_000, 4_096, 4_097, 100_000, 3]

function bytesAt(slot: Slot<string>, length: number): Buffer {
  return slot.piece.view(slot.index, length)
}

t.test('what is kept stays as it was, whatever becomes of the bytes it was copied from', async t => {
  const slab = new Slab<string>(() => {})
  const kept = Array.from({ length: 700 }, (_, i) => {
    const bytes = new Uint8Array(LENGTHS[i % LENGTHS.length]!).fill(i)
    const slot = slab.keep(bytes)
    bytes.fill(255)
    return slot
  })
  const lengthOf = (i: number) => LENGTHS[i % LENGTHS.length]!
  const wrong = kept.filter((slot, i) => !bytesAt(slot, lengthOf(i)).equals(Buffer.alloc(lengthOf(i), i)))
  t.equal(wrong.length, 0)
})

t.test('tenants that come and go at random never lie in one another’s slots, and leave no holes behind', async t => {
  const slab = new Slab<string>(() => {})
  const kept = new Map<number, { slot: Slot<string>; length: number }>()
  let random = 7
  const below = (n: number) => (random = (Math.imul(random, 48_271) >>> 0) % 2_147_483_647) % n
  let mostPieces = 0
  for (let n = 0; n < 60_000; n++) {
    const key = below(400)
    const known = kept.get(key)
    if (known) {
      slab.release(known.slot.piece, known.slot.index)
      kept.delete(key)
    } else {
      const length = 1_000 + below(10)
      kept.set(key, { slot: slab.keep(Buffer.alloc(length, key)), length })
    }
    if (n % 1_000 > 0) continue
    mostPieces = Math.max(mostPieces, new Set([...kept.values()].map(({ slot }) => slot.piece)).size)
    const wrong = [...kept].filter(
      ([key, { slot, length }]) => !bytesAt(slot, length).equals(Buffer.alloc(length, key)),
    )
    t.equal(wrong.length, 0)
  }
  t.ok(mostPieces <= 3 * Math.ceil(400 / 30), `${mostPieces} pieces`)
})

t.test('small tenants share a piece of memory, large ones have their own', async t => {
  const slab = new Slab<string>(() => {})
  const small = Array.from({ length: 300 }, () => slab.keep(Buffer.alloc(1_000)).piece)
  t.ok(new Set(small).size < 20)
  const large = Array.from({ length: 3 }, () => slab.keep(Buffer.alloc(200_000)).piece)
  t.equal(new Set(large).size, 3)
})
