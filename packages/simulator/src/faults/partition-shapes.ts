import type { Dice } from './dice.js'
import type { DirectedLink, PartitionShape } from './planned-fault.js'

/** The links that a partition of this shape cuts. `nodes`: at least two. */
export function linksCutBy(shape: PartitionShape, nodes: readonly string[], dice: Dice): DirectedLink[] {
  const order = dice.sample(nodes, nodes.length)
  const half = Math.ceil(order.length / 2)
  switch (shape) {
    case 'isolate':
      return pairs(order, (i, j) => i === 0 || j === 0)
    case 'halves':
      return pairs(order, (i, j) => i < half !== j < half)
    case 'bridge':
      return pairs(order, (i, j) => i > 0 && j > 0 && i <= order.length / 2 !== j <= order.length / 2)
    case 'ring':
      return pairs(order, (i, j) => !isNeighbour(i, j, order.length))
    case 'random':
      return pairs(order, () => dice.chance(0.5))
  }
}

/** With four nodes or fewer every node is a neighbour of nearly all: one link is cut at least. */
function isNeighbour(i: number, j: number, count: number): boolean {
  const distance = Math.abs(i - j)
  return Math.min(distance, count - distance) <= Math.max(1, Math.floor(count / 4))
}

/** Both directions of every pair that is chosen; asked once a pair, i < j. */
function pairs(nodes: readonly string[], isCut: (i: number, j: number) => boolean): DirectedLink[] {
  const links: DirectedLink[] = []
  for (let i = 0; i < nodes.length; i++)
    for (let j = i + 1; j < nodes.length; j++)
      if (isCut(i, j)) links.push([nodes[i]!, nodes[j]!], [nodes[j]!, nodes[i]!])
  return links
}
