import { ChannelInterceptor } from '../channel-interceptor.js'
import { ASYNCHRONOUS, type ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import { MessageDroppedError, QueueFullError } from './message-dispatch-errors.js'
import { heldBytes, WaitingLine } from './waiting-line.js'

/**
 * What happens to an asynchronous message when the queue is full.
 * - `wait`: it is held back, and everything after it, in order; when as much waits as may be queued, the next ones are rejected.
 * - `reject`: each destination fails with TRIBES_QUEUE_FULL.
 * - `drop`: each destination fails with TRIBES_MESSAGE_DROPPED and nobody is alarmed; for senders that repair what was missed (ha's anti-entropy).
 */
export type WhenFull = 'wait' | 'reject' | 'drop'

export interface MessageDispatchOptions {
  /** Bytes of asynchronous messages sent down and not yet settled, counting 256 of bookkeeping each. With `wait` as much again may be held back. @default 67_108_864 */
  readonly maxQueueSize?: number
  /** @default 'wait' */
  readonly whenFull?: WhenFull
}

export interface MessageDispatchStats {
  readonly queuedBytes: number
  readonly waitingBytes: number
  readonly waitingMessages: number
  /** Messages so far that had to wait, were rejected, or were dropped. */
  readonly waited: number
  readonly rejected: number
  readonly dropped: number
}

const DEFAULT_MAX_QUEUE_SIZE = 67_108_864

/**
 * Bounds what asynchronous messages may hold in memory. Sending never blocks here anyway (the transport queues per member), so this layer is a
 * count of bytes and, when it is full, a queue. Unlike Tomcat's it never overtakes: while anything is held back, everything goes behind it,
 * acknowledged messages too. A message larger than the whole queue passes when it is alone.
 */
export class MessageDispatchInterceptor extends ChannelInterceptor {
  readonly #maxQueueSize: number
  readonly #whenFull: WhenFull
  readonly #waiting = new WaitingLine()
  #queuedBytes = 0
  #waited = 0
  #rejected = 0
  #dropped = 0
  #isReleasing = false

  constructor(options: MessageDispatchOptions = {}) {
    super()
    this.#maxQueueSize = options.maxQueueSize ?? DEFAULT_MAX_QUEUE_SIZE
    this.#whenFull = options.whenFull ?? 'wait'
  }

  override get optionFlag(): number {
    return ASYNCHRONOUS
  }

  get stats(): MessageDispatchStats {
    return {
      queuedBytes: this.#queuedBytes,
      waitingBytes: this.#waiting.bytes,
      waitingMessages: this.#waiting.length,
      waited: this.#waited,
      rejected: this.#rejected,
      dropped: this.#dropped,
    }
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    if (this.#waiting.length > 0) this.#wait(message, delivery)
    else if (this.#hasRoomFor(message)) this.#passOn(message, delivery)
    else this.#overflow(message, delivery)
  }

  /** What waits goes down at once, past the limit: it is in memory already, and the sender below drains within a bound of its own. */
  override async stop(): Promise<void> {
    while (this.#waiting.length > 0) this.#passOnFirst()
  }

  #hasRoomFor(message: ChannelMessage): boolean {
    if ((message.options & ASYNCHRONOUS) === 0 || this.#queuedBytes === 0) return true
    return this.#queuedBytes + heldBytes(message) <= this.#maxQueueSize
  }

  #passOn(message: ChannelMessage, delivery: Delivery): void {
    if ((message.options & ASYNCHRONOUS) !== 0) this.#count(heldBytes(message), delivery)
    this.below.sendMessage(message, delivery)
  }

  #count(bytes: number, delivery: Delivery): void {
    this.#queuedBytes += bytes
    const settled = () => {
      this.#queuedBytes -= bytes
      if (this.#waiting.length > 0) this.#release()
    }
    delivery.observe({ settled })
  }

  #overflow(message: ChannelMessage, delivery: Delivery): void {
    switch (this.#whenFull) {
      case 'wait':
        return this.#wait(message, delivery)
      case 'reject':
        return this.#reject(delivery, this.#queuedBytes)
      case 'drop':
        this.#dropped++
        return fail(delivery, new MessageDroppedError(this.#queuedBytes, this.#maxQueueSize))
    }
  }

  #wait(message: ChannelMessage, delivery: Delivery): void {
    const { bytes } = this.#waiting
    if (bytes > 0 && bytes + heldBytes(message) > this.#maxQueueSize) return this.#reject(delivery, bytes)
    this.#waited++
    this.#waiting.push({ message, delivery })
  }

  #reject(delivery: Delivery, fullBytes: number): void {
    this.#rejected++
    fail(delivery, new QueueFullError(fullBytes, this.#maxQueueSize))
  }

  /** A message that settles while it goes down releases the next one from here, not from inside itself. */
  #release(): void {
    if (this.#isReleasing) return
    this.#isReleasing = true
    while (this.#waiting.first && this.#hasRoomFor(this.#waiting.first.message)) this.#passOnFirst()
    this.#isReleasing = false
  }

  #passOnFirst(): void {
    const { message, delivery } = this.#waiting.shift()
    this.#passOn(message, delivery)
  }
}

function fail(delivery: Delivery, cause: Error): void {
  for (const member of delivery.destinations) delivery.failed(member, cause)
}
