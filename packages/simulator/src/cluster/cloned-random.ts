import type { Random } from '@clowder/tribes'

/** Chance that begins as it began in another process: the first bytes of an incarnation's length are that one's incarnation. */
export class ClonedRandom implements Random {
  readonly #random: Random
  #uniqueId: Uint8Array | undefined

  constructor(random: Random, uniqueId: Uint8Array) {
    this.#random = random
    this.#uniqueId = uniqueId
  }

  fill(bytes: Uint8Array): Uint8Array {
    const given = this.#uniqueId
    if (given?.length !== bytes.length) return this.#random.fill(bytes)
    this.#uniqueId = undefined
    bytes.set(given)
    return bytes
  }

  below(n: number): number {
    return this.#random.below(n)
  }
}
