import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import { type FaultyMember, TribesError } from '../errors.js'
import type { Member } from '../member.js'
import { alignedDelayMs } from '../ports/aligned-delay.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Address } from '../ports/network.js'
import type { GroupFrame } from '../wire/frame.js'
import { maxBodyBytes } from '../wire/frame.js'
import type { AskTimeouts, ChannelSender, DialTimeouts } from './channel-sender.js'
import {
  HandshakeRefusedError,
  MemberUnreachableError,
  MessageTooLargeError,
  NoAnswerError,
  TransportStoppedError,
} from './errors.js'
import type { Link } from './link.js'
import type { LinkTable } from './link-table.js'
import type { PooledParallelSender } from './pooled-parallel-sender.js'
import { sweepIntervalMs, type TransportOptions } from './transport-options.js'
import type { TransportStats } from './transport-stats.js'

export interface ReplicationTransmitterComponents {
  readonly clock: Clock
  readonly links: LinkTable
  readonly sender: PooledParallelSender
  readonly stats: TransportStats
}

/** A member that has just answered at its address has this long to answer on its connection too. */
const LAST_CHANCE_MS = 250
/** How much rarer the timer is while nothing is under way: it would only wake the process. */
const QUIET_SWEEPS = 2

/**
 * The sending half: gives a message to the link of each destination, and owns the one timer behind all their timeouts. A destination never waits for
 * another one: each has its own queue, and each outcome is reported as it comes.
 */
export class ReplicationTransmitter implements ChannelSender {
  readonly #clock: Clock
  readonly #links: LinkTable
  readonly #sender: PooledParallelSender
  readonly #stats: TransportStats
  readonly #options: TransportOptions
  #state: 'stopped' | 'running' | 'stopping' = 'stopped'
  #stopped: Promise<void> = Promise.resolve()
  #sweepTimer: Timer | undefined

  constructor(components: ReplicationTransmitterComponents, options: TransportOptions) {
    this.#clock = components.clock
    this.#links = components.links
    this.#sender = components.sender
    this.#stats = components.stats
    this.#options = options
  }

  async start(): Promise<void> {
    if (this.#state === 'stopping') await this.#stopped
    if (this.#state === 'running') return
    this.#state = 'running'
    this.#sender.start()
    this.#links.open(true)
    this.#sweepLater()
  }

  stop(): Promise<void> {
    if (this.#state !== 'running') return this.#stopped
    this.#state = 'stopping'
    this.#stopped = this.#drainAndClose()
    return this.#stopped
  }

  /** Refusals are told when everybody else has the message: whoever hears of one may send the next, and on every link numbers grow. */
  sendMessage(message: ChannelMessage, delivery: Delivery): void {
    const refusal = this.#refusalOf(message)
    const nowMs = this.#clock.now()
    let refused: FaultyMember[] | undefined
    for (const member of delivery.destinations) {
      const cause = refusal ?? this.#links.of(member).send(message, delivery, member, nowMs)
      if (cause) (refused ??= []).push({ member, cause })
    }
    for (const { member, cause } of refused ?? []) delivery.failed(member, cause)
  }

  async ask(member: Member, timeouts: AskTimeouts): Promise<void> {
    const link = this.#links.of(member)
    if (link.phase === 'open' && (await this.#answersOverOpenConnection(link, timeouts))) return
    await this.#sender.reach(link, timeouts.connectTimeoutMs)
    if (timeouts.performReadTest && link.phase === 'open') await link.ping(timeouts.readTestTimeoutMs)
  }

  dial(address: Address, timeouts?: DialTimeouts): Promise<Member> {
    if (this.#state !== 'running') return Promise.reject(new TransportStoppedError())
    return this.#sender.dial(address, timeouts)
  }

  poke(member: Member): boolean {
    return this.#links.get(member.id)?.poke() ?? false
  }

  tell(member: Member, frame: GroupFrame): boolean {
    return this.#links.get(member.id)?.tell(frame) ?? false
  }

  expel(member: Member, reason: Error): void {
    this.#links.get(member.id)?.expel(reason)
    this.forget(member, reason)
  }

  forget(member: Member, reason: Error): void {
    const link = this.#links.get(member.id)
    if (!link) return
    this.#sender.forget(link, new MemberUnreachableError(member, reason))
    link.forget(reason)
    this.#sender.dialNext()
  }

  forgetAll(reason: Error, givenUp: Member): void {
    this.#links.givenUp(givenUp)
    for (const link of this.#links.all()) this.forget(link.member, reason)
  }

  /** Every connection is put to rest in good order, and another is made for the next message: nothing is lost or failed, and what waits waits for one handshake. */
  renewConnections(): void {
    this.#links.renew(this.#clock.now())
  }

  /** Counters, and one line per link. */
  inspect(): { readonly stats: Readonly<TransportStats>; readonly links: readonly object[] } {
    return { stats: { ...this.#stats }, links: this.#links.all().map(link => link.inspect()) }
  }

  /**
   * False: there is no connection any more, and a new one will tell whether the member lives. When the connection is silent the member is asked at its
   * address, on a stream of its own: a member that stands still keeps its connection, and only one that answers there has a half-open one.
   */
  async #answersOverOpenConnection(link: Link, timeouts: AskTimeouts): Promise<boolean> {
    const { performReadTest, readTestTimeoutMs, connectTimeoutMs } = timeouts
    const patienceMs = (performReadTest ? readTestTimeoutMs : connectTimeoutMs) - link.unansweredMs
    if (patienceMs > 0 && (await pings(link, patienceMs))) return true
    if (link.phase !== 'open') return false
    await this.#askAtItsAddress(link.member, timeouts)
    if (link.phase !== 'open') return false
    // What it says on the connection waits here: that is our silence, not its.
    if (link.isUnread) return true
    if (await pings(link, Math.min(LAST_CHANCE_MS, readTestTimeoutMs))) return true
    link.drop(new NoAnswerError(link.member, readTestTimeoutMs))
    return false
  }

  /** Rejects when nobody answers there, or another incarnation does. */
  async #askAtItsAddress(member: Member, { connectTimeoutMs, readTestTimeoutMs }: AskTimeouts): Promise<void> {
    const timeouts = { connectTimeoutMs, helloTimeoutMs: readTestTimeoutMs }
    const found = await this.#sender.dial(member, timeouts).catch(error => {
      throw new MemberUnreachableError(member, error)
    })
    if (found.id !== member.id) throw new HandshakeRefusedError(member, 'other incarnation', `${found.id} is here now`)
  }

  #refusalOf(message: ChannelMessage): Error | undefined {
    if (this.#state !== 'running') return new TransportStoppedError()
    const most = maxBodyBytes(this.#options.maxFrameBytes)
    if (message.body.length > most) return new MessageTooLargeError(message.body.length, most)
    return undefined
  }

  #sweepLater(): void {
    const intervalMs = sweepIntervalMs(this.#options.timeoutMs)
    const isQuiet = this.#links.all().every(link => link.isAtEase)
    const delayMs = isQuiet ? alignedDelayMs(this.#clock, QUIET_SWEEPS * intervalMs) : intervalMs
    this.#sweepTimer = this.#clock.setTimer(delayMs, () => {
      this.#links.sweep(this.#clock.now())
      this.#sender.dialNext()
      this.#sweepLater()
    })
  }

  /** What is queued has `timeout` to leave, then the goodbyes have as long; whatever is left after that is failed. */
  async #drainAndClose(): Promise<void> {
    await this.#atMost(this.#links.all().map(link => link.whenEmpty()))
    this.#links.open(false)
    this.#sender.stop()
    await this.#atMost(this.#links.all().map(link => link.farewell()))
    for (const link of this.#links.all()) link.forget(new TransportStoppedError())
    this.#sweepTimer?.cancel()
    this.#state = 'stopped'
  }

  #atMost(tasks: readonly Promise<void>[]): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#clock.setTimer(this.#options.timeoutMs, resolve)
      Promise.all(tasks).then(() => {
        timer.cancel()
        resolve()
      })
    })
  }
}

/** False: no answer, or the connection broke. */
async function pings(link: Link, timeoutMs: number): Promise<boolean> {
  try {
    await link.ping(timeoutMs)
    return true
  } catch (error) {
    if (!(error instanceof TribesError)) throw error
    return false
  }
}
