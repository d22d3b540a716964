import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { Member } from '../member.js'
import type { Ack, ControlFrame } from '../wire/frame.js'
import type { Connection } from './connection.js'
import { MemberBehindError } from './errors.js'
import { Outbox } from './outbox.js'
import { costBytes, type Outgoing } from './outgoing.js'
import type { TransportOptions } from './transport-options.js'
import type { TransportStats } from './transport-stats.js'
import { isCopied, writeBatch } from './write-batch.js'

/** About as much is written in one turn; more would only wait in the stream, ahead of acknowledgements and answers. */
const BYTES_PER_TURN = 1_048_576

/** What waits here. */
export interface OutletFigures {
  readonly queuedBytes: number
  readonly unacknowledgedBytes: number
  readonly isBehind: boolean
}

export interface OutletComponents {
  readonly stats: TransportStats
  /** Messages were refused, and now the queue is empty. */
  caughtUp(): void
}

/**
 * The way out to one member: the outbox, the connection that it drains into, and the bound on what may wait. A message that does not fit makes the member
 * *behind*: it and all after it are refused until nothing waits any more, so that the member misses one stretch and not every other message.
 */
export class Outlet {
  readonly #components: OutletComponents
  readonly #options: TransportOptions
  readonly #outbox = new Outbox()
  #connection: Connection | undefined
  #isBlocked = false
  #isRetiring = false
  #sentOnConnection = 0
  #lastNumber = 0
  #behind: MemberBehindError | undefined
  /** Asynchronous messages whose bodies the stream still holds by reference. */
  #lent: Outgoing[] = []
  #emptyWaiters: (() => void)[] = []

  constructor(components: OutletComponents, options: TransportOptions) {
    this.#components = components
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#outbox.isEmpty
  }

  /** The stream has said that it has enough. */
  get isBlocked(): boolean {
    return this.#isBlocked
  }

  get canWrite(): boolean {
    return this.#connection !== undefined && !this.#isBlocked && !this.#isRetiring && this.#outbox.hasUnsent
  }

  get isRetiring(): boolean {
    return this.#isRetiring
  }

  get isReadyToRest(): boolean {
    return this.#isRetiring && !this.#isBlocked && !this.#outbox.hasUnacknowledged
  }

  get sentOnConnection(): number {
    return this.#sentOnConnection
  }

  /** Answers why it is refused, which its delivery does not know yet; undefined: it is not. */
  offer(message: ChannelMessage, delivery: Delivery, destination: Member, nowMs: number): Error | undefined {
    if (message.number <= this.#lastNumber) {
      throw new RangeError(`message ${message.number} follows ${this.#lastNumber}: numbers must grow on every link`)
    }
    this.#lastNumber = message.number
    if (!this.#hasRoomFor(message, destination)) {
      this.#components.stats.messagesRefused++
      return this.#behind
    }
    const { number, options, body } = message
    this.#outbox.push({
      number,
      options,
      body,
      member: destination,
      delivery,
      queuedAtMs: nowMs,
      failures: 0,
      state: 'queued',
    })
    return undefined
  }

  opened(connection: Connection): void {
    this.#connection = connection
    this.#isBlocked = false
    this.#isRetiring = false
    this.#sentOnConnection = 0
  }

  /** `isCounted`: the connection broke, and a message bears that `maxRetryAttempts` times. */
  closed(error: () => Error, isCounted: boolean): void {
    this.#connection = undefined
    this.#isBlocked = false
    this.#returnLent()
    this.#components.stats.messagesResent += this.#outbox.rewind(this.#options.maxRetryAttempts, error, isCounted)
    this.#emptied()
  }

  /** Writes `control` and as many messages as a turn may carry, in one call. */
  write(control: readonly ControlFrame[]): void {
    const connection = this.#connection
    if (!connection) return
    const messages = this.#isRetiring ? [] : this.#outbox.take(BYTES_PER_TURN)
    if (control.length + messages.length === 0) return
    this.#isBlocked = !connection.write(writeBatch(control, messages))
    this.#components.stats.messagesSent += messages.length
    this.#sentOnConnection += messages.length
    this.#handedOver(connection, messages)
  }

  drained(): void {
    this.#isBlocked = false
    this.#returnLent()
    this.#emptied()
  }

  acknowledged(ack: Ack): void {
    this.#components.stats.acksReceived++
    this.#outbox.acknowledged(ack)
    this.#emptied()
  }

  dialFailed(maxFailures: number, error: () => Error): void {
    this.#outbox.dialFailed(maxFailures, error)
    this.#emptied()
  }

  /** Acknowledgements that have not come since `sinceMs`. */
  timeOutUnacknowledged(sinceMs: number, error: () => Error): number {
    const failed = this.#outbox.timeOutUnacknowledged(sinceMs, error)
    this.#emptied()
    return failed
  }

  /** Asynchronous messages that the stream has not taken since `sinceMs`: the member has missed something, as one whose queue is full. */
  timeOutUnwritten(sinceMs: number): void {
    if (this.#connection?.bufferedBytes === 0) this.#returnLent()
    this.#outbox.timeOutUnwritten(sinceMs, entry => (this.#behind ??= this.#behindError(entry.member)))
    this.#emptied()
  }

  /** Everything that has waited since `sinceMs`: there is no connection. */
  timeOutAll(sinceMs: number, error: () => Error): void {
    this.#outbox.timeOutUnacknowledged(sinceMs, error)
    this.#outbox.timeOutUnwritten(sinceMs, error)
    this.#emptied()
  }

  /** The member is gone: nothing to catch up with. */
  forget(error: () => Error): void {
    this.#behind = undefined
    this.#connection = undefined
    this.#isBlocked = false
    this.#returnLent()
    this.#outbox.failAll(error)
    this.#emptied()
  }

  /** No more messages on this connection; it may rest when the last one is acknowledged. */
  retire(): void {
    this.#isRetiring = true
  }

  whenEmpty(): Promise<void> {
    if (this.#isQuiet) return Promise.resolve()
    return new Promise(resolve => this.#emptyWaiters.push(resolve))
  }

  inspect(): OutletFigures {
    const { queuedBytes, sentBytes } = this.#outbox
    return { queuedBytes, unacknowledgedBytes: sentBytes, isBehind: this.#behind !== undefined }
  }

  get #isQuiet(): boolean {
    return this.#outbox.isEmpty && !this.#isBlocked
  }

  /** What is written and unacknowledged may lie in the stream as well; it counts once. */
  get #waitingBytes(): number {
    const bufferedBytes = this.#connection?.bufferedBytes ?? 0
    return this.#outbox.queuedBytes + Math.max(this.#outbox.sentBytes, bufferedBytes)
  }

  #hasRoomFor(message: ChannelMessage, destination: Member): boolean {
    if (this.#behind) return false
    const waitingBytes = this.#waitingBytes
    if (waitingBytes === 0 || waitingBytes + costBytes(message.body.length) <= this.#options.maxQueueBytes) return true
    this.#behind = this.#behindError(destination)
    return false
  }

  /** One for all that are refused until the member has caught up: an error with its stack costs more than a message. */
  #behindError(member: Member): MemberBehindError {
    return new MemberBehindError(member, this.#waitingBytes, this.#options.maxQueueBytes)
  }

  #handedOver(connection: Connection, messages: readonly Outgoing[]): void {
    if (connection.bufferedBytes === 0) this.#outbox.handedOver(messages)
    else this.#lend(messages)
    this.#emptied()
  }

  /** A copied body is the stream's own; one that went by reference must not be given back before the kernel has it. */
  #lend(messages: readonly Outgoing[]): void {
    this.#outbox.handedOver(messages.filter(isCopied))
    for (const message of messages) if (!isCopied(message)) this.#lent.push(message)
  }

  #returnLent(): void {
    if (this.#lent.length > 0) this.#outbox.handedOver(this.#lent.splice(0))
  }

  #emptied(): void {
    if (!this.#isQuiet) return
    for (const resolve of this.#emptyWaiters.splice(0)) resolve()
    if (!this.#behind) return
    this.#behind = undefined
    this.#components.caughtUp()
  }
}
