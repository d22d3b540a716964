import type { DeliveryObserver, Member } from '@clowder/tribes'

/**
 * How exchanges end (DONE) that members have not been told because too much was on its way to them: it is said when there is room again. Otherwise somebody who has all that he joins with
 * would wait until his patience is at an end. Of each member the latest.
 */
export class LastWords {
  readonly #unsaid = new Map<string, () => void>()

  /** Watches whether the member is told; if not, `say` is for later. */
  observer({ id }: Member, say: () => void): DeliveryObserver {
    this.#unsaid.delete(id)
    return { memberFailed: () => void this.#unsaid.set(id, say) }
  }

  /** There is room again. */
  memberCaughtUp({ id }: Member): void {
    const say = this.#unsaid.get(id)
    this.#unsaid.delete(id)
    say?.()
  }

  forget({ id }: Member): void {
    this.#unsaid.delete(id)
  }
}
