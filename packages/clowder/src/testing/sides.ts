import type { SimNetwork } from '@clowder/simulator'

/** Which addresses reach each other: those that are on the same side. */
export class Sides {
  readonly #network: SimNetwork
  readonly #sideOf: Map<string, number>
  #sides = 1

  constructor(network: SimNetwork, addresses: readonly string[]) {
    this.#network = network
    this.#sideOf = new Map(addresses.map(address => [address, 0]))
  }

  areTogether(a: string, b: string): boolean {
    return this.#sideOf.get(a) === this.#sideOf.get(b)
  }

  /** These groups, and one of all others. */
  partition(groups: readonly (readonly string[])[]): void {
    for (const address of this.#sideOf.keys()) this.#sideOf.set(address, 0)
    for (const group of groups) this.#moveToNewSide(group)
    this.#apply()
  }

  /** On a side of its own, whatever the others are. */
  isolate(address: string): void {
    this.#moveToNewSide([address])
    this.#apply()
  }

  heal(): void {
    this.partition([])
  }

  #moveToNewSide(addresses: readonly string[]): void {
    const side = this.#sides++
    for (const address of addresses) this.#sideOf.set(address, side)
  }

  #apply(): void {
    const addresses = [...this.#sideOf.keys()]
    for (const [i, a] of addresses.entries()) for (const b of addresses.slice(i + 1)) this.#link(a, b)
  }

  #link(a: string, b: string): void {
    if (this.areTogether(a, b)) this.#network.heal(a, b)
    else this.#network.cut(a, b)
  }
}
