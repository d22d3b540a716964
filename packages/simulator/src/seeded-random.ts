import type { Random } from '@clowder/tribes'

/**
 * Chris Doty-Humphrey's sfc32 (from PractRand): 128 bits of state, the last word a counter, so that no state repeats in fewer than 2^32 steps.
 * Good enough to schedule faults, useless for keys.
 */
export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed >>> 0
    this.#b = Math.floor(seed / 2 ** 32) >>> 0
    this.#c = 0x9e3779b9
    for (let i = 0; i < 15; i++) this.u32()
  }

  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.u32() >>> 24
    return bytes
  }

  below(n: number): number {
    return Math.floor((this.u32() / 2 ** 32) * n)
  }

  /** A real number, `min` ≤ result < `max`. */
  between(min: number, max: number): number {
    return min + (this.u32() / 2 ** 32) * (max - min)
  }

  /** True with the given probability. Draws nothing when the answer is certain, so that an unused fault does not change a run. */
  chance(probability: number): boolean {
    if (probability <= 0) return false
    return probability >= 1 || this.u32() / 2 ** 32 < probability
  }

  /** An independent generator, so that what one part draws does not shift what another one gets. */
  fork(): SeededRandom {
    return new SeededRandom(this.u32() * 2 ** 20 + (this.u32() >>> 12))
  }
}
