import type { Clock, Member } from '@clowder/tribes'
import type { Peers } from './peers.js'

/**
 * Members that missed a deadline and have not been heard since. No commit waits for their acknowledgement: a hung process costs the first request its
 * deadline and the later ones nothing, until it answers again or is excluded. A pull does wait for them, for they may be the ones that have it.
 */
export class LaggingMembers {
  readonly #components: { readonly clock: Pick<Clock, 'now'>; readonly peers: Pick<Peers, 'isMember'> }
  readonly #late = new Set<string>()
  readonly #heardAtMs = new Map<string, number>()

  constructor(components: { readonly clock: Pick<Clock, 'now'>; readonly peers: Pick<Peers, 'isMember'> }) {
    this.#components = components
  }

  get count(): number {
    return this.#late.size
  }

  has(member: Member): boolean {
    return this.#late.has(member.id)
  }

  /** One that is gone is nobody's to wait for, and would be remembered for ever. */
  missed(member: Member): void {
    if (this.#components.peers.isMember(member)) this.#late.add(member.id)
  }

  /** It said something. Of one that is no member nobody would say when it is gone. */
  heard(member: Member): void {
    this.#late.delete(member.id)
    if (!this.#heardAtMs.has(member.id) && !this.#components.peers.isMember(member)) return
    this.#heardAtMs.set(member.id, this.#components.clock.now())
  }

  /** Whether the member has said anything since then: it may be busy, but it is there. */
  isHeardSince(memberId: string, sinceMs: number): boolean {
    return (this.#heardAtMs.get(memberId) ?? Number.NEGATIVE_INFINITY) >= sinceMs
  }

  memberDisappeared(member: Member): void {
    this.#late.delete(member.id)
    this.#heardAtMs.delete(member.id)
  }
}
