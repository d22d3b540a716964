/** Chance from a seed (xoshiro128**), which can go back to where it was: a stretch of inputs can be made again to find the one that mattered. */
export class Chance {
  #state: Uint32Array

  constructor(seed: number) {
    this.#state = Uint32Array.from(
      { length: 4 },
      (_, i) => Math.imul(seed + 0x9e37_79b9 * (i + 1), 0x85eb_ca6b) ^ (i + 1),
    )
    for (let i = 0; i < 16; i++) this.u32()
  }

  u32(): number {
    const s = this.#state
    const result = Math.imul(rotated(Math.imul(s[1]!, 5), 7), 9) >>> 0
    const t = s[1]! << 9
    s[2]! ^= s[0]!
    s[3]! ^= s[1]!
    s[1]! ^= s[2]!
    s[0]! ^= s[3]!
    s[2]! ^= t
    s[3] = rotated(s[3]!, 11)
    return result
  }

  /** 0 ≤ result < bound. */
  below(bound: number): number {
    return Math.floor((this.u32() / 2 ** 32) * bound)
  }

  pick<T>(from: ArrayLike<T>): T {
    return from[this.below(from.length)]!
  }

  mark(): Uint32Array {
    return this.#state.slice()
  }

  goBack(mark: Uint32Array): void {
    this.#state = mark.slice()
  }
}

function rotated(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits))
}
