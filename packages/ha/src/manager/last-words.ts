import type { DeliveryObserver, Member } from '@clowder/tribes'
import type { Peers } from './peers.js'

/**
 * How exchanges end (DONE) that members have not been told because too much was on its way to them: it is said when there is room again. Otherwise somebody who has all that he joins with
 * would wait until his patience is at an end. Of each member the latest.
 */
export class LastWords {
  readonly #peers: Pick<Peers, 'isMember'>
  readonly #unsaid = new Map<string, () => void>()

  constructor({ peers }: { readonly peers: Pick<Peers, 'isMember'> }) {
    this.#peers = peers
  }

  /**
   * Watches whether the member is told; if not, `say` is for later. Nothing is kept for one that is no member: it mostly fails because it has gone, which nobody says a second time, and what
   * is to be said is long.
   */
  observer(member: Member, say: () => void): DeliveryObserver {
    this.#unsaid.delete(member.id)
    const memberFailed = () => {
      if (this.#peers.isMember(member)) this.#unsaid.set(member.id, say)
    }
    return { memberFailed }
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
