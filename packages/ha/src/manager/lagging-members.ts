import type { Member } from '@clowder/tribes'
import type { Peers } from './peers.js'

/**
 * Members that missed a deadline and have not been heard since. Nobody waits for them: a hung process costs the first request its deadline and the
 * later ones nothing, until it answers again or is excluded.
 */
export class LaggingMembers {
  readonly #peers: Pick<Peers, 'isMember'>
  readonly #late = new Set<string>()

  constructor(components: { readonly peers: Pick<Peers, 'isMember'> }) {
    this.#peers = components.peers
  }

  get count(): number {
    return this.#late.size
  }

  has(member: Member): boolean {
    return this.#late.has(member.id)
  }

  /** One that is gone is nobody's to wait for, and would be remembered for ever. */
  missed(member: Member): void {
    if (this.#peers.isMember(member)) this.#late.add(member.id)
  }

  /** It said something, or it is gone. */
  clear(member: Member): void {
    this.#late.delete(member.id)
  }
}
