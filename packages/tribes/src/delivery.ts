import type { FaultyMember } from './errors.js'
import type { Member } from './member.js'

/** Who wants to hear how a message fared. `settled` comes once, after every destination has been accepted or failed. */
export interface DeliveryObserver {
  memberAccepted?(member: Member): void
  memberFailed?(faulty: FaultyMember): void
  settled?(delivery: Delivery): void
}

/**
 * The outcome of one message, member by member. Travels down the interceptors beside the message; the layer that learns an outcome reports it
 * here exactly once per destination. A plain object with counters, because one is made per message: no promise and no timer.
 */
export class Delivery {
  readonly destinations: readonly Member[]
  #observers: DeliveryObserver[] = []
  #open: number
  #faulty: FaultyMember[] = []

  constructor(destinations: readonly Member[], observer?: DeliveryObserver) {
    this.destinations = destinations
    this.#open = destinations.length
    if (observer) this.#observers.push(observer)
  }

  /** The members that failed so far, and why. */
  get faulty(): readonly FaultyMember[] {
    return this.#faulty
  }

  get isSettled(): boolean {
    return this.#open === 0
  }

  observe(observer: DeliveryObserver): void {
    this.#observers.push(observer)
  }

  accepted(member: Member): void {
    this.#open--
    for (const observer of this.#observers) observer.memberAccepted?.(member)
    this.#settleIfComplete()
  }

  failed(member: Member, cause: Error): void {
    this.#open--
    const faulty = { member, cause }
    this.#faulty.push(faulty)
    for (const observer of this.#observers) observer.memberFailed?.(faulty)
    this.#settleIfComplete()
  }

  #settleIfComplete(): void {
    if (this.#open === 0) for (const observer of this.#observers) observer.settled?.(this)
  }
}
