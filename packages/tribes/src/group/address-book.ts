import type { Member } from '../member.js'
import type { Logger } from '../ports/logger.js'
import type { Address } from '../ports/network.js'

export interface AddressBookComponents {
  readonly logger: Logger
  readonly dial: (address: Address) => Promise<Member>
  /** The local member counts as present. */
  readonly isPresent: (id: string) => boolean
  readonly isPresentAt: (address: Address) => boolean
}

/** Of either kind; what is forgotten is dialled, or told of, once more. In years many addresses come and go. */
const MOST_REMEMBERED = 1000

/**
 * Addresses at which somebody may listen. Each is dialled in the background unless a present member is known to answer there, which may be
 * under another name than the one it advertises, or this process itself.
 */
export class AddressBook {
  readonly #components: AddressBookComponents
  readonly #dialling = new Set<string>()
  readonly #answeredBy = new Map<string, string>()
  readonly #failedBefore = new Set<string>()

  constructor(components: AddressBookComponents) {
    this.#components = components
  }

  found(address: Address): void {
    const text = `${address.host}:${address.port}`
    if (this.#dialling.has(text) || this.#components.isPresentAt(address) || this.#isAnswered(text)) return
    this.#dialling.add(text)
    this.#components
      .dial(address)
      .then(
        member => this.#answered(text, member),
        error => this.#failed(text, error),
      )
      .finally(() => this.#dialling.delete(text))
  }

  #isAnswered(text: string): boolean {
    const id = this.#answeredBy.get(text)
    return id !== undefined && this.#components.isPresent(id)
  }

  #answered(text: string, member: Member): void {
    this.#failedBefore.delete(text)
    this.#answeredBy.delete(text)
    this.#answeredBy.set(text, member.id)
    forgetFirst(this.#answeredBy)
  }

  /** Once per address until it succeeds: a list of members that are not up yet is no news every half second. */
  #failed(text: string, error: Error): void {
    if (this.#failedBefore.has(text)) return
    this.#failedBefore.add(text)
    forgetFirst(this.#failedBefore)
    this.#components.logger.info({ address: text, err: error }, `Nobody answers at ${text} yet: ${error.message}`)
  }
}

/** The one that came first, where there are too many. */
function forgetFirst(remembered: Set<string> | Map<string, unknown>): void {
  if (remembered.size <= MOST_REMEMBERED) return
  const [first] = remembered.keys()
  remembered.delete(first!)
}
