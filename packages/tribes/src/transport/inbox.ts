import { type ChannelMessage, SYNCHRONIZED_ACK, USE_ACK } from '../channel-message.js'
import { NoListenerError } from '../errors.js'
import type { Member } from '../member.js'
import type { ThrottledLog } from '../throttled-log.js'
import type { Ack, FailedNumber, MessageFrame } from '../wire/frame.js'
import { costBytes } from './outgoing.js'
import type { TransportStats } from './transport-stats.js'

export interface InboxComponents {
  readonly stats: TransportStats
  readonly log: ThrottledLog
  messageReceived(message: ChannelMessage): void | Promise<void>
  /** `takeAcks` has something to say. */
  ackDue(): void
  /** `inFlightBytes` has become more or less. */
  inFlightChanged(): void
}

/** A range of messages applied, contiguous in the order of receipt: `last` is the place of `to` in that order. */
interface AppliedRange {
  from: number
  to: number
  last: number
}

/** How many failures are remembered for a sender that may ask again. */
const REMEMBERED_FAILURES = 256
const MOST_REASON_CHARACTERS = 200
/** What a failure costs until its sender has been told. */
const FAILURE_BYTES = 256
/** So that an ACK stays a small frame whatever the listeners do. */
const RANGES_PER_ACK = 512
const FAILURES_PER_ACK = 64

/**
 * What came from one member: delivers each number once and in order, whatever connections do, and knows what is still to be acknowledged.
 * A number not above the highest seen is a message sent again because its ACK was lost: it is not delivered, but acknowledged again.
 */
export class Inbox {
  readonly #components: InboxComponents
  #highest = 0
  #isAckDue = false
  /** Counts synchronized messages in the order of receipt; whatever its outcome, and when it comes again, each takes a place of its own. */
  #receipts = 0
  #applied: AppliedRange[] = []
  #failed: FailedNumber[] = []
  readonly #pending = new Set<number>()
  readonly #rememberedFailures = new Map<number, string>()
  #outcomeUnknownUpTo = 0
  #inFlightBytes = 0

  constructor(components: InboxComponents) {
    this.#components = components
  }

  get highestReceived(): number {
    return this.#highest
  }

  /** What is with listeners whose promises are open costs; and failures, of which a sender that does not read leaves any number untold. */
  get inFlightBytes(): number {
    return this.#inFlightBytes + FAILURE_BYTES * this.#failed.length
  }

  get isAckDue(): boolean {
    return this.#isAckDue
  }

  receive(frame: MessageFrame, source: Member): void {
    if (frame.number <= this.#highest) return this.#receivedAgain(frame)
    this.#highest = frame.number
    this.#components.stats.messagesReceived++
    if ((frame.options & USE_ACK) !== 0) this.#ackDue()
    const receipt = (frame.options & SYNCHRONIZED_ACK) === 0 ? 0 : ++this.#receipts
    this.#deliver({ number: frame.number, options: frame.options, body: frame.body, source }, receipt)
  }

  /** What is to be acknowledged, a frame's worth at a time; undefined when nothing is. */
  takeAcks(): Ack | undefined {
    if (!this.#isAckDue) return undefined
    const applied = this.#applied.splice(0, RANGES_PER_ACK)
    const failed = this.#failed.splice(0, FAILURES_PER_ACK)
    this.#isAckDue = this.#applied.length > 0 || this.#failed.length > 0
    if (failed.length > 0) this.#components.inFlightChanged()
    return { type: 'ack', receivedUpTo: this.#highest, applied, failed }
  }

  #deliver(message: ChannelMessage, receipt: number): void {
    try {
      const outcome = this.#components.messageReceived(message)
      if (outcome === undefined) this.#succeeded(message.number, receipt)
      else this.#await(outcome, message, receipt)
    } catch (error) {
      this.#listenerFailed(message, receipt, error)
    }
  }

  #await(outcome: Promise<void>, message: ChannelMessage, receipt: number): void {
    const bytes = costBytes(message.body.length)
    this.#pending.add(message.number)
    this.#addInFlight(bytes)
    outcome.then(
      () => {
        this.#pending.delete(message.number)
        this.#succeeded(message.number, receipt)
        this.#addInFlight(-bytes)
      },
      error => {
        this.#pending.delete(message.number)
        this.#listenerFailed(message, receipt, error)
        this.#addInFlight(-bytes)
      },
    )
  }

  #addInFlight(bytes: number): void {
    this.#inFlightBytes += bytes
    this.#components.inFlightChanged()
  }

  #succeeded(number: number, receipt: number): void {
    if (receipt > 0) this.#ackApplied(number, receipt)
  }

  #listenerFailed(message: ChannelMessage, receipt: number, error: unknown): void {
    const reason = String(error instanceof Error ? error.message : error).slice(0, MOST_REASON_CHARACTERS)
    if (!(error instanceof NoListenerError)) this.#logFailure(message, reason, error)
    if (receipt > 0) this.#ackFailed(message.number, reason)
  }

  #logFailure(message: ChannelMessage, reason: string, error: unknown): void {
    this.#components.stats.listenerFailures++
    this.#components.log.error(
      `listener ${message.source.id}`,
      { err: error, number: message.number, member: message.source.name },
      `a listener failed on message ${message.number} of ${message.source.name}: ${reason}`,
    )
  }

  #receivedAgain(frame: MessageFrame): void {
    this.#components.stats.duplicatesDropped++
    this.#ackDue()
    if ((frame.options & SYNCHRONIZED_ACK) === 0) return
    const receipt = ++this.#receipts
    if (this.#pending.has(frame.number)) return
    const reason = this.#rememberedFailures.get(frame.number)
    if (reason !== undefined) this.#oweFailure(frame.number, reason)
    else if (frame.number <= this.#outcomeUnknownUpTo) this.#oweFailure(frame.number, 'outcome forgotten')
    else this.#ackApplied(frame.number, receipt)
  }

  #ackApplied(number: number, receipt: number): void {
    const last = this.#applied.at(-1)
    if (last !== undefined && last.last + 1 === receipt && last.to < number) {
      last.to = number
      last.last = receipt
    } else {
      this.#applied.push({ from: number, to: number, last: receipt })
    }
    this.#ackDue()
  }

  #oweFailure(number: number, reason: string): void {
    this.#failed.push({ number, reason })
    this.#components.inFlightChanged()
  }

  #ackFailed(number: number, reason: string): void {
    this.#oweFailure(number, reason)
    this.#rememberedFailures.set(number, reason)
    if (this.#rememberedFailures.size > REMEMBERED_FAILURES) this.#forgetOldestFailure()
    this.#ackDue()
  }

  #forgetOldestFailure(): void {
    for (const number of this.#rememberedFailures.keys()) {
      this.#rememberedFailures.delete(number)
      this.#outcomeUnknownUpTo = Math.max(this.#outcomeUnknownUpTo, number)
      return
    }
  }

  #ackDue(): void {
    this.#isAckDue = true
    this.#components.ackDue()
  }
}
