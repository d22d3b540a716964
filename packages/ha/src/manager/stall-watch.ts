import type { Clock, Member } from '@clowder/tribes'

/**
 * Notices that this process did not run for a while: suspended, or its event loop was held up. Until it has compared with another member its copies may be old,
 * and it must not answer from them as if it had been here all the time.
 */
export class StallWatch {
  readonly #clock: Pick<Clock, 'now'>
  readonly #stallMs: number
  #ranAtMs: number
  #stalls = 0
  /** The last stall after which this process has compared with another. */
  #settled = 0
  /** Of the members that were here then, those with whom it has compared after that stall. */
  #compared: { readonly stall: number; readonly members: readonly Member[]; readonly ids: Set<string> } | undefined

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, stallMs: number) {
    this.#clock = components.clock
    this.#stallMs = stallMs
    this.#ranAtMs = components.clock.now()
  }

  /** Called every second and at every request: whichever comes first after the stall notices it. True: this call has noticed one. */
  ran(): boolean {
    const nowMs = this.#clock.now()
    const hasStalled = nowMs - this.#ranAtMs >= this.#stallMs
    this.#ranAtMs = nowMs
    if (hasStalled) this.#stalls++
    return hasStalled
  }

  /** Whether the copies may be old. */
  get isDoubtful(): boolean {
    return this.#settled < this.#stalls
  }

  /** The number of the latest stall. A comparison makes up only for stalls that were over before it began. */
  get latest(): number {
    return this.#stalls
  }

  /** Compared with `member` after that stall, which holds a part or has stood still itself: it is settled when all that are here have been compared with. */
  compared(stall: number, member: Member, members: readonly Member[]): void {
    const known = this.#compared
    const ids = known?.stall === stall && known.members === members ? known.ids : new Set<string>()
    this.#compared = { stall, members, ids: ids.add(member.id) }
    if (members.every(({ id }) => ids.has(id))) this.settled(stall)
  }

  /** Compared with one that has everything after that stall, or nobody is there to compare with. */
  settled(stall: number): void {
    this.#settled = Math.max(this.#settled, stall)
  }
}
