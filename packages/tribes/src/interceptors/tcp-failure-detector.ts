import { ChannelInterceptor, type Suspicion } from '../channel-interceptor.js'
import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { FaultyMember } from '../errors.js'
import { type Member, memberText } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { AskTimeouts } from '../transport/channel-sender.js'
import { WatchedMember } from './watched-member.js'

export interface TcpFailureDetectorComponents {
  readonly clock: Clock
  readonly logger: Logger
}

export interface TcpFailureDetectorOptions {
  /** Milliseconds that a connection may take. @default 1000 */
  readonly connectTimeout?: number
  /** Whether a failed send is a reason to ask the member. @default true */
  readonly performSendTest?: boolean
  /** Whether the member's event loop must answer, so that a frozen process is found. Tomcat: false. @default true */
  readonly performReadTest?: boolean
  /** Milliseconds that the answer may take. Tomcat: 5000. @default 1000 */
  readonly readTestTimeout?: number
  /** Milliseconds after which a member that announces itself but cannot be reached is given up, until it announces itself again; < 0: never. @default 300_000 */
  readonly removeSuspectsTimeout?: number
}

/** Failures of a send that put the member in doubt. A refusal or a full queue does not: whoever refuses is alive. */
const DOUBTFUL_CODES: ReadonlySet<unknown> = new Set(['TRIBES_MEMBER_UNREACHABLE', 'TRIBES_ACK_TIMEOUT'])

/** Between two questions to a member that could not be reached yet. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 1000

/**
 * Nobody is in the group, and nobody leaves it without a goodbye, unless it was asked over TCP.
 *
 *                     answered           silent · connection closed · send failed · address taken
 *   announced ──▶ unverified ───────▶ verified ◀──────────────────────────────▶ asked again
 *                    │  ▲ no answer:     │ goodbye                   answered │ no answer
 *                    └──┘ later again    ▼                                    ▼
 *                                  memberDisappeared                  memberDisappeared + exclude
 *
 * Questions run in the background, one per member at a time, and block nobody: messages to and from the member flow meanwhile.
 */
export class TcpFailureDetector extends ChannelInterceptor {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timeouts: AskTimeouts
  readonly #performSendTest: boolean
  readonly #removeSuspectsTimeoutMs: number
  readonly #watched = new Map<string, WatchedMember>()
  /** One for all messages: nothing is allocated per send. */
  readonly #sendTest = { memberFailed: (faulty: FaultyMember) => this.#sendFailed(faulty) }

  constructor(components: TcpFailureDetectorComponents, options: TcpFailureDetectorOptions = {}) {
    super()
    this.#clock = components.clock
    this.#logger = components.logger
    this.#performSendTest = options.performSendTest ?? true
    this.#removeSuspectsTimeoutMs = options.removeSuspectsTimeout ?? 300_000
    this.#timeouts = {
      connectTimeoutMs: options.connectTimeout ?? 1000,
      readTestTimeoutMs: options.readTestTimeout ?? 1000,
      performReadTest: options.performReadTest ?? true,
    }
  }

  override async stop(): Promise<void> {
    for (const watched of this.#watched.values()) watched.retry?.cancel()
    this.#watched.clear()
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    if (this.#performSendTest) delivery.observe(this.#sendTest)
    this.below.sendMessage(message, delivery)
  }

  override memberAdded(member: Member): void {
    const watched = this.#watched.get(member.id) ?? new WatchedMember(member, this.#clock.now())
    this.#watched.set(member.id, watched)
    if (!watched.isVerified) this.#ask(watched)
  }

  /** The layers below are sure: nobody is asked. */
  override memberDisappeared(member: Member): void {
    const watched = this.#watched.get(member.id)
    if (watched) this.#remove(watched)
  }

  override memberSuspected(member: Member, suspicion: Suspicion): void {
    const watched = this.#watched.get(member.id)
    if (!watched) return
    if (!watched.isVerified) this.#unverifiedSuspected(watched, suspicion)
    else if (watched.isAsked) watched.isAskedAgain ||= suspicion === 'connection-closed'
    else this.#verifySuspect(watched, suspicion)
  }

  /** It was never passed up, so nobody above misses it; if it does live, it will announce itself again. A closed connection is answered by the next question. */
  #unverifiedSuspected(watched: WatchedMember, suspicion: Suspicion): void {
    const isHopeless = suspicion === 'silent' || suspicion === 'address-taken'
    if (isHopeless) this.#giveUp(watched, new Error(`it was ${suspicion} before it could be reached`))
  }

  #verifySuspect(watched: WatchedMember, suspicion: Suspicion): void {
    watched.suspicion = suspicion
    if (suspicion !== 'send-failed') this.#log(watched, 'Received memberDisappeared', 'message. Will verify.')
    this.#ask(watched)
  }

  #sendFailed({ member, cause }: FaultyMember): void {
    if ('code' in cause && DOUBTFUL_CODES.has(cause.code)) this.memberSuspected(member, 'send-failed')
  }

  #ask(watched: WatchedMember): void {
    if (watched.isAsked) return
    watched.retry?.cancel()
    watched.isAsked = true
    watched.isAskedAgain = false
    this.below.ask(watched.member, this.#timeouts).then(
      () => this.#answered(watched),
      error => this.#notAnswered(watched, error),
    )
  }

  /** False: the member has gone by another way while it was asked. */
  #endQuestion(watched: WatchedMember): boolean {
    watched.isAsked = false
    return this.#watched.get(watched.member.id) === watched
  }

  #answered(watched: WatchedMember): void {
    if (!this.#endQuestion(watched)) return
    if (watched.isVerified) return this.#refuted(watched)
    watched.isVerified = true
    this.above.memberAdded(watched.member)
  }

  #refuted(watched: WatchedMember): void {
    if (watched.suspicion === 'send-failed') this.#log(watched, 'Suspect member, confirmed alive.')
    else this.#log(watched, 'Verification complete. Member still alive')
    watched.suspicion = undefined
    watched.failures = 0
    if (watched.isAskedAgain) this.#verifySuspect(watched, 'connection-closed')
  }

  /** The connection on which the question travelled may itself have closed meanwhile: that says nothing, so it is asked once more, on a new one. */
  #notAnswered(watched: WatchedMember, cause: Error): void {
    if (!this.#endQuestion(watched)) return
    if (!watched.isVerified) this.#unreachable(watched, cause)
    else if (watched.isAskedAgain && watched.failures++ === 0) this.#ask(watched)
    else this.#confirmedDead(watched, cause)
  }

  #confirmedDead(watched: WatchedMember, cause: Error): void {
    if (watched.suspicion === 'send-failed') this.#log(watched, 'Suspect member, confirmed dead.', '', cause)
    else this.#log(watched, 'Verification complete. Member disappeared', '', cause)
    this.#remove(watched)
    this.below.exclude(watched.member, cause)
  }

  #unreachable(watched: WatchedMember, cause: Error): void {
    const triedMs = this.#clock.now() - watched.sinceMs
    if (this.#removeSuspectsTimeoutMs >= 0 && triedMs >= this.#removeSuspectsTimeoutMs)
      return this.#giveUp(watched, cause)
    watched.failures++
    if (watched.failures === 2) this.#warnUnreachable(watched, cause)
    const delayMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (watched.failures - 1))
    watched.retry = this.#clock.setTimer(delayMs, () => this.#ask(watched))
  }

  /** Once per member: from the second failure on it is no race of two starts any more. */
  #warnUnreachable({ member }: WatchedMember, cause: Error): void {
    this.#logger.warn(
      { member, err: cause },
      `A member announces itself but cannot be reached over TCP, so it is not added:[${memberText(member)}] (${cause.message})`,
    )
  }

  #giveUp(watched: WatchedMember, cause: Error): void {
    this.#remove(watched)
    this.below.exclude(watched.member, cause)
  }

  #remove(watched: WatchedMember): void {
    watched.retry?.cancel()
    this.#watched.delete(watched.member.id)
    if (watched.isVerified) this.above.memberDisappeared(watched.member)
  }

  #log({ member, suspicion }: WatchedMember, before: string, after = '', err?: Error): void {
    this.#logger.info({ member, suspicion, ...(err && { err }) }, `${before}[${memberText(member)}] ${after}`.trimEnd())
  }
}
