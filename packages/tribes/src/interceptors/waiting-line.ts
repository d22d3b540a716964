import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'

/** What a message costs while it is held, besides its body: the same figure as in the transport's queues. */
const BOOKKEEPING_BYTES = 256

export interface Waiting {
  readonly message: ChannelMessage
  readonly delivery: Delivery
}

export function heldBytes(message: ChannelMessage): number {
  return message.body.length + BOOKKEEPING_BYTES
}

/** First in, first out, and how many bytes it holds. Taking the first is O(1), which `Array.shift` is not once the line is long. */
export class WaitingLine {
  #items: (Waiting | undefined)[] = []
  #head = 0
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): Waiting | undefined {
    return this.#items[this.#head]
  }

  push(waiting: Waiting): void {
    this.#items.push(waiting)
    this.#bytes += heldBytes(waiting.message)
  }

  shift(): Waiting {
    const first = this.#items[this.#head]!
    this.#items[this.#head++] = undefined
    this.#bytes -= heldBytes(first.message)
    if (this.#head * 2 > this.#items.length) this.#compact()
    return first
  }

  #compact(): void {
    this.#items = this.#items.slice(this.#head)
    this.#head = 0
  }
}
