import type { FilterRule } from '../network/packet-filter.js'
import type { Dice } from '../schedule/dice.js'

/** Nothing passes between any of `these` and any of `those`. */
export function cutBetween(these: readonly string[], those: readonly string[]): FilterRule[] {
  return these.flatMap(a => those.flatMap(b => [...oneWay(a, b), ...oneWay(b, a)]))
}

/** Nothing from `from` arrives at `to`. */
export function oneWay(from: string, to: string): FilterRule[] {
  return [{ from, to, what: 'drop' }]
}

/** Everybody's packets to everybody, thinned out. */
export function lossEverywhere(names: readonly string[], percent: number, protocol?: 'udp' | 'tcp'): FilterRule[] {
  return pairs(names).map(([from, to]) => ({ from, to, what: 'drop', percent, ...(protocol && { protocol }) }))
}

export function resetsBetween(a: string, b: string): FilterRule[] {
  return [
    { from: a, to: b, what: 'reset' },
    { from: b, to: a, what: 'reset' },
  ]
}

export interface Partition {
  readonly what: string
  readonly rules: readonly FilterRule[]
}

/** One of the catalogue's shapes: one alone, two parts, a bridge node that alone sees both sides, a ring in which each sees a majority but not the same. */
export function drawPartition(dice: Dice, names: readonly string[]): Partition {
  const [first, ...others] = dice.shuffled(names) as [string, ...string[]]
  const half = Math.ceil(others.length / 2)
  const [left, right] = [others.slice(0, half), others.slice(half)]
  const shape = dice.pick(['isolate', 'halves', 'bridge', 'ring'] as const)
  // Of two nodes nobody is left for a bridge, and no ring is open.
  switch (right.length > 0 ? shape : 'isolate') {
    case 'isolate':
      return { what: `${first} alone`, rules: cutBetween([first], others) }
    case 'halves':
      return { what: `${first},${right} | ${left}`, rules: cutBetween([first, ...right], left) }
    case 'bridge':
      return { what: `${left} – ${first} – ${right}`, rules: cutBetween(left, right) }
    case 'ring':
      return ring([first, ...others])
  }
}

/** Each sees its two neighbours in the ring. Of three nodes everybody is a neighbour: there the ring is open. */
function ring(names: readonly string[]): Partition {
  const far = names.flatMap((a, i) =>
    names.slice(i + 2).map((b, j) => [a, b, i === 0 && i + 2 + j === names.length - 1] as const),
  )
  const cut = names.length === 3 ? far : far.filter(([, , areNeighbours]) => !areNeighbours)
  return { what: `ring ${names}`, rules: cut.flatMap(([a, b]) => cutBetween([a], [b])) }
}

function pairs(names: readonly string[]): [string, string][] {
  return names.flatMap(a => names.filter(b => b !== a).map(b => [a, b] as [string, string]))
}
