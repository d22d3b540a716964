import { Link, type Release } from './link.js'
import { type Physics, SOUND } from './physics.js'

/** All directed links between hosts; each comes into being when it is first asked for. */
export class Links {
  readonly #byEnds = new Map<string, Map<string, Link>>()
  readonly #numbers = new Map<string, number>()
  readonly #down = new Set<string>()
  readonly #release: Release
  #physics: Physics

  constructor(release: Release, physics: Partial<Physics>) {
    this.#release = release
    this.#physics = { ...SOUND, ...physics }
  }

  between(from: string, to: string): Link {
    return this.#byEnds.get(from)?.get(to) ?? this.#newLink(from, to)
  }

  /** Of the whole network; what was changed on a link alone stays. */
  change(faults: Partial<Physics>): void {
    this.#physics = { ...this.#physics, ...faults }
    for (const link of this.#all()) this.#apply(link)
  }

  /** Of one link; what is not named stays. */
  changeLink(from: string, to: string, faults: Partial<Physics>): void {
    const link = this.between(from, to)
    link.own = { ...link.own, ...faults }
    this.#apply(link)
  }

  /** Cuts and clogs end. */
  heal(from: string, to: string): void {
    this.between(from, to).heal(this.#release)
  }

  healAll(): void {
    for (const link of this.#all()) link.heal(this.#release)
  }

  unclog(from: string, to: string): void {
    this.between(from, to).unclog(this.#release)
  }

  /** No fault is left on any link; latencies are what they were at first. */
  restore(physics: Partial<Physics>): void {
    for (const link of this.#all()) {
      link.own = {}
      link.resetAfterBytes = Infinity
    }
    this.change({ ...SOUND, ...physics })
    this.healAll()
  }

  /** A host whose interface is down reaches nobody, and nobody it. */
  setDown(address: string, isDown: boolean): void {
    if (isDown) this.#down.add(address)
    else this.#down.delete(address)
    for (const link of this.#all()) link.isDown = this.#isDown(link)
  }

  /** A machine has another address: whatever fault rests on its links goes with it. */
  move(address: string, newAddress: string): void {
    const renamed = (end: string) => (end === address ? newAddress : end)
    for (const former of [...this.#all()]) {
      if (former.from !== address && former.to !== address) continue
      const link = this.between(renamed(former.from), renamed(former.to))
      link.takeOver(former, this.#release)
      this.#apply(former)
      this.#apply(link)
    }
  }

  *#all(): Iterable<Link> {
    for (const links of this.#byEnds.values()) yield* links.values()
  }

  #newLink(from: string, to: string): Link {
    const link = new Link({ from, to, fromNumber: this.#number(from), toNumber: this.#number(to) }, this.#physics)
    link.isDown = this.#isDown(link)
    const links = this.#byEnds.get(from) ?? new Map<string, Link>()
    this.#byEnds.set(from, links.set(to, link))
    return link
  }

  #apply(link: Link): void {
    link.physics = { ...this.#physics, ...link.own }
  }

  #isDown({ from, to }: Link): boolean {
    return this.#down.has(from) || this.#down.has(to)
  }

  #number(address: string): number {
    const number = this.#numbers.get(address) ?? this.#numbers.size + 1
    this.#numbers.set(address, number)
    return number
  }
}
