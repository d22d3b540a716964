import t from 'tap'
import { Dice } from '../../src/faults/dice.js'
import { drawAbsence } from '../../src/faults/draw-absence.js'
import { SeededRandom } from '../../src/seeded-random.js'

const drawn = (seed: number, replacedShare: number, nodes = ['a', 'b', 'c']) =>
  drawAbsence(new Dice(new SeededRandom(seed)), nodes, { idleSeconds: -1, replacedShare }, 36_000)

t.test('somebody is away for longer than ends are remembered', async t => {
  for (let seed = 1; seed <= 50; seed++) {
    const { retention, faults } = drawn(seed, 0)
    t.equal(faults.length, 1)
    t.ok(faults[0]!.forMs > 1_000 * retention && faults[0]!.atMs + faults[0]!.forMs <= 36_000)
  }
})

t.test('the others are replaced one after the other when they have forgotten, before that one is back', async t => {
  for (let seed = 1; seed <= 50; seed++) {
    const { retention, faults } = drawn(seed, 1)
    const [away, replaced] = faults
    if (away?.kind !== 'pause' || replaced?.kind !== 'rolling-restart') return void t.fail('other faults')
    t.strictSame([...away.nodes, ...replaced.nodes].sort(), ['a', 'b', 'c'])
    t.ok(replaced.atMs > away.atMs + 1_000 * retention)
    t.ok(replaced.atMs + replaced.nodes.length * replaced.eachMs < away.atMs + away.forMs)
  }
})

t.test('who is alone with one other is not replaced: nobody would be left to tell', async t => {
  t.equal(drawn(1, 1, ['a', 'b']).faults.length, 1)
})
