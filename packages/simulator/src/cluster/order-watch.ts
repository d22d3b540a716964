import { ChannelInterceptor, type ChannelMessage } from '@clowder/tribes'

/**
 * Looks whether each member's messages come once and in the order of their numbers, whatever connections do. What is above could bear the opposite: most of it is
 * joined to what is there already. But it need not, and an answer that is lost looks like one that never was.
 */
export class OrderWatch extends ChannelInterceptor {
  readonly #broken: (what: string) => void
  readonly #latest = new Map<string, number>()

  constructor(broken: (what: string) => void) {
    super()
    this.#broken = broken
  }

  override messageReceived(message: ChannelMessage): void | Promise<void> {
    const { number, source } = message
    // Of two that were cloned each has numbers of its own.
    const sender = `${source.id} ${source.host}:${source.port}`
    const latest = this.#latest.get(sender) ?? 0
    if (number <= latest) this.#broken(`message ${number} of ${source.name} comes once and before message ${latest}`)
    this.#latest.set(sender, Math.max(number, latest))
    return super.messageReceived(message)
  }
}
