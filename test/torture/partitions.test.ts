import t from 'tap'
import { drawPartition } from './faults/partitions.js'
import { Dice } from './schedule/dice.js'

t.test('a partition that is drawn cuts somebody off, however few there are', async t => {
  for (let count = 2; count <= 9; count++) {
    const names = Array.from({ length: count }, (_, i) => `n${i + 1}`)
    const drawn = Array.from({ length: 100 }, (_, seed) => drawPartition(new Dice(seed), names))
    t.strictSame(
      drawn.filter(({ rules }) => rules.length === 0).map(({ what }) => what),
      [],
      `${count} nodes`,
    )
  }
})
