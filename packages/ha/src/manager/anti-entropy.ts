import {
  AckTimeoutError,
  type Clock,
  type DeliveryObserver,
  type FaultyMember,
  type Logger,
  type Member,
  MemberBehindError,
  type Random,
} from '@clowder/tribes'
import type { Message } from '../wire/message.js'
import type { Absences } from './absences.js'
import { Agreements } from './agreements.js'
import { Answers } from './answers.js'
import { copiesIn, listsOf } from './bucket-rows.js'
import type { Departures } from './departures.js'
import type { Digest } from './digest.js'
import { Exchange, type ExchangeOutcome } from './exchange.js'
import { type AntiEntropyCounts, ExchangeLine } from './exchange-line.js'
import type { KnownSessions } from './known-sessions.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import { PULL_EXCHANGES } from './pulls.js'
import type { Room } from './room.js'
import type { SessionReplicas } from './session-replicas.js'
import { SharedKnowledge } from './shared-knowledge.js'
import { Slices } from './slices.js'
import type { StallWatch } from './stall-watch.js'
import type { StateStream } from './state-stream.js'

/** An exchange in which nothing arrived for so long has failed, ms. */
const PATIENCE_MS = 5_000

export interface AntiEntropyComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly known: KnownSessions
  readonly departures: Departures
  readonly absences: Absences
  readonly placement: Placement
  readonly room: Room
  readonly stalls: StallWatch
}

type DoneMessage = Extract<Message, { type: 'DONE' }>
type ExchangeMessage = Extract<Message, { type: 'DIGEST' | 'BUCKETS' | 'LIST' | 'WANT' | 'DONE' }>

/**
 * Compares tables by digest and sends what differs, both ways. The same exchange serves a joining node, the healing of a partition, a member that
 * could not keep up, and the routine check:
 *
 *     opener                                answerer
 *     DIGEST (share, root)            →
 *                                     ←     DONE when the roots are equal (or not to be compared now), else BUCKETS (hash of each bucket)
 *     LIST (rows of differing buckets) →
 *                                     ←     STATE … (what the opener lacks), WANT (what the answerer lacks), DONE
 *     STATE …                         →
 *     DONE, of an opener that leaves
 */
export class AntiEntropy {
  readonly #components: AntiEntropyComponents
  readonly #knowledge: SharedKnowledge
  readonly #slices: Slices
  readonly #line: ExchangeLine
  readonly #answers: Answers
  readonly #agreements = new Agreements()
  readonly #exchanges = new Map<number, Exchange>()
  /** Begins anywhere, so that two members that compare with each other at a time do not use the same numbers. */
  #lastExchange: number
  #nextPeer = 0
  #isStopped = false

  constructor(components: AntiEntropyComponents) {
    this.#components = components
    this.#knowledge = new SharedKnowledge(components)
    this.#slices = new Slices(components)
    this.#line = new ExchangeLine(components)
    this.#answers = new Answers({ ...components, line: this.#line, knowledge: this.#knowledge, slices: this.#slices })
    this.#lastExchange = components.random.below(PULL_EXCHANGES)
  }

  get counts(): AntiEntropyCounts {
    return this.#line.counts
  }

  /** Whether this node has finished joining. */
  get isReady(): boolean {
    return this.#line.isReady
  }

  /**
   * It has: the others compare with it from now on, and it compares at once with all that it has not just found to hold the same. What they asked meanwhile was not compared, and one
   * of them may have been out of reach.
   */
  ready(): void {
    this.#line.isReady = true
    for (const peer of this.#components.peers.members()) this.#compareUnlessEqual(peer)
  }

  /** Comparisons under way, of either side. */
  get openCount(): number {
    return this.#exchanges.size + this.#answers.size
  }

  /** Compares one share of the table with `peer`. */
  open(peer: Member, share = 0, shares = 1): Promise<ExchangeOutcome> {
    if (this.#isStopped) return Promise.resolve({ kind: 'failed', reason: 'stopped' })
    return this.#begin(peer, share, shares).ended
  }

  /**
   * Before this node leaves: gives `peer` what it lacks, and tells what has been here: nobody else may know what this node created last, or, where the peer is still joining, what was here before. Resolves when it
   * has all that, or cannot have it.
   */
  async leaveTo(peer: Member): Promise<void> {
    while (await this.#isRefusedLeaving(peer)) await this.#components.room.at(peer)
  }

  /** Gives and tells what it takes. True: not all of it, because the peer is behind. */
  async #isRefusedLeaving(peer: Member): Promise<boolean> {
    const knowledge = this.#knowledge.now(true)
    const exchange = this.#begin(peer)
    const outcome = await exchange.ended
    if (outcome.kind === 'failed') return outcome.isBehind === true
    if (outcome.given && !(await outcome.given)) return false
    if (!this.isReady || !exchange.isWhole || this.#learnsNothing(outcome.answererReady)) return false
    await new Promise<void>(told => this.#slices.run(this.#answers.tellingExpired(peer, told)))
    const memory = exchange.withheld.without(knowledge.memory)
    const done = { exchange: exchange.id, sent: 0, ...knowledge, memory }
    return new Promise(resolve => {
      const memberFailed = ({ cause }: FaultyMember) => resolve(cause instanceof MemberBehindError)
      this.#line.sendDone(peer, done, { settled: () => resolve(false), memberFailed })
    })
  }

  /** Where nobody holds everything, who has not had something need not have had it. */
  #learnsNothing(isReady: boolean): boolean {
    return isReady && !this.#components.placement.isUnlimited
  }

  #begin(peer: Member, share = 0, shares = 1): Exchange {
    const id = (this.#lastExchange = (this.#lastExchange + 1) % PULL_EXCHANGES)
    // Whoever had nobody to join has not been told either: it asks the first that it meets.
    const asksWhoIsGone = !this.isReady || !this.#components.absences.isTold
    const root = this.#line.rootFor(peer, share, shares)
    const { view } = this.#components.peers
    const exchange = new Exchange({ id, peer, share, shares, asksWhoIsGone, root, view }, this.#components.clock.now())
    this.#exchanges.set(id, exchange)
    this.counts.opened++
    const { isReady } = this
    const digest: Message = { type: 'DIGEST', exchange: id, share, shares, isReady, asksWhoIsGone, view, root }
    this.#line.send(peer, digest, this.#watching(exchange))
    return exchange
  }

  /** A step that cannot be delivered is the end of it. Who is slow is given its time, but what is lost by that nobody knows. */
  #watching(exchange: Exchange): DeliveryObserver {
    const memberFailed = ({ cause }: FaultyMember) => {
      exchange.isWhole = false
      const isOpen = this.#exchanges.get(exchange.id) === exchange
      if (isOpen && !(cause instanceof AckTimeoutError))
        this.#fail(exchange, cause.message, cause instanceof MemberBehindError)
    }
    return { memberFailed }
  }

  /** The routine: gives up what stands still, and compares with the next member that is not being compared with, if anything has changed here. */
  tick(): void {
    this.#giveUpStalled()
    const members = this.#components.peers.members()
    const peer = members[this.#nextPeer++ % Math.max(1, members.length)]
    if (peer && this.isReady) this.#compareUnlessEqual(peer)
  }

  #compareUnlessEqual(peer: Member): void {
    if (!this.isComparing(peer) && !this.#stillAgrees(peer)) void this.open(peer)
  }

  #stillAgrees(peer: Member): boolean {
    const { clock, peers } = this.#components
    return this.#agreements.holds(peer.id, { root: this.#line.rootFor(peer, 0, 1), view: peers.view }, clock.now())
  }

  isComparing(peer: Member): boolean {
    for (const exchange of this.#exchanges.values()) if (exchange.peer.id === peer.id) return true
    return false
  }

  messageReceived(message: ExchangeMessage, source: Member): void {
    switch (message.type) {
      case 'DIGEST':
        return this.#answers.answer(message, source)
      case 'BUCKETS':
        return this.#list(message, source)
      case 'LIST':
        return this.#answers.compare(message, source)
      case 'WANT':
        return this.#sendWanted(message, source)
      case 'DONE':
        return this.#done(message, source)
    }
  }

  /** States of an exchange have arrived and been joined. */
  statesReceived(exchangeId: number, count: number, source: Member): void {
    const exchange = this.#progress(exchangeId, source)
    if (!exchange) return
    exchange.received += count
    this.counts.statesReceived += count
  }

  /** Messages to it were refused while it could not keep up. */
  memberCaughtUp(member: Member): void {
    this.#answers.memberCaughtUp(member)
  }

  memberDisappeared(member: Member): void {
    for (const exchange of this.#exchanges.values()) {
      if (exchange.peer.id === member.id) this.#fail(exchange, 'the member disappeared')
    }
    this.#agreements.forget(member.id)
    this.#answers.memberDisappeared(member)
    this.#line.memberDisappeared(member)
  }

  stop(): void {
    this.#isStopped = true
    this.#slices.stop()
    for (const exchange of this.#exchanges.values()) this.#fail(exchange, 'stopping')
    this.#answers.stop()
  }

  get #digest(): Digest {
    return this.#components.replicas.table.digest
  }

  /** Opener: sends its rows of every bucket that differs, in several messages when they are many. */
  #list({ exchange: exchangeId, buckets }: Extract<Message, { type: 'BUCKETS' }>, source: Member): void {
    const exchange = this.#progress(exchangeId, source)
    if (!exchange) return
    exchange.hasDiffered = true
    const shared = this.#components.placement.sharedWith(source)
    const differing = this.#digest.differing(buckets).filter(bucket => shared[bucket])
    this.#slices.run(this.#listing(exchange, differing))
  }

  *#listing(exchange: Exchange, buckets: readonly number[]): Generator<void> {
    const { known } = this.#components.known.memory()
    for (const { lists, isLast } of listsOf(this.#components.replicas.table, buckets)) {
      if (!this.#progress(exchange.id, exchange.peer)) return
      this.#line.send(
        exchange.peer,
        { type: 'LIST', exchange: exchange.id, lists, isLast, known },
        this.#watching(exchange),
      )
      yield
    }
  }

  #sendWanted({ exchange: id, buckets }: Extract<Message, { type: 'WANT' }>, source: Member): void {
    const exchange = this.#progress(id, source)
    if (!exchange) return
    exchange.stream ??= this.#newGift(exchange, source)
    const { clock, replicas } = this.#components
    exchange.stream.append(copiesIn(replicas.table, buckets, clock, copy => exchange.withheld.add(copy)))
  }

  #newGift(exchange: Exchange, target: Member): StateStream {
    let given = (_isGiven: boolean) => {}
    exchange.given = new Promise(resolve => {
      given = resolve
    })
    return this.#line.newStream(target, exchange.id, {
      ended: sent => given(sent !== undefined),
      leftOut: copy => exchange.withheld.add(copy),
      room: this.#components.room,
    })
  }

  /** WANTs come before DONE, so that nothing more will be appended to the opener's own stream. */
  #done(message: Extract<Message, { type: 'DONE' }>, source: Member): void {
    const exchange = this.#progress(message.exchange, source)
    if (!exchange) return this.#inherit(message, source)
    this.#exchanges.delete(exchange.id)
    exchange.stream?.close()
    if (exchange.isWhole) this.#knowledge.learn(exchange, message)
    const { given, received } = exchange
    const { isReady, canTell } = message
    if (isReady && !exchange.hasDiffered && exchange.shares === 1)
      this.#agreements.found(source.id, exchange, this.#components.clock.now())
    exchange.end({ kind: 'done', received, answererReady: isReady, answererCanTell: canTell, given })
  }

  /** It has given all that this node lacked, and leaves. */
  #inherit(message: DoneMessage, source: Member): void {
    if (!this.#components.absences.isLeaving(source) || !this.#answers.hasCompleted(source, message.exchange)) return
    this.#knowledge.learn({ asksWhoIsGone: !this.isReady, shares: 1 }, message)
  }

  #fail(exchange: Exchange, reason: string, isBehind?: boolean): void {
    this.counts.failed++
    this.#exchanges.delete(exchange.id)
    exchange.stream?.cancel()
    exchange.end({ kind: 'failed', reason, isBehind })
  }

  #giveUpStalled(): void {
    const nowMs = this.#components.clock.now()
    this.#answers.giveUp(nowMs - PATIENCE_MS)
    for (const exchange of this.#exchanges.values()) {
      if (nowMs - exchange.lastProgressMs >= PATIENCE_MS) this.#fail(exchange, `nothing arrived for ${PATIENCE_MS} ms`)
    }
  }

  /** The exchange that `source` speaks of, if it is one with `source`. */
  #progress(exchangeId: number, source: Member): Exchange | undefined {
    const exchange = this.#exchanges.get(exchangeId)
    if (exchange?.peer.id !== source.id) return undefined
    exchange.lastProgressMs = this.#components.clock.now()
    return exchange
  }
}
