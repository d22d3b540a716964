import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import { MalformedError } from '../errors.js'
import type { Member } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { ThrottledLog } from '../throttled-log.js'
import type { ControlFrame, Frame, GroupFrame } from '../wire/frame.js'
import type { TransportListener } from './channel-sender.js'
import type { Connection } from './connection.js'
import { AckTimeoutError, MemberUnreachableError } from './errors.js'
import { Inbox } from './inbox.js'
import { Outlet, type OutletFigures } from './outlet.js'
import { Pings } from './pings.js'
import type { TransportOptions } from './transport-options.js'
import type { TransportStats } from './transport-stats.js'

export interface ExchangeComponents {
  readonly clock: Clock
  readonly stats: TransportStats
  readonly log: ThrottledLog
  readonly listener: TransportListener
  /** The digest of our list of members. */
  view(): number
  /** The member at the other end, as it last introduced itself. */
  member(): Member
  /** The connection has nothing more to carry and may be put to rest. */
  mayRest(): void
}

/** Frames about third members that may wait for one connection. */
const MOST_TOLD = 64

/**
 * What two members say to each other: messages out and in, acknowledgements, questions. It goes on over any number of connections, one at a time, and writes at
 * most once a turn, however much there is to say.
 */
export class Exchange {
  readonly #components: ExchangeComponents
  readonly #options: TransportOptions
  readonly #outlet: Outlet
  readonly #inbox: Inbox
  readonly #pings: Pings
  readonly #flushNow = (): void => this.#flush()
  #connection: Connection | undefined
  #told: GroupFrame[] = []
  #isFlushDue = false
  #isPaused = false

  constructor(components: ExchangeComponents, options: TransportOptions) {
    const { clock, stats, log, listener, member, view } = components
    this.#components = components
    this.#options = options
    this.#pings = new Pings({ clock, view })
    this.#outlet = new Outlet({ stats, caughtUp: () => listener.memberCaughtUp(member()) }, options)
    this.#inbox = new Inbox({
      stats,
      log,
      messageReceived: message => listener.messageReceived(message),
      ackDue: () => this.#flushAtEndOfTurn(),
      inFlightChanged: () => this.#regulateReading(),
    })
  }

  /** Nothing waits to be sent or acknowledged. */
  get isEmpty(): boolean {
    return this.#outlet.isEmpty
  }

  get isPaused(): boolean {
    return this.#isPaused
  }

  get isAsking(): boolean {
    return this.#pings.isAsking
  }

  get sentOnConnection(): number {
    return this.#outlet.sentOnConnection
  }

  /** See `Outlet.offer`. */
  send(message: ChannelMessage, delivery: Delivery, destination: Member, nowMs: number): Error | undefined {
    const refusal = this.#outlet.offer(message, delivery, destination, nowMs)
    if (!refusal) this.#flushAtEndOfTurn()
    return refusal
  }

  ping(timeoutMs: number): Promise<void> {
    const answer = this.#pings.ask(this.#components.member(), timeoutMs)
    this.#flushAtEndOfTurn()
    return answer
  }

  /** How long the member has not answered a `poke`; 0: it owes no answer. */
  get unansweredMs(): number {
    return this.#pings.unansweredMs
  }

  poke(): void {
    this.#pings.poke()
    this.#flushAtEndOfTurn()
  }

  /** What does not fit is lost: it will be said again as long as it is true. */
  tell(frame: GroupFrame): void {
    if (this.#told.length < MOST_TOLD) this.#told.push(frame)
    this.#flushAtEndOfTurn()
  }

  opened(connection: Connection): void {
    this.#connection = connection
    this.#isPaused = false
    this.#outlet.opened(connection)
    this.#flushAtEndOfTurn()
  }

  /** `isCounted`: it broke, and was not put to rest. */
  closed(reason: Error, isCounted: boolean): void {
    this.#connection = undefined
    this.#told = []
    this.#pings.failAll(reason)
    this.#outlet.closed(this.#unreachable(reason), isCounted)
  }

  dialFailed(reason: Error, maxFailures: number): void {
    this.#outlet.dialFailed(maxFailures, this.#unreachable(reason))
  }

  /** The member is gone: everything fails. What was received stays known. */
  forget(reason: Error): void {
    this.#connection = undefined
    this.#told = []
    this.#pings.failAll(reason)
    this.#outlet.forget(this.#unreachable(reason))
  }

  /** No message leaves on this connection any more; `mayRest` follows when all that left are acknowledged. */
  retire(): void {
    this.#outlet.retire()
    this.#flushAtEndOfTurn()
  }

  /** The last words on this connection. */
  goodbye({ isResting = false, isExpelling = false } = {}): void {
    this.#outlet.write([...this.#dueControl(), { type: 'goodbye', isResting, isExpelling }])
    this.silence()
  }

  /** Nothing more is written on this connection, but what comes is still read, whatever piles up: unread it would not notice its end either. */
  silence(): void {
    if (this.#isPaused) this.#connection?.resume()
    this.#connection = undefined
  }

  whenEmpty(): Promise<void> {
    return this.#outlet.whenEmpty()
  }

  drained(): void {
    this.#outlet.drained()
    this.#flushAtEndOfTurn()
  }

  frameReceived(frame: Frame): void {
    switch (frame.type) {
      case 'message':
        return this.#inbox.receive(frame, this.#components.member())
      case 'ack':
        this.#outlet.acknowledged(frame)
        if (this.#outlet.isRetiring) this.#flushAtEndOfTurn()
        return
      case 'ping':
        this.#pings.asked(frame.token)
        this.#flushAtEndOfTurn()
        return this.#components.listener.viewSeen(this.#components.member(), frame.view)
      case 'pong':
        this.#pings.answered(frame.token)
        return this.#components.listener.viewSeen(this.#components.member(), frame.view)
      case 'members':
      case 'doubt':
      case 'vouch':
        return this.#components.listener.groupFrameReceived(this.#components.member(), frame)
      case 'unknown':
        this.#components.stats.framesUnknown++
        return
      default:
        throw new MalformedError(`a ${frame.type} after the handshake`)
    }
  }

  timeOut(sinceMs: number, timeoutMs: number): void {
    const error = () => new AckTimeoutError(this.#components.member(), timeoutMs)
    this.#components.stats.ackTimeouts += this.#outlet.timeOutUnacknowledged(sinceMs, error)
    this.#outlet.timeOutUnwritten(sinceMs)
  }

  timeOutOffline(sinceMs: number, reason: () => Error): void {
    this.#outlet.timeOutAll(sinceMs, () => new MemberUnreachableError(this.#components.member(), reason()))
  }

  inspect(): OutletFigures & { readonly inFlightBytes: number } {
    const { queuedBytes, unacknowledgedBytes, isBehind } = this.#outlet.inspect()
    return { queuedBytes, unacknowledgedBytes, isBehind, inFlightBytes: this.#inbox.inFlightBytes }
  }

  #unreachable(reason: Error): () => MemberUnreachableError {
    return () => new MemberUnreachableError(this.#components.member(), reason)
  }

  /** A member whose messages pile up with our listeners is not read any further; TCP makes it feel that. */
  #regulateReading(): void {
    const { maxInFlightBytes } = this.#options
    const limit = this.#isPaused ? maxInFlightBytes / 2 : maxInFlightBytes
    const isPaused = this.#inbox.inFlightBytes > limit
    if (!this.#connection || isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (!isPaused) return this.#connection.resume()
    this.#components.stats.readingPaused++
    this.#connection.pause()
  }

  #flushAtEndOfTurn(): void {
    if (this.#isFlushDue || !this.#connection) return
    this.#isFlushDue = true
    this.#components.clock.endOfTurn(this.#flushNow)
  }

  /** The one write of this turn: acknowledgements and answers first, then messages. */
  #flush(): void {
    this.#isFlushDue = false
    if (!this.#connection || this.#outlet.isBlocked) return
    this.#outlet.write(this.#dueControl())
    if (this.#outlet.isReadyToRest) this.#components.mayRest()
    else if (this.#outlet.canWrite) this.#flushAtEndOfTurn()
  }

  #dueControl(): ControlFrame[] {
    const due: ControlFrame[] = [...this.#pings.takeDue(), ...this.#told.splice(0)]
    for (let ack = this.#inbox.takeAcks(); ack; ack = this.#inbox.takeAcks()) {
      this.#components.stats.acksSent++
      due.push(ack)
    }
    return due
  }
}
