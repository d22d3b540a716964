import type { Member } from '../member.js'
import type { Address } from '../ports/network.js'

/**
 * Newcomers that are connected and cannot be members yet: another one is known at their address, and is asked first. Nobody watches over them until then, so they must be remembered, or the
 * connection of one that dies meanwhile would stay for ever. Of each address the latest.
 */
export class WaitingMembers {
  readonly #byAddress = new Map<string, Member>()

  add(member: Member): void {
    this.#byAddress.set(textOf(member), member)
  }

  /** The one that waits for this address, and does no more. */
  take(address: Address): Member | undefined {
    const waiting = this.#byAddress.get(textOf(address))
    this.#byAddress.delete(textOf(address))
    return waiting
  }

  /** It is not connected any more. */
  remove(member: Member): void {
    if (this.#byAddress.get(textOf(member))?.id === member.id) this.#byAddress.delete(textOf(member))
  }
}

function textOf({ host, port }: Address): string {
  return `${host} ${port}`
}
