import { isNameOfDomain } from '../domain-name.js'
import { isTwin } from '../incarnation.js'
import { type Member, memberText } from '../member.js'
import type { Logger } from '../ports/logger.js'
import type { Address } from '../ports/network.js'
import type { Random } from '../ports/random.js'
import type { RefusalReason } from '../wire/frame.js'
import { encodeFrame } from '../wire/frame-encoder.js'
import type { DialTimeouts, TransportListener } from './channel-sender.js'
import type { Connection } from './connection.js'
import { Course, type Waiter } from './course.js'
import { Dial, type DialComponents, type DialObserver } from './dial.js'
import {
  HandshakeRefusedError,
  HandshakeTimeoutError,
  MemberUnreachableError,
  TooManyJoinsError,
  TransportStoppedError,
} from './errors.js'
import type { Dialler, Link } from './link.js'
import type { LinkTable } from './link-table.js'
import { closeSoon } from './parting.js'
import type { TransportOptions } from './transport-options.js'

/** Refusals that somebody must mend. */
const MISTAKES: readonly RefusalReason[] = [
  'other cluster',
  'other protocol',
  'other name',
  'other host',
  'other encryption',
  'too many joins',
]

export interface PooledParallelSenderComponents extends DialComponents {
  readonly links: LinkTable
  readonly random: Random
  readonly logger: Logger
  readonly listener: Pick<TransportListener, 'incarnationTaken'>
}

/**
 * Dials, and keeps at most `poolSize` dials running. A link that wants a connection gets one in its turn; a failed dial is repeated after a back-off as long as
 * something waits for it. Whoever asks (`reach`, `dial`) waits for no turn and no back-off, only for the pace at which one member may be dialled.
 */
export class PooledParallelSender implements Dialler {
  readonly #components: PooledParallelSenderComponents
  readonly #options: TransportOptions
  readonly #courses = new Map<Link, Course>()
  readonly #queue = new Set<Link>()
  readonly #dials = new Set<Dial>()
  #isStopped = false

  constructor(components: PooledParallelSenderComponents, options: TransportOptions) {
    this.#components = components
    this.#options = options
  }

  start(): void {
    this.#isStopped = false
  }

  /** No dial is begun or repeated any more, and whoever waits for one is told. */
  stop(): void {
    this.#isStopped = true
    this.#queue.clear()
    for (const link of [...this.#courses.keys()]) this.forget(link, new TransportStoppedError())
  }

  wanted(link: Link): void {
    if (this.#isStopped || this.#courses.get(link)?.isBackingOff) return
    this.#queue.add(link)
    this.dialNext()
  }

  opened(link: Link): void {
    const course = this.#courseOf(link)
    course.opened()
    this.#queue.delete(link)
    course.answered()
    this.dialNext()
  }

  closed(link: Link): void {
    if (this.#isStopped) return
    const course = this.#courseOf(link)
    if (course.closed()) this.#dialIfNeeded(link)
    else course.retryLater(() => this.#dialIfNeeded(link))
  }

  forget(link: Link, reason: Error): void {
    const course = this.#courses.get(link)
    this.#courses.delete(link)
    this.#queue.delete(link)
    course?.cancelRetry()
    course?.failed(reason)
  }

  /** Resolves when there is a connection, or when the member answered that it has one. Rejects when the dial fails, or after `timeoutMs`. */
  reach(link: Link, timeoutMs: number): Promise<void> {
    if (this.#isStopped) return Promise.reject(new TransportStoppedError())
    if (link.phase === 'open') return Promise.resolve()
    const timedOut = () => new MemberUnreachableError(link.member, new HandshakeTimeoutError(link.member, timeoutMs))
    return new Promise((resolve, reject) => {
      const timer = this.#components.clock.setTimer(timeoutMs, () => reject(timedOut()))
      const settle = (outcome: () => void) => {
        timer.cancel()
        outcome()
      }
      this.#courseOf(link).await({ answered: () => settle(resolve), failed: error => settle(() => reject(error)) })
      this.#dialAtOnce(link)
    })
  }

  /** See `ChannelSender.dial`. */
  dial(address: Address, timeouts?: DialTimeouts): Promise<Member> {
    return new Promise((resolve, reject) => this.#dialUnknown(address, resolve, reject, timeouts))
  }

  /** Begins as many of the waiting dials as the pool has room for. */
  dialNext(): void {
    for (const dial of this.#dials) if (dial.isOver) this.#dials.delete(dial)
    for (const link of this.#queue) {
      if (this.#dials.size >= this.#options.poolSize) return
      this.#queue.delete(link)
      if (this.#isNeeded(link)) this.#dialAtOnce(link)
    }
  }

  #isNeeded(link: Link): boolean {
    return link.isWanting || this.#courses.get(link)?.isAwaited === true
  }

  #dialAtOnce(link: Link): void {
    if (this.#isStopped || link.phase !== 'idle') return
    const waitMs = link.pace.take(this.#components.clock.now())
    if (waitMs > 0) return this.#courseOf(link).retryAfter(waitMs, () => this.#dialIfNeeded(link))
    this.#courseOf(link).cancelRetry()
    const dial = this.#newDial(link.member, link.member, {
      introduced: () => false,
      welcomed: (connection, member) => this.#attach(link, connection, member),
      failed: error => this.#failed(link, error),
    })
    this.#dials.add(dial)
    link.dialling(dial)
    dial.start()
  }

  #dialUnknown(
    address: Address,
    resolve: (member: Member) => void,
    reject: (error: Error) => void,
    timeouts?: DialTimeouts,
  ): void {
    let link: Link | undefined
    const observer: DialObserver = {
      introduced: (member, dial) => {
        if (this.#isTwinOfKnown(member)) return true
        if (!this.#components.links.mayJoin(member.id)) {
          reject(new TooManyJoinsError(member, this.#options.maxJoinsPerSecond))
          return false
        }
        link = this.#components.links.of(member)
        const isWanted = link.phase === 'idle'
        if (isWanted) this.#adopt(link, dial, { answered: () => resolve(member), failed: reject })
        else resolve(member)
        return isWanted
      },
      welcomed: (connection, member) => {
        if (link) this.#attach(link, connection, member)
        else reject(this.#turnAway(connection, member))
      },
      failed: error => {
        const self = this.#selfAt(error)
        if (self) resolve(self)
        else if (link) this.#failed(link, error)
        else this.#refused(error, address, reject)
      },
    }
    this.#newDial(address, undefined, observer, timeouts).start()
  }

  /** A dial that began at an address goes on as the link's own. */
  #adopt(link: Link, dial: Dial, waiter: Waiter): void {
    const course = this.#courseOf(link)
    course.await(waiter)
    course.cancelRetry()
    link.dialling(dial)
  }

  #attach(link: Link, connection: Connection, member: Member): void {
    if (this.#isTwinOfKnown(member)) this.#failed(link, this.#turnAway(connection, member))
    else link.attach(connection, member)
    if (this.#components.links.isOutdated(connection)) link.renew()
  }

  #isTwinOfKnown(member: Member): boolean {
    const known = this.#components.links.known(member.id)
    return known !== undefined && isTwin(known, member)
  }

  /** Another process is known under its incarnation: what this one says would be taken for what that one has said already. It hears so, and why. */
  #turnAway(connection: Connection, member: Member): Error {
    const known = this.#components.links.known(member.id)!
    connection.write([encodeFrame({ type: 'members', members: [known] })])
    const reason = new HandshakeRefusedError(member, 'other incarnation', `${memberText(known)} has the same one`)
    closeSoon(connection, reason, this.#components.clock)
    return reason
  }

  #selfAt(error: Error): Member | undefined {
    return error instanceof HandshakeRefusedError && error.reason === 'self'
      ? this.#components.localMember()
      : undefined
  }

  #refused(error: Error, address: Address, reject: (error: Error) => void): void {
    this.#logFailure(error, `${address.host}:${address.port}`)
    reject(error)
  }

  #newDial(
    address: Address,
    expected: Member | undefined,
    observer: DialObserver,
    timeouts: DialTimeouts = {
      connectTimeoutMs: this.#options.timeoutMs,
      helloTimeoutMs: this.#options.helloTimeoutMs,
    },
  ): Dial {
    const { clusterName } = this.#options
    const connectTimeoutMs = Math.min(timeouts.connectTimeoutMs, this.#options.timeoutMs)
    const { host, port } = address
    const target = { address: { host, port }, expected, clusterName, ...timeouts, connectTimeoutMs }
    return new Dial(this.#components, target, observer)
  }

  /** The retry is set in any case, so that a member that nobody waits for now is not dialled anew for each of a thousand sends that fail. */
  #failed(link: Link, error: Error): void {
    const course = this.#courseOf(link)
    course.retryLater(() => this.#dialIfNeeded(link))
    this.#logFailure(error, memberText(link.member))
    if (error instanceof HandshakeRefusedError && error.reason === 'duplicate') {
      link.dialRefusedAsDuplicate()
      course.answered()
    } else {
      link.dialFailed(error, isFinal(error))
      course.failed(new MemberUnreachableError(link.member, error))
    }
    this.dialNext()
  }

  #dialIfNeeded(link: Link): void {
    if (this.#isNeeded(link)) this.wanted(link)
    else this.#courses.delete(link)
  }

  #courseOf(link: Link): Course {
    const known = this.#courses.get(link)
    if (known) return known
    const course = new Course(this.#components)
    this.#courses.set(link, course)
    return course
  }

  /** Two clusters on one network, or two versions, are a mistake somebody must hear of; the other refusals are everyday life. */
  #logFailure(error: Error, whom: string): void {
    const { log, logger, listener } = this.#components
    if (error instanceof HandshakeRefusedError && error.reason === 'same incarnation') listener.incarnationTaken()
    if (isMisconfigured(error, this.#options.clusterName))
      log.warn(`dial ${whom} ${error.reason}`, { err: error }, error.message)
    else logger.debug({ err: error }, `dialling ${whom} failed: ${error.message}`)
  }
}

function isMisconfigured(error: Error, clusterName: string): error is HandshakeRefusedError {
  if (!(error instanceof HandshakeRefusedError)) return false
  return MISTAKES.includes(error.reason) && !(error.reason === 'other cluster' && isNameOfDomain(clusterName))
}

/** An answer that will not change while the member lives under this id. */
function isFinal(error: Error): boolean {
  return error instanceof HandshakeRefusedError
}
