import type { Member } from '../member.js'
import type { Address } from '../ports/network.js'

/**
 * Newcomers that are connected and cannot be members yet: another one is known at their address, and is asked first. Nobody watches over them until then, so they must be remembered, or the
 * connection of one that dies meanwhile would stay for ever.
 */
export class WaitingMembers {
  readonly #waiting = new Map<string, Member>()

  add(member: Member): void {
    this.#waiting.set(member.id, member)
  }

  /** The one that has waited longest for this address, and does no more. */
  take({ host, port }: Address): Member | undefined {
    for (const member of this.#waiting.values()) {
      if (member.host !== host || member.port !== port) continue
      this.#waiting.delete(member.id)
      return member
    }
    return undefined
  }

  /** It is not connected any more. */
  remove({ id }: Member): void {
    this.#waiting.delete(id)
  }

  /** Nobody is connected any more. */
  clear(): void {
    this.#waiting.clear()
  }
}
