import { ChannelInterceptor, type ChannelMessage, type Member } from '@clowder/tribes'

/**
 * Looks whether each member's messages come once and in the order of their numbers, whatever connections do. What is above could bear the opposite: most of it is
 * joined to what is there already. But it need not, and an answer that is lost looks like one that never was.
 */
export class OrderWatch extends ChannelInterceptor {
  readonly #broken: (what: string) => void
  readonly #latest = new Map<string, number>()
  readonly #senders = new WeakMap<Member, string>()

  constructor(broken: (what: string) => void) {
    super()
    this.#broken = broken
  }

  override messageReceived(message: ChannelMessage): void | Promise<void> {
    const { number, source } = message
    const sender = this.#senderOf(source)
    const latest = this.#latest.get(sender) ?? 0
    if (number <= latest) this.#broken(`message ${number} of ${source.name} comes once and before message ${latest}`)
    this.#latest.set(sender, Math.max(number, latest))
    return super.messageReceived(message)
  }

  /** Of two that were cloned each has numbers of its own. */
  #senderOf(source: Member): string {
    let sender = this.#senders.get(source)
    if (sender === undefined) this.#senders.set(source, (sender = `${source.id} ${source.host}:${source.port}`))
    return sender
  }
}
