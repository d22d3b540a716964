import type { Member } from '@clowder/tribes'

/**
 * Members that missed a deadline and have not been heard since. Nobody waits for them: a hung process costs the first request its deadline and the
 * later ones nothing, until it answers again or is excluded.
 */
export class LaggingMembers {
  readonly #late = new Set<string>()

  get count(): number {
    return this.#late.size
  }

  has(member: Member): boolean {
    return this.#late.has(member.id)
  }

  missed(member: Member): void {
    this.#late.add(member.id)
  }

  /** It said something, or it is gone. */
  clear(member: Member): void {
    this.#late.delete(member.id)
  }
}
