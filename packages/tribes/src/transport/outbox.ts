import { SYNCHRONIZED_ACK } from '../channel-message.js'
import type { Ack, FailedNumber, NumberRange } from '../wire/frame.js'
import { RemoteProcessError } from './errors.js'
import { costBytes, type Outgoing, wantsAck } from './outgoing.js'

const COMPACT_AT = 1024
const NO_BYTES = new Uint8Array(0)

/**
 * What one member has still to get, in the order of numbers, until it is acknowledged. Every entry's outcome is reported to its delivery exactly once.
 *
 *     head            received          unsent           end
 *       │ sent, seen by │ sent, not known │ queued, not    │
 *       │ its receiver  │ to have arrived │ yet written    │
 *
 * When a connection breaks, `unsent` goes back to `head`: what was sent and not acknowledged leaves again, in order, on the next one.
 * Positions count from the first message ever queued, so they stay valid when settled entries are cleared away under a loop.
 */
export class Outbox {
  #entries: Outgoing[] = []
  /** The position of `#entries[0]`. */
  #base = 0
  #head = 0
  #received = 0
  #unsent = 0
  #queuedBytes = 0
  #sentBytes = 0

  get isEmpty(): boolean {
    return this.#head === this.#end
  }

  get hasUnsent(): boolean {
    return this.#unsent < this.#end
  }

  /** True while something written waits for an acknowledgement. */
  get hasUnacknowledged(): boolean {
    return this.#head < this.#unsent
  }

  /** Not yet written. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  /** Written and not settled. */
  get sentBytes(): number {
    return this.#sentBytes
  }

  push(entry: Outgoing): void {
    this.#entries.push(entry)
    this.#queuedBytes += costBytes(entry.body.length)
  }

  /** The next entries to write, about `maxBytes` of them and at least one; they count as sent. */
  take(maxBytes: number): Outgoing[] {
    const batch: Outgoing[] = []
    let bytes = 0
    while (this.#unsent < this.#end && bytes < maxBytes) {
      const entry = this.#at(this.#unsent++)
      if (entry.state !== 'queued') continue
      this.#markSent(entry)
      bytes += entry.body.length
      batch.push(entry)
    }
    return batch
  }

  /** The stream has the batch: that is all an asynchronous message waits for. */
  handedOver(batch: readonly Outgoing[]): void {
    for (const entry of batch) if (entry.state === 'sent' && !wantsAck(entry)) this.#accept(entry)
    this.#trim()
  }

  acknowledged(ack: Ack): void {
    this.#receivedUpTo(ack.receivedUpTo)
    for (const range of ack.applied) this.#applied(range)
    for (const failed of ack.failed) this.#rejected(failed)
    this.#trim()
  }

  /**
   * The connection is gone. What it had written and nobody acknowledged is queued again, but for messages that have failed more than `maxFailures` times:
   * those get `error`. Answers how many leave again. `isCounted` false: the connection was put to rest, which is nobody's failure.
   */
  rewind(maxFailures: number, error: () => Error, isCounted: boolean): number {
    let resent = 0
    const sentEnd = this.#unsent
    this.#received = this.#unsent = this.#head
    for (let at = this.#head; at < sentEnd; at = this.#next(at)) {
      const entry = this.#at(at)
      if (entry.state !== 'sent') continue
      this.#markQueued(entry)
      if (isCounted) entry.failures++
      if (entry.failures > maxFailures) this.#fail(entry, error())
      else resent++
    }
    this.#trim()
    return resent
  }

  /** A dial failed: everything here has waited for it. */
  dialFailed(maxFailures: number, error: () => Error): void {
    this.#failWhere(this.#end, error, entry => ++entry.failures > maxFailures)
  }

  /** Fails what was queued at or before `sinceMs` and has not been acknowledged. Answers how many. */
  timeOutUnacknowledged(sinceMs: number, error: () => Error): number {
    return this.#failWhere(this.#firstAfter(sinceMs), error, wantsAck)
  }

  /** The same for what waits for nothing but the stream. */
  timeOutUnwritten(sinceMs: number, error: (first: Outgoing) => Error): number {
    return this.#failWhere(this.#firstAfter(sinceMs), error, entry => !wantsAck(entry))
  }

  failAll(error: () => Error): void {
    this.#failWhere(this.#end, error, () => true)
  }

  get #end(): number {
    return this.#base + this.#entries.length
  }

  #at(position: number): Outgoing {
    return this.#entries[position - this.#base]!
  }

  /** A settled delivery may call back into this queue and have entries cleared away under the loop. */
  #next(position: number): number {
    return Math.max(position + 1, this.#head)
  }

  #receivedUpTo(number: number): void {
    while (this.#received < this.#unsent) {
      const entry = this.#at(this.#received)
      if (entry.number > number) return
      this.#received++
      if (entry.state === 'sent' && (entry.options & SYNCHRONIZED_ACK) === 0) this.#accept(entry)
    }
  }

  #applied(range: NumberRange): void {
    for (let at = this.#firstFrom(range.from); at < this.#unsent; at = this.#next(at)) {
      const entry = this.#at(at)
      if (entry.number > range.to) return
      if (entry.state === 'sent') this.#accept(entry)
    }
  }

  #rejected(failed: FailedNumber): void {
    const at = this.#firstFrom(failed.number)
    if (at >= this.#unsent) return
    const entry = this.#at(at)
    if (entry.number !== failed.number || entry.state !== 'sent') return
    this.#fail(entry, new RemoteProcessError(entry.member, failed.reason))
  }

  #failWhere(end: number, error: (first: Outgoing) => Error, isFailed: (entry: Outgoing) => boolean): number {
    let failed = 0
    let shared: Error | undefined
    for (let at = this.#head; at < end; at = this.#next(at)) {
      const entry = this.#at(at)
      if (entry.state === 'done' || !isFailed(entry)) continue
      this.#fail(entry, (shared ??= error(entry)))
      failed++
    }
    this.#trim()
    return failed
  }

  #markSent(entry: Outgoing): void {
    entry.state = 'sent'
    this.#queuedBytes -= costBytes(entry.body.length)
    this.#sentBytes += costBytes(entry.body.length)
  }

  #markQueued(entry: Outgoing): void {
    entry.state = 'queued'
    this.#sentBytes -= costBytes(entry.body.length)
    this.#queuedBytes += costBytes(entry.body.length)
  }

  #accept(entry: Outgoing): void {
    this.#settle(entry)
    entry.delivery.accepted(entry.member)
  }

  #fail(entry: Outgoing, error: Error): void {
    this.#settle(entry)
    entry.delivery.failed(entry.member, error)
  }

  /** Before its delivery hears of it, which may send the next message at once. */
  #settle(entry: Outgoing): void {
    if (entry.state === 'queued') this.#queuedBytes -= costBytes(entry.body.length)
    else this.#sentBytes -= costBytes(entry.body.length)
    entry.state = 'done'
    entry.body = NO_BYTES
  }

  #trim(): void {
    while (this.#head < this.#end && this.#at(this.#head).state === 'done') this.#head++
    this.#received = Math.max(this.#received, this.#head)
    this.#unsent = Math.max(this.#unsent, this.#head)
    const settled = this.#head - this.#base
    if (settled === this.#entries.length) this.#entries = []
    else if (settled >= COMPACT_AT && settled * 2 >= this.#entries.length) this.#entries.splice(0, settled)
    else return
    this.#base = this.#head
  }

  #firstFrom(number: number): number {
    return this.#search(entry => entry.number >= number)
  }

  #firstAfter(ms: number): number {
    return this.#search(entry => entry.queuedAtMs > ms)
  }

  /** The first position whose entry `isPast`, by halving: numbers and times only grow. */
  #search(isPast: (entry: Outgoing) => boolean): number {
    let low = this.#head
    let high = this.#end
    while (low < high) {
      const middle = (low + high) >>> 1
      if (isPast(this.#at(middle))) high = middle
      else low = middle + 1
    }
    return low
  }
}
