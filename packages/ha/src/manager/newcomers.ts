import type { Clock, Member } from '@clowder/tribes'

/** Since when a member is here. */
interface Coming {
  readonly atMs: number
  /** When it had gone, if it had been here before. */
  readonly goneAtMs: number
}

/** When this node and each member came: what is given to nobody any more by then it lacks, if it was not here when that was used last. Monotonic ms. */
export class Newcomers {
  readonly #comings = new Map<string, Coming>()
  readonly #startedMs: number
  /** When this node met the first of the others, which was when they met it. */
  #firstMs: number | undefined

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#startedMs = clock.now()
  }

  memberAdded({ id }: Member, coming: Coming): void {
    this.#firstMs ??= coming.atMs
    this.#comings.set(id, coming)
  }

  memberDisappeared({ id }: Member): void {
    this.#comings.delete(id)
  }

  /** Whether the others may take it that this node never had what was last used, by one of them, at `usedAtMs`, and was given to those who came until `givenUntilMs`. */
  cameAfter(usedAtMs: number, givenUntilMs: number): boolean {
    return usedAtMs < this.#startedMs && this.#firstMs !== undefined && this.#firstMs > givenUntilMs
  }

  /** Whether the member may never have had what was last used at `usedAtMs`, and was given to those who came until `givenUntilMs`. */
  mayLack(memberId: string, usedAtMs: number, givenUntilMs: number): boolean {
    const coming = this.#comings.get(memberId)
    return coming !== undefined && coming.atMs > givenUntilMs && coming.goneAtMs < usedAtMs
  }
}
