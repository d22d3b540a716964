import t from 'tap'
import { Dice } from '../../src/faults/dice.js'
import { linksCutBy } from '../../src/faults/partition-shapes.js'
import type { PartitionShape } from '../../src/faults/planned-fault.js'
import { SeededRandom } from '../../src/seeded-random.js'

const NODES = ['a', 'b', 'c', 'd', 'e'] as const

/** How many others each node still reaches, sorted. */
function reach(shape: PartitionShape, nodes: readonly string[] = NODES): number[] {
  const cut = new Set(linksCutBy(shape, nodes, new Dice(new SeededRandom(3))).map(link => link.join('>')))
  return nodes.map(from => nodes.filter(to => to !== from && !cut.has(`${from}>${to}`)).length).sort()
}

t.test('each shape cuts what its name says', async t => {
  t.strictSame(reach('isolate'), [0, 3, 3, 3, 3])
  t.strictSame(reach('halves'), [1, 1, 2, 2, 2])
  t.strictSame(reach('ring'), [2, 2, 2, 2, 2])
  t.strictSame(reach('bridge'), [2, 2, 2, 2, 4])
  t.strictSame(reach('isolate', ['a', 'b']), [0, 0])
  t.strictSame(reach('bridge', ['a', 'b', 'c']), [1, 1, 2])
})
