import type { Clock, Member, Timer } from '@clowder/tribes'
import { followCopy } from '../manager/following.js'
import type { Peers } from '../manager/peers.js'
import { actorOf } from '../manager/peers.js'
import type { Placement } from '../manager/placement.js'
import type { Pulls } from '../manager/pulls.js'
import type { SessionReplicas } from '../manager/session-replicas.js'
import { bucketOf } from '../manager/session-table.js'
import type { DeltaSession } from '../session/delta-session.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { emptyToken } from '../state/version-token.js'
import type { KnownLock, LockMessage } from '../wire/lock-message.js'
import type { ViewChange } from './lock-hearing.js'
import { LockHome } from './lock-home.js'
import type { Left } from './lock-table.js'
import { SessionLock } from './session-lock.js'

export interface SessionLocksComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly placement: Placement
  readonly replicas: SessionReplicas
  readonly pulls: Pulls
}

type MessageOf<Type extends LockMessage['type']> = Extract<LockMessage, { type: Type }>

/** A question that waits for its lock. */
interface Question {
  readonly id: string
  readonly number: number
  /** When it was asked first: the lease counts from then, monotonic ms. */
  readonly askedMs: number
  readonly untilMs: number
  readonly answer: (lock: SessionLock | undefined) => void
  timer: Timer | undefined
}

interface HeldLock {
  readonly lock: SessionLock
  renewal: number
  renewedMs: number
  timer: Timer | undefined
}

/** A question that is not answered is repeated, ms: it, or the answer, may have been lost with a connection or a process. */
const REPEAT_MS = 300
/** Who is told to ask another home may know of it before the other does, ms. */
const ASK_ANOTHER_MS = 25
const RENEWALS_PER_LEASE = 3
/** Nobody waits longer, whatever is asked for, ms: it is told in a message, in which not every number can stand. */
const MAX_TIMEOUT_MS = 600_000

/** Of a question that is taken back. */
const nothingLeft: Left = { fence: 0, left: emptyToken, isCertain: false }

/** The locks that this process's requests ask for and hold. Where the home is this process itself, no message is sent. See docs/design/0007-session-locks.md. */
export class SessionLocks {
  readonly counts = { asked: 0, granted: 0, timedOut: 0, full: 0, lost: 0 }
  readonly #components: SessionLocksComponents
  readonly #leaseMs: number
  readonly #home: LockHome
  readonly #questions = new Map<number, Question>()
  readonly #held = new Map<number, HeldLock>()
  #lastNumber = 0
  #isStopped = false

  /** `leaseMs`: the same on all members. */
  constructor(components: SessionLocksComponents, leaseMs: number) {
    this.#components = components
    this.#leaseMs = leaseMs
    const toOwnAsker = (message: LockMessage) => this.#answered(message)
    const heldFrom = (home: Member) => this.#heldFrom(home)
    this.#home = new LockHome({ ...components, toOwnAsker, heldFrom }, leaseMs)
  }

  /** Plain figures: of the requests of this process, and of the sessions whose locks it gives. */
  inspect() {
    const { asked, granted, timedOut, full, lost } = this.counts
    const own = { asked, granted, timedOut, full, lost, waiting: this.#questions.size, held: this.#held.size }
    return { own, home: this.#home.inspect() }
  }

  /**
   * The lock of the session, as soon as everybody who asked before has given it back; undefined when it could not be had within `timeoutMs`. The session is to be opened,
   * or read again, after that: see `SessionLock.seen`. `timeoutMs` is at most ten minutes; with 0, or what is no number, it cannot be had. Never rejects.
   */
  async lock(id: string, timeoutMs: number): Promise<SessionLock | undefined> {
    this.counts.asked++
    const patienceMs = timeoutMs > 0 ? Math.min(timeoutMs, MAX_TIMEOUT_MS) : 0
    const lock = await new Promise<SessionLock | undefined>(answer => this.#ask(id, patienceMs, answer))
    if (lock?.isCertain === false) await this.#askEverybody(lock)
    return lock
  }

  /** A session that was open before it was locked is about the copy that there is now. */
  follow(session: DeltaSession): void {
    const { clock, replicas } = this.#components
    followCopy(session, replicas, clock.now())
  }

  messageReceived(message: LockMessage, source: Member): void {
    const owner = actorOf(source)
    switch (message.type) {
      case 'LOCK':
        return this.#home.asked(message, owner)
      case 'RENEW':
        return this.#home.renewed(message, owner)
      case 'UNLOCK':
        return this.#home.released(message, owner)
      case 'WHOSE':
        return this.#home.whose(message, source)
      case 'LOCKS':
        return this.#home.learned(message, source)
      case 'GRANTED':
      case 'DENIED':
        return this.#answered(message, source)
    }
  }

  /** Questions and locks follow their sessions to the home that they have now. */
  viewChanged(change?: ViewChange): void {
    this.#home.viewChanged(change)
    for (const held of [...this.#held.values()]) this.#renew(held)
    for (const question of [...this.#questions.values()]) this.#send(question)
  }

  tick(): void {
    this.#home.tick()
  }

  /** This process has told the others that it leaves: it gives no locks from now on. */
  leave(): void {
    this.#home.leave()
  }

  /** Nobody who waits is left waiting, and nobody elsewhere for what is held here. */
  stop(): void {
    if (this.#isStopped) return
    for (const question of [...this.#questions.values()]) this.#giveUp(question)
    for (const { lock } of [...this.#held.values()]) lock.release()
    this.#isStopped = true
    this.#home.stop()
  }

  /** Whoever held it last has not said what it wrote. */
  async #askEverybody(lock: SessionLock): Promise<void> {
    const { clock, pulls } = this.#components
    const { everybodyAnswered } = await pulls.pull(lock.id, () => false, { ofAll: true, sinceMs: clock.now() })
    lock.isCertain = everybodyAnswered
  }

  #ask(id: string, timeoutMs: number, answer: Question['answer']): void {
    const nowMs = this.#components.clock.now()
    const number = ++this.#lastNumber
    const question: Question = { id, number, askedMs: nowMs, untilMs: nowMs + timeoutMs, answer, timer: undefined }
    // After the end this process is alone, and what it changes is lost with it.
    if (this.#isStopped)
      return answer(this.#newLock(question, { ...nothingLeft, isCertain: true }, nowMs + this.#leaseMs))
    this.#questions.set(number, question)
    this.#send(question)
  }

  /** Asks, or asks again under the same number. */
  #send(question: Question, againMs = REPEAT_MS): void {
    const { clock } = this.#components
    const patienceMs = question.untilMs - clock.now()
    question.timer?.cancel()
    if (patienceMs <= 0) return this.#giveUp(question)
    question.timer = clock.setTimer(Math.min(againMs, patienceMs), () => this.#send(question))
    const { id, number } = question
    const stamp = this.#stamp()
    this.#toHome({ type: 'LOCK', id, number, leaseMs: this.#leaseMs, patienceMs: Math.ceil(patienceMs), stamp })
  }

  #giveUp(question: Question): void {
    this.counts.timedOut++
    this.#settle(question, undefined)
    this.#giveBack(question, nothingLeft)
  }

  #settle(question: Question, lock: SessionLock | undefined): void {
    question.timer?.cancel()
    this.#questions.delete(question.number)
    question.answer(lock)
  }

  /** `source` absent: this process itself. */
  #answered(message: LockMessage, source?: Member): void {
    if (message.type === 'GRANTED') this.#granted(message, source)
    else if (message.type === 'DENIED') this.#denied(message)
  }

  #granted(message: MessageOf<'GRANTED'>, source: Member | undefined): void {
    const { id, number, renewal } = message
    const question = this.#questions.get(number)
    const held = this.#held.get(number)
    if (renewal > 0 || held) return held && this.#renewed(held, message)
    const isHome = (source?.id ?? this.#components.peers.localId) === this.#homeOf(id)
    if (question?.id === id && isHome) return this.#taken(question, message)
    // Nobody waits for it any more, or it comes from somebody who is not the home, as far as can be seen from here.
    this.#giveBack(message, message, source)
    if (!isHome) this.#giveBack(message, message)
  }

  #taken(question: Question, message: MessageOf<'GRANTED'>): void {
    const { clock, replicas } = this.#components
    const { fence, waitedMs, leaseMs } = message
    replicas.hybridClock.observe(fence)
    const endsMs = question.askedMs + waitedMs + leaseMs
    if (endsMs <= clock.now()) {
      // It came too late. The question begins anew, for the lease of this one is over.
      this.#giveBack(message, message)
      this.#questions.delete(question.number)
      question.timer?.cancel()
      return this.#ask(question.id, question.untilMs - clock.now(), question.answer)
    }
    this.counts.granted++
    const lock = this.#newLock(question, message, endsMs)
    const held: HeldLock = { lock, renewal: 0, renewedMs: clock.now(), timer: undefined }
    this.#held.set(lock.number, held)
    this.#renewLater(held)
    this.#settle(question, lock)
  }

  #newLock({ id, number }: Question, { fence, left: seen, isCertain }: Left, endsMs: number): SessionLock {
    const release = (lock: SessionLock) => this.#released(lock)
    return new SessionLock({ ...this.#components, release }, { id, number, fence, endsMs, seen, isCertain })
  }

  #renewLater(held: HeldLock): void {
    held.timer?.cancel()
    held.timer = this.#components.clock.setTimer(this.#leaseMs / RENEWALS_PER_LEASE, () => this.#renew(held))
  }

  #renew(held: HeldLock): void {
    const { clock } = this.#components
    const { id, number, fence, isHeld } = held.lock
    held.renewal++
    held.renewedMs = clock.now()
    this.#renewLater(held)
    const { renewal } = held
    const stamp = this.#stamp()
    this.#toHome({ type: 'RENEW', id, number, renewal, fence, leaseMs: this.#leaseMs, stamp, isHeld })
  }

  #renewed(held: HeldLock, { renewal, leaseMs }: MessageOf<'GRANTED'>): void {
    if (renewal === held.renewal && renewal > 0) held.lock.renewed(held.renewedMs + leaseMs)
  }

  #denied({ id, number, why }: MessageOf<'DENIED'>): void {
    const question = this.#questions.get(number)
    const held = this.#held.get(number)
    if (why === 'lost' && held?.lock.id === id) {
      this.counts.lost++
      held.lock.lost()
    }
    if (question?.id !== id) return
    if (why === 'full') {
      this.counts.full++
      return this.#settle(question, undefined)
    }
    question.timer?.cancel()
    question.timer = this.#components.clock.setTimer(ASK_ANOTHER_MS, () => this.#send(question))
  }

  #released(lock: SessionLock): void {
    this.#held.get(lock.number)?.timer?.cancel()
    if (this.#held.delete(lock.number)) this.#giveBack(lock, lock)
  }

  /** A lock, or, with `nothingLeft`, a question. Without `to`: to its home. */
  #giveBack({ id, number }: Pick<Question, 'id' | 'number'>, { fence, left, isCertain }: Left, to?: Member): void {
    const message = { type: 'UNLOCK', id, number, fence, stamp: this.#stamp(), isCertain, left } as const
    if (to) this.#components.peers.send([to], message, 'use-ack')
    else this.#toHome(message)
  }

  /** How far this process's clock is: it gives no lower stamp from now on, and no higher one before. */
  #stamp(): Stamp {
    const { hybridClock } = this.#components.replicas
    return Math.max(hybridClock.last, hybridClock.before(0))
  }

  #toHome(message: MessageOf<'LOCK'> | MessageOf<'RENEW'> | MessageOf<'UNLOCK'>): void {
    const { peers } = this.#components
    if (this.#isStopped) return
    const home = this.#homeOf(message.id)
    if (home !== peers.localId)
      return peers.send(
        peers.members().filter(m => m.id === home),
        message,
        'use-ack',
      )
    if (message.type === 'LOCK') this.#home.asked(message, peers.actor)
    else if (message.type === 'RENEW') this.#home.renewed(message, peers.actor)
    else this.#home.released(message, peers.actor)
  }

  #homeOf(id: string): string {
    return this.#components.placement.primaryOf(bucketOf(id))
  }

  #heldFrom(home: Member): readonly KnownLock[] {
    const owner = this.#components.peers.actor
    const locks = [...this.#held.values()].map(({ lock }) => lock).filter(lock => lock.isHeld)
    const its = locks.filter(({ id }) => this.#homeOf(id) === home.id)
    return its.map(({ id, number, fence, remainingMs, seen: left }) => ({
      id,
      owner,
      number,
      fence,
      leaseMs: Math.ceil(remainingMs),
      left,
    }))
  }
}
