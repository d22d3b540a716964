import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { Member } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { ThrottledLog } from '../throttled-log.js'
import type { Frame, Goodbye, GroupFrame } from '../wire/frame.js'
import type { TransportListener } from './channel-sender.js'
import type { Connection, ConnectionOwner } from './connection.js'
import { DialPace } from './dial-pace.js'
import { ConnectionClosedError } from './errors.js'
import { Exchange } from './exchange.js'
import { closeSoon } from './parting.js'
import type { TransportOptions } from './transport-options.js'
import type { TransportStats } from './transport-stats.js'

/** A dial on its way, as its link sees it. */
export interface PendingDial {
  /** True: our HELLO has left, so the member may already have accepted. */
  readonly isGreeting: boolean
  abandon(): void
}

/** Who makes connections for links. */
export interface Dialler {
  /** The link has something to send and nothing to send it on. */
  wanted(link: Link): void
  /** The link has a connection, whoever dialled it. */
  opened(link: Link): void
  /** The link's connection is gone. */
  closed(link: Link): void
  /** The member is gone as well: nothing is to be remembered of dialling it. */
  forget(link: Link, reason: Error): void
}

export interface LinkComponents {
  readonly clock: Clock
  readonly stats: TransportStats
  readonly log: ThrottledLog
  readonly listener: TransportListener
  readonly dialler: Dialler
  /** The digest of our list of members. */
  view(): number
}

export type LinkPhase = 'idle' | 'connecting' | 'greeting' | 'open' | 'resting'

type LinkState =
  | { readonly is: 'idle' }
  | { readonly is: 'dialling'; readonly dial: PendingDial }
  | { readonly is: 'open'; readonly connection: Connection }
  /** A GOODBYE has been said and nothing more is written; what the member still sends is read until the stream closes. */
  | { readonly is: 'resting'; readonly connection: Connection; readonly sinceMs: number }

const IDLE: LinkState = { is: 'idle' }

/**
 * Everything between this member and one incarnation of another: an exchange, and at most one live connection that carries it. The link outlives its
 * connections, and with it the numbers: that is why a break neither loses, doubles nor reorders an acknowledged message.
 *
 *     idle ──dialling──▶ dialling ──attach──▶ open ──goodbye──▶ resting
 *      ▲  ──attach──────────────────────────▶  │                   │
 *      └──────────────── closed ◀──────────────┴───────────────────┘
 */
export class Link implements ConnectionOwner {
  member: Member
  /** How often this member was dialled of late. */
  readonly pace = new DialPace()
  #state: LinkState = IDLE
  #idleSinceMs: number
  #lastFailure: Error | undefined
  #owner: Member | undefined
  #closeWaiters: (() => void)[] = []
  readonly #components: LinkComponents
  readonly #options: TransportOptions
  readonly #exchange: Exchange

  constructor(member: Member, components: LinkComponents, options: TransportOptions) {
    this.member = member
    this.#components = components
    this.#options = options
    this.#idleSinceMs = components.clock.now()
    const { clock, stats, log, listener } = components
    const ends = { member: () => this.member, mayRest: () => this.#rest(), view: () => components.view() }
    this.#exchange = new Exchange({ clock, stats, log, listener, ...ends }, options)
  }

  /** As it was when it was connected for the first time, because the numbers that are remembered here are those of the process at that address. */
  get owner(): Member | undefined {
    return this.#owner ?? (this.#state.is === 'dialling' ? this.member : undefined)
  }

  get phase(): LinkPhase {
    if (this.#state.is !== 'dialling') return this.#state.is
    return this.#state.dial.isGreeting ? 'greeting' : 'connecting'
  }

  /** Something waits, and there is neither a connection nor a dial. */
  get isWanting(): boolean {
    return this.#state.is === 'idle' && !this.#exchange.isEmpty
  }

  /** Connected, and nothing is under way: whatever comes next cannot be overdue soon. */
  get isAtEase(): boolean {
    return this.#state.is === 'open' && this.#exchange.isEmpty
  }

  /** Answers why it is refused, which its delivery does not know yet; undefined: it is not. */
  send(message: ChannelMessage, delivery: Delivery, destination: Member, nowMs: number): Error | undefined {
    const refusal = this.#exchange.send(message, delivery, destination, nowMs)
    if (!refusal && this.#state.is === 'idle') this.#components.dialler.wanted(this)
    return refusal
  }

  /** Resolves when the member's event loop has answered over the open connection; rejects with NoAnswerError, or when the connection goes. */
  ping(timeoutMs: number): Promise<void> {
    if (this.#state.is !== 'open') return Promise.reject(new ConnectionClosedError('there is no connection'))
    return this.#exchange.ping(timeoutMs)
  }

  /** How long the member owes an answer to `poke`; 0: it owes none. */
  get unansweredMs(): number {
    return this.#exchange.unansweredMs
  }

  /** Its messages pile up with our listeners, so nothing more is read from it. */
  get isUnread(): boolean {
    return this.#state.is === 'open' && this.#exchange.isPaused
  }

  /** False: there is no connection to ask over. */
  poke(): boolean {
    if (this.#state.is !== 'open') return false
    this.#exchange.poke()
    return true
  }

  /** False: there is no connection to say it over. */
  tell(frame: GroupFrame): boolean {
    if (this.#state.is !== 'open') return false
    this.#exchange.tell(frame)
    return true
  }

  /** The last word to a member that was dropped. The link does not wait for it to arrive: most who are dropped do not hear it. */
  expel(reason: Error): void {
    if (this.#state.is !== 'open') return
    const { connection } = this.#state
    this.#exchange.goodbye({ isExpelling: true })
    this.#becomeIdle()
    this.#connectionGone()
    closeSoon(connection, reason, this.#components.clock)
  }

  /** The member dialled although we hold a connection: ours must answer, or it is half-open and goes. */
  probe(): void {
    if (this.#state.is !== 'open' || this.#exchange.isAsking) return
    const { connection } = this.#state
    const patienceMs = Math.max(0, this.#options.readTestTimeoutMs - this.unansweredMs)
    this.ping(patienceMs).catch(error => connection.destroy(error))
  }

  dialling(dial: PendingDial): void {
    this.#state = { is: 'dialling', dial }
  }

  /** `isFinal`: this incarnation will not be reached by trying again. */
  dialFailed(error: Error, isFinal: boolean): void {
    this.#becomeIdle()
    this.#lastFailure = error
    this.#exchange.dialFailed(error, isFinal ? -1 : this.#options.maxRetryAttempts)
  }

  /** The member refused our dial because it has a connection with us; if that is news to us, one is on its way, or its end is half-open. */
  dialRefusedAsDuplicate(): void {
    this.#becomeIdle()
  }

  /** The handshake is complete; a dial of our own that is still on its way is given up. */
  attach(connection: Connection, member: Member): void {
    const { stats, listener, dialler } = this.#components
    if (this.#state.is === 'dialling') this.#state.dial.abandon()
    this.member = member
    this.#owner ??= member
    this.#state = { is: 'open', connection }
    this.#lastFailure = undefined
    connection.handOver(this, this.#options.maxFrameBytes)
    this.#exchange.opened(connection)
    stats.connectionsOpened++
    listener.memberConnected(member)
    dialler.opened(this)
  }

  /** Puts the connection to rest when what left on it is acknowledged; whatever comes next is sent on another. */
  renew(): void {
    if (this.#state.is === 'open') this.#exchange.retire()
  }

  /** Closes the connection as if it had broken. */
  drop(reason: Error): void {
    if (this.#state.is === 'open' || this.#state.is === 'resting') this.#state.connection.destroy(reason)
  }

  /** Closes and fails everything, silently: the caller knows. What was received stays known, so that nothing is delivered twice if the member comes back. */
  forget(reason: Error): void {
    const state = this.#state
    this.#becomeIdle()
    if (state.is === 'dialling') state.dial.abandon()
    if (state.is === 'open' || state.is === 'resting') this.#abandon(state.connection, reason)
    this.#exchange.forget(reason)
  }

  /** Resolves when nothing waits any more. */
  whenEmpty(): Promise<void> {
    return this.#exchange.whenEmpty()
  }

  /** Says goodbye for good; resolves when the connection is closed. */
  farewell(): Promise<void> {
    if (this.#state.is === 'open') {
      this.#exchange.goodbye()
      this.#becomeResting(this.#state.connection)
    }
    if (this.#state.is !== 'resting') return Promise.resolve()
    this.#state.connection.end(new ConnectionClosedError('we said goodbye'))
    return new Promise(resolve => this.#closeWaiters.push(resolve))
  }

  /** All timeouts that do not need a timer of their own. */
  sweep(nowMs: number): void {
    this.#timeOutMessages(nowMs)
    const state = this.#state
    if (state.is === 'open') this.#sweepConnection(state.connection, nowMs)
    if (state.is === 'resting' && nowMs - state.sinceMs >= this.#options.helloTimeoutMs) {
      state.connection.destroy(new ConnectionClosedError('it did not close after a goodbye'))
    }
  }

  /** True: nothing happened here for so long that no message of that incarnation can still be on its way. */
  isForgettable(nowMs: number, retentionMs: number): boolean {
    return this.#state.is === 'idle' && this.#exchange.isEmpty && nowMs - this.#idleSinceMs >= retentionMs
  }

  inspect(): object {
    const { queuedBytes, unacknowledgedBytes, isBehind, inFlightBytes } = this.#exchange.inspect()
    return { member: this.member.name, phase: this.phase, queuedBytes, unacknowledgedBytes, isBehind, inFlightBytes }
  }

  heard(): void {
    this.#components.listener.memberHeard(this.member)
  }

  drained(): void {
    this.#exchange.drained()
  }

  frameReceived(frame: Frame): void {
    if (frame.type === 'goodbye') this.#goodbyeReceived(frame)
    else this.#exchange.frameReceived(frame)
  }

  closed(connection: Connection, reason: Error): void {
    const state = this.#state
    if ((state.is !== 'open' && state.is !== 'resting') || state.connection !== connection) return
    this.#becomeIdle()
    this.#lastFailure = reason
    this.#connectionGone()
    this.#exchange.closed(reason, state.is === 'open')
    if (state.is === 'open') this.#components.listener.memberDisconnected(this.member, reason)
    this.#components.dialler.closed(this)
  }

  #goodbyeReceived(goodbye: Goodbye): void {
    if (this.#state.is !== 'open' && this.#state.is !== 'resting') return
    if (goodbye.isResting) {
      this.#state.connection.end(new ConnectionClosedError('the connection was put to rest'))
      this.#exchange.silence()
      this.#becomeResting(this.#state.connection)
    } else if (goodbye.isExpelling) {
      this.#dismissed(new ConnectionClosedError('it has dropped us'))
      this.#components.listener.memberExpelledUs(this.member)
    } else {
      this.#dismissed(new ConnectionClosedError('it said goodbye'))
      this.#components.listener.memberLeft(this.member)
    }
  }

  /** Nobody above need have known of a member that goes so soon, and would have it forgotten. */
  #dismissed(reason: Error): void {
    this.forget(reason)
    this.#components.dialler.forget(this, reason)
  }

  /** We wait for the member to close: until then it may still have been sending. */
  #rest(): void {
    if (this.#state.is !== 'open') return
    this.#exchange.goodbye({ isResting: true })
    this.#becomeResting(this.#state.connection)
  }

  #becomeResting(connection: Connection): void {
    this.#state = { is: 'resting', connection, sinceMs: this.#components.clock.now() }
  }

  #becomeIdle(): void {
    this.#state = IDLE
    this.#idleSinceMs = this.#components.clock.now()
  }

  /** The link is idle already, so it does not hear of this end. */
  #abandon(connection: Connection, reason: Error): void {
    connection.destroy(reason)
    this.#connectionGone()
  }

  #connectionGone(): void {
    this.#components.stats.connectionsClosed++
    for (const resolve of this.#closeWaiters.splice(0)) resolve()
  }

  #timeOutMessages(nowMs: number): void {
    const { timeoutMs } = this.#options
    if (this.#state.is === 'open') return this.#exchange.timeOut(nowMs - timeoutMs, timeoutMs)
    // Made only if something is overdue: a link without a connection comes by here four times a second.
    const reason = () => this.#lastFailure ?? new ConnectionClosedError(`no connection within ${timeoutMs} ms`)
    this.#exchange.timeOutOffline(nowMs - timeoutMs, reason)
  }

  #sweepConnection(connection: Connection, nowMs: number): void {
    const { partialFrameTimeoutMs, keepAliveTimeMs, keepAliveCount } = this.#options
    if (connection.closedAsStuck(nowMs, partialFrameTimeoutMs)) return
    const isOld = keepAliveTimeMs >= 0 && nowMs - connection.openedAtMs >= keepAliveTimeMs
    const isWorn = keepAliveCount >= 0 && this.#exchange.sentOnConnection >= keepAliveCount
    if (isOld || isWorn) this.#exchange.retire()
  }
}
