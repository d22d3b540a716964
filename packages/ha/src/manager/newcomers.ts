import type { Clock, Member } from '@clowder/tribes'

/** Since when a member is here, as far as this node knows. */
interface Coming {
  readonly atMs: number
  /** When it had gone, if it had been here before. */
  readonly goneAtMs: number
}

/** What may be about to end. Monotonic ms. */
export interface LastUse {
  readonly usedAtMs: number
  /** Until then it was sure to be given to whoever came. */
  readonly givenUntilMs: number
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

  /** Who is older than this node has been here since it began, unless this node had met it before. */
  memberAdded({ id, aliveMs }: Member, atMs: number, goneAtMs: number | undefined): void {
    this.#firstMs ??= atMs
    const bornMs = atMs - aliveMs
    const cameMs = goneAtMs === undefined && bornMs < this.#startedMs ? bornMs : atMs
    this.#comings.set(id, { atMs: cameMs, goneAtMs: goneAtMs ?? Number.NEGATIVE_INFINITY })
  }

  memberDisappeared({ id }: Member): void {
    this.#comings.delete(id)
  }

  /** Those of them, and this node, that had it when it was sure to be given to them, or when it was used; where there is none, the one that came first. Never empty. */
  holders(localId: string, others: readonly string[], use: LastUse): readonly string[] {
    const sure = others.filter(id => !this.#mayLack(id, use))
    if (!this.#cameAfter(use)) sure.push(localId)
    return sure.length > 0 ? sure : [this.#eldest(localId, others)]
  }

  #mayLack(memberId: string, { usedAtMs, givenUntilMs }: LastUse): boolean {
    const coming = this.#comings.get(memberId)
    return coming !== undefined && coming.atMs > givenUntilMs && coming.goneAtMs < usedAtMs
  }

  /** Whether the others may take it that this node never had it. */
  #cameAfter({ usedAtMs, givenUntilMs }: LastUse): boolean {
    return usedAtMs < this.#startedMs && this.#firstMs !== undefined && this.#firstMs > givenUntilMs
  }

  #eldest(localId: string, others: readonly string[]): string {
    const cameMs = (id: string) => this.#comings.get(id)?.atMs ?? this.#startedMs
    return others.reduce((eldest, id) => (cameMs(id) < cameMs(eldest) ? id : eldest), localId)
  }
}
