import type { Clock, Member } from '@clowder/tribes'
import { processOf } from '../state/version-vector.js'
import type { Departure } from '../wire/message.js'

/** Remembered at a time; the ones gone longest are forgotten first: their names have been folded out of the sessions by then. */
const MAX_DEPARTURES = 1_024

interface Gone {
  readonly actor: string
  readonly atMs: number
  /** It had said goodbye. */
  readonly hasLeft: boolean
}

/** Which incarnations are members no more, and since when: after a while they are taken for ended, and their names need not be carried any longer. */
export class Departures {
  readonly #clock: Pick<Clock, 'now'>
  readonly #actorOf: (member: Member) => string
  /** By process, of which every writer of every session that many have written to is a name. */
  readonly #gone = new Map<string, Gone>()

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, actorOf: (member: Member) => string) {
    this.#clock = components.clock
    this.#actorOf = actorOf
  }

  get size(): number {
    return this.#gone.size
  }

  memberAdded(member: Member): void {
    this.#gone.delete(processOf(this.#actorOf(member)))
  }

  memberDisappeared(member: Member, hasLeft: boolean): void {
    this.#add({ actor: this.#actorOf(member), atMs: this.#clock.now(), hasLeft })
  }

  /** What another member knows; of it, what was not known here. `isMember`: it has come back. */
  learn(departures: readonly Departure[], isMember: (actor: string) => boolean): readonly Departure[] {
    const nowMs = this.#clock.now()
    const learned = departures.filter(departure => !isMember(departure.actor) && this.#isNews(departure))
    for (const { actor, goneMs, hasLeft } of learned) this.#add({ actor, atMs: nowMs - goneMs, hasLeft })
    return learned
  }

  /** Others see it at this moment: as far as is known, it has been gone for no time at all. */
  seenByOthers(actor: string): void {
    const gone = this.#named(actor)
    if (gone && !gone.hasLeft) this.#gone.set(processOf(actor), { ...gone, atMs: this.#clock.now() })
  }

  list(): readonly Departure[] {
    const nowMs = this.#clock.now()
    return Array.from(this.#gone.values(), ({ actor, atMs, hasLeft }) => {
      return { actor, goneMs: Math.max(0, Math.floor(nowMs - atMs)), hasLeft }
    })
  }

  /** Whether somebody has gone one of whose names begins so. */
  hasNamed(name: string): boolean {
    return this.#named(name) !== undefined
  }

  /** `actor`: one of its names. */
  isGoneFor(actor: string, ms: number): boolean {
    const gone = this.#named(actor)
    return gone !== undefined && this.#clock.now() - gone.atMs >= ms
  }

  #named(name: string): Gone | undefined {
    return this.#gone.get(processOf(name))
  }

  /** A goodbye that was not heard here is news even of somebody who is known to have gone. */
  #isNews({ actor, hasLeft }: Departure): boolean {
    const gone = this.#named(actor)
    return !gone || (hasLeft && !gone.hasLeft)
  }

  #add(gone: Gone): void {
    this.#gone.set(processOf(gone.actor), gone)
    if (this.#gone.size <= MAX_DEPARTURES) return
    const first = this.#gone.keys().next()
    if (!first.done) this.#gone.delete(first.value)
  }
}
