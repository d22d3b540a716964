import { SimEvent } from './event-queue.js'
import type { Link } from './link.js'

/** Something small arrives at the other end of a link, unless the link loses it; a clogged one keeps it. */
export abstract class Passage extends SimEvent {
  protected readonly link: Link

  constructor(link: Link) {
    super()
    this.link = link
  }

  happen(): void {
    if (this.isLost()) return
    if (this.link.isHolding) this.link.hold(this)
    else this.arrive()
  }

  protected isLost(): boolean {
    return this.link.loses
  }

  protected abstract arrive(): void
}

/** A SYN, its answer, a reset. */
export class Signal extends Passage {
  readonly #arrived: () => void

  constructor(link: Link, arrived: () => void) {
    super(link)
    this.#arrived = arrived
  }

  protected arrive(): void {
    this.#arrived()
  }
}
