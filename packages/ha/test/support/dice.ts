import type { Random } from '@clowder/tribes'

/** Chance from a seed (mulberry32). */
export class Dice implements Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.below(256)
    return bytes
  }

  below(n: number): number {
    return Math.floor(this.#next() * n)
  }

  /** A whole number, `low` ≤ result ≤ `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(probability: number): boolean {
    return this.#next() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
