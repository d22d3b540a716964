import type { Clock, Member } from '@clowder/tribes'
import type { Departure } from '../wire/message.js'

/** Remembered at a time; the ones gone longest are forgotten first: their names have been folded out of the sessions by then. */
const MAX_DEPARTURES = 1_024

/** Which incarnations are members no more, and since when: after a while they are taken for ended, and their names need not be carried any longer. */
export class Departures {
  readonly #clock: Pick<Clock, 'now'>
  readonly #actorOf: (member: Member) => string
  readonly #goneAtMs = new Map<string, number>()

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, actorOf: (member: Member) => string) {
    this.#clock = components.clock
    this.#actorOf = actorOf
  }

  get size(): number {
    return this.#goneAtMs.size
  }

  memberAdded(member: Member): void {
    this.#goneAtMs.delete(this.#actorOf(member))
  }

  memberDisappeared(member: Member): void {
    this.#add(this.#actorOf(member), this.#clock.now())
  }

  /** What a member that was here before knows. `isMember`: it has come back. */
  learn(departures: readonly Departure[], isMember: (actor: string) => boolean): void {
    const nowMs = this.#clock.now()
    for (const { actor, goneMs } of departures)
      if (!this.#goneAtMs.has(actor) && !isMember(actor)) this.#add(actor, nowMs - goneMs)
  }

  list(): readonly Departure[] {
    const nowMs = this.#clock.now()
    return Array.from(this.#goneAtMs, ([actor, atMs]) => ({ actor, goneMs: Math.max(0, Math.floor(nowMs - atMs)) }))
  }

  isGoneFor(actor: string, ms: number): boolean {
    const atMs = this.#goneAtMs.get(actor)
    return atMs !== undefined && this.#clock.now() - atMs >= ms
  }

  #add(actor: string, atMs: number): void {
    this.#goneAtMs.set(actor, atMs)
    if (this.#goneAtMs.size <= MAX_DEPARTURES) return
    const first = this.#goneAtMs.keys().next()
    if (!first.done) this.#goneAtMs.delete(first.value)
  }
}
