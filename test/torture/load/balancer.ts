import type { LabHost } from '../network/lab-network.js'
import type { Dice } from '../schedule/dice.js'

/** Where a browser's next request goes. It does not know who is dead, as little as a real one does in the first moments; it knows who has been taken out. */
export class Balancer {
  readonly #hosts: readonly LabHost[]
  readonly #dice: Dice
  readonly #stickyShare: number
  readonly #isOut = new Set<string>()

  constructor(components: { hosts: readonly LabHost[]; dice: Dice }, options: { stickyShare: number }) {
    this.#hosts = components.hosts
    this.#dice = components.dice
    this.#stickyShare = options.stickyShare
  }

  takeOut(name: string): void {
    this.#isOut.add(name)
  }

  putBack(name: string): void {
    this.#isOut.delete(name)
  }

  /** `own`: the node that answered the browser last. `except`: has just failed it. */
  pick(own: string | undefined, except?: string): LabHost {
    const allowed = this.#hosts.filter(host => host.name !== except && !this.#isOut.has(host.name))
    const candidates = allowed.length > 0 ? allowed : this.#hosts
    const sticky = candidates.find(host => host.name === own)
    return sticky && this.#dice.chance(this.#stickyShare) ? sticky : this.#dice.pick(candidates)
  }
}
