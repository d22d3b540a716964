import type { SeededRandom } from '../seeded-random.js'

export interface Range {
  readonly min: number
  readonly max: number
}

/** What plans and clients are drawn with. */
export class Dice {
  readonly #random: SeededRandom

  constructor(random: SeededRandom) {
    this.#random = random
  }

  chance(probability: number): boolean {
    return this.#random.chance(probability)
  }

  /** A whole number, `min` ≤ result ≤ `max`. */
  whole(min: number, max: number): number {
    return min + this.#random.below(max - min + 1)
  }

  /** A real number. */
  within({ min, max }: Range): number {
    return this.#random.between(min, max)
  }

  /** The same, with short ones as likely as ones ten times as long. `min` > 0. */
  withinMagnitudes({ min, max }: Range): number {
    return Math.exp(this.#random.between(Math.log(min), Math.log(max)))
  }

  /** `list` is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.#random.below(list.length)]!
  }

  /** `count` different ones, in any order; all of them when there are no more. */
  sample<T>(list: readonly T[], count: number): T[] {
    const left = [...list]
    const taken: T[] = []
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.#random.below(left.length), 1))
    return taken
  }

  /** One of the keys, each as likely as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
    const { keys, shares, sum } = scaleOf(weights)
    let left = this.#random.between(0, sum)
    for (let i = 0; i < keys.length; i++) {
      left -= shares[i]!
      if (left < 0) return keys[i] as K
    }
    return keys[keys.length - 1] as K
  }
}

/** Weights, laid out to be drawn from. */
interface Scale {
  readonly keys: readonly string[]
  readonly shares: readonly number[]
  readonly sum: number
}

/** The same weights are drawn from again and again, and are never changed. */
const scales = new WeakMap<object, Scale>()

function scaleOf(weights: Readonly<Record<string, number>>): Scale {
  const known = scales.get(weights)
  if (known) return known
  const shares = Object.values(weights)
  const scale = { keys: Object.keys(weights), shares, sum: shares.reduce((sum, weight) => sum + weight, 0) }
  scales.set(weights, scale)
  return scale
}
