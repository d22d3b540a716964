import type { Member } from '@clowder/tribes'

/** Since when a member is here. */
interface Coming {
  readonly atMs: number
  /** When it had gone, if it had been here before. */
  readonly goneAtMs: number
}

/** When each of the other members came: it lacks what was given to nobody any more by then, if it was not here when that was used last. Monotonic ms. */
export class Newcomers {
  readonly #comings = new Map<string, Coming>()

  /** One that was never met before has been somewhere since it began, and may have been given whatever others have. */
  memberAdded({ id, aliveMs }: Member, nowMs: number, goneAtMs: number | undefined): void {
    const coming =
      goneAtMs === undefined ? { atMs: nowMs - aliveMs, goneAtMs: Number.NEGATIVE_INFINITY } : { atMs: nowMs, goneAtMs }
    this.#comings.set(id, coming)
  }

  memberDisappeared({ id }: Member): void {
    this.#comings.delete(id)
  }

  /** Whether the member is sure to lack what was last used at `usedAtMs`, and was given to nobody who came after `givenUntilMs`. */
  lacks(memberId: string, usedAtMs: number, givenUntilMs: number): boolean {
    const coming = this.#comings.get(memberId)
    return coming !== undefined && coming.atMs > givenUntilMs && coming.goneAtMs < usedAtMs
  }
}
