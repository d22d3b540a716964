import type { Clock, Member } from '@clowder/tribes'

/**
 * Members that went without a goodbye. They may be dead, or cut off and at work with sessions that nobody here has heard of; for as long as such a
 * session could live, "nobody has it" is no certain answer.
 */
export class Absences {
  readonly #clock: Pick<Clock, 'now'>
  readonly #retentionMs: number
  readonly #leaving = new Set<string>()
  readonly #vanishedAtMs = new Map<string, number>()

  constructor(components: { readonly clock: Pick<Clock, 'now'> }, retentionMs: number) {
    this.#clock = components.clock
    this.#retentionMs = retentionMs
  }

  /** The member said that it is about to leave, and that all it had to say has been said. */
  leaving(member: Member): void {
    this.#leaving.add(member.id)
  }

  /** True when it had said goodbye. */
  memberDisappeared(member: Member): boolean {
    const hasLeft = this.#leaving.delete(member.id)
    if (!hasLeft) this.#vanishedAtMs.set(member.id, this.#clock.now())
    return hasLeft
  }

  memberAdded(member: Member): void {
    this.#vanishedAtMs.delete(member.id)
  }

  /** Whether somebody out of reach may hold what nobody here does. */
  isSomebodyMissing(): boolean {
    const sinceMs = this.#clock.now() - this.#retentionMs
    for (const [id, atMs] of this.#vanishedAtMs) if (atMs < sinceMs) this.#vanishedAtMs.delete(id)
    return this.#vanishedAtMs.size > 0
  }
}
