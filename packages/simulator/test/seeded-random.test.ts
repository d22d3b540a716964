import t from 'tap'
import { SeededRandom } from '../src/index.js'

function draws(random: SeededRandom): number[] {
  return Array.from({ length: 20 }, () => random.u32())
}

t.test('one seed, one sequence; neighbouring seeds have nothing in common', async t => {
  t.strictSame(draws(new SeededRandom(7)), draws(new SeededRandom(7)))
  const [seven, eight] = [draws(new SeededRandom(7)), draws(new SeededRandom(8))]
  t.notOk(seven.some((value, i) => value === eight[i]))
  t.not(new SeededRandom(1).u32(), new SeededRandom(1 + 2 ** 32).u32(), 'seeds past 32 bits count too')
})

t.test('below stays below, and every value comes', async t => {
  const random = new SeededRandom(1)
  const counts = [0, 0, 0, 0, 0, 0, 0]
  for (let i = 0; i < 7000; i++) counts[random.below(7)]!++
  for (const count of counts) t.ok(count > 850 && count < 1150, `${count}`)
})

t.test('what is certain draws nothing', async t => {
  const [drawn, untouched] = [new SeededRandom(3), new SeededRandom(3)]
  t.equal(drawn.chance(0), false)
  t.equal(drawn.chance(1), true)
  t.equal(drawn.u32(), untouched.u32())
})

t.test('forks go their own ways, the same ones for the same seed', async t => {
  const [one, two] = [new SeededRandom(5), new SeededRandom(5)]
  const fork = one.fork()
  t.strictSame(draws(fork), draws(two.fork()))
  t.notSame(draws(one.fork()), draws(fork))
})

t.test('fill gives every byte a value of its own', async t => {
  const bytes = new SeededRandom(2).fill(new Uint8Array(1000))
  t.ok(new Set(bytes).size > 200)
})
