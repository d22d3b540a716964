import { ChannelInterceptor, type Suspicion } from '../channel-interceptor.js'
import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { FaultyMember } from '../errors.js'
import { type Member, memberText } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { AskTimeouts } from '../transport/channel-sender.js'
import type { RefusalReason } from '../wire/frame.js'
import { MemberSilentError } from './failure-detector-errors.js'
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
  /** Milliseconds after which a member that is connected but never answers is given up, until it connects again; < 0: never. @default 300_000 */
  readonly removeSuspectsTimeout?: number
}

/** Failures of a send that put the member in doubt. A refusal or a full queue does not: whoever refuses is alive. */
const DOUBTFUL_CODES: ReadonlySet<unknown> = new Set(['TRIBES_MEMBER_UNREACHABLE', 'TRIBES_ACK_TIMEOUT'])

/** Whoever says this knows that the member is not there, or will not be for long. */
const PROVING_REASONS: ReadonlySet<unknown> = new Set<RefusalReason>([
  'other incarnation',
  'other cluster',
  'other protocol',
  'stopping',
])

/** Between two questions to a member that did not answer. */
const FIRST_RETRY_MS = 100
const MAX_RETRY_MS = 500
/** A member that has just proved that it has its address need not prove it at every heartbeat of a process that claims it too. */
const ADDRESS_PROVED_MS = 2000

export interface FailureDetectorStats {
  /** Verified members that were asked because of a doubt. */
  readonly suspected: number
  /** How many of these questions were answered. */
  readonly refuted: number
  /** Members that are gone without a goodbye. */
  readonly excluded: number
}

/**
 * Nobody is in the group, and nobody leaves it without a goodbye, unless it was asked over TCP.
 *
 *                     answered           silent · connection closed · send failed · address taken
 *   connected ──▶ unverified ───────▶ verified ◀──────────────────────────────▶ asked again ◀─┐ no answer:
 *                    │  ▲ no answer:     │ goodbye                   answered │  │ └──────────┘ later again
 *                    └──┘ later again    ▼                                    │  │ refused: nobody is there, or
 *                                  memberDisappeared                          │  │ below: lost, unreachable
 *                                                                                ▼
 *                                                                   memberDisappeared + exclude
 *
 * No answer in time proves nothing: the member, the network or this process may stand still. So a member is gone only when its machine says that nobody
 * listens there, when another incarnation answers, or when the layers below say that everybody's patience is over.
 * Questions run in the background, one per member at a time, and block nobody: messages to and from the member flow meanwhile.
 */
export class TcpFailureDetector extends ChannelInterceptor {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timeouts: AskTimeouts
  readonly #performSendTest: boolean
  readonly #removeSuspectsTimeoutMs: number
  readonly #watched = new Map<string, WatchedMember>()
  #isStopped = false
  readonly #counts = { suspected: 0, refuted: 0, excluded: 0 }
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

  get stats(): FailureDetectorStats {
    return { ...this.#counts }
  }

  override async start(): Promise<void> {
    this.#isStopped = false
  }

  override async stop(): Promise<void> {
    this.#isStopped = true
    for (const watched of this.#watched.values()) watched.retry?.cancel()
    this.#watched.clear()
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    if (this.#performSendTest) delivery.observe(this.#sendTest)
    this.below.sendMessage(message, delivery)
  }

  /** Who connects while the layers below are still stopping is asked at the next start: as one that is known by then nobody above would hear of it. */
  override memberAdded(member: Member): void {
    if (this.#isStopped) return
    const watched = this.#watched.get(member.id) ?? new WatchedMember(member, this.#clock.now())
    this.#watched.set(member.id, watched)
    if (watched.isVerified) return
    watched.member = member
    this.#askNow(watched)
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
    else if (suspicion === 'lost' || suspicion === 'unreachable')
      this.#confirmedDead(watched, new MemberSilentError(member, suspicion))
    else if (this.#hasProvedItsAddress(watched, suspicion)) return
    else if (watched.isAsked) watched.isAskedAgain ||= suspicion === 'connection-closed'
    else this.#verifySuspect(watched, suspicion)
  }

  /** It was never passed up, so nobody above misses it; if it does live, it will announce itself again. A closed connection is answered by the next question. */
  #unverifiedSuspected(watched: WatchedMember, suspicion: Suspicion): void {
    const isHopeless = suspicion === 'lost' || suspicion === 'address-taken'
    if (isHopeless) this.#giveUp(watched, new Error(`it was ${suspicion} before it could be reached`))
  }

  #hasProvedItsAddress({ refutedAtMs }: WatchedMember, suspicion: Suspicion): boolean {
    return suspicion === 'address-taken' && this.#clock.now() - refutedAtMs < ADDRESS_PROVED_MS
  }

  /** Told again and again while the silence lasts: only the first time is news, and a question that waits for its turn goes on waiting. */
  #verifySuspect(watched: WatchedMember, suspicion: Suspicion): void {
    if (watched.suspicion !== undefined && suspicion !== 'connection-closed') return
    this.#counts.suspected++
    watched.suspicion = suspicion
    if (suspicion !== 'send-failed') this.#log(watched, 'Received memberDisappeared', 'message. Will verify.')
    this.#ask(watched)
  }

  #sendFailed({ member, cause }: FaultyMember): void {
    if ('code' in cause && DOUBTFUL_CODES.has(cause.code)) this.memberSuspected(member, 'send-failed')
  }

  #ask(watched: WatchedMember): void {
    if (!watched.isAsked) this.#askNow(watched)
  }

  /** A question that is still open may wait for a dial that went into a cut: its outcome counts for nothing any more. */
  #askNow(watched: WatchedMember): void {
    watched.retry?.cancel()
    watched.isAsked = true
    watched.isAskedAgain = false
    const question = ++watched.questions
    this.below.ask(watched.member, this.#timeouts).then(
      () => this.#answered(watched, question),
      error => this.#notAnswered(watched, question, error),
    )
  }

  /** False: it was asked anew meanwhile, or has gone by another way. */
  #endQuestion(watched: WatchedMember, question: number): boolean {
    if (question !== watched.questions) return false
    watched.isAsked = false
    return this.#watched.get(watched.member.id) === watched
  }

  #answered(watched: WatchedMember, question: number): void {
    if (!this.#endQuestion(watched, question)) return
    if (watched.isVerified) return this.#refuted(watched)
    watched.isVerified = true
    this.above.memberAdded(watched.member)
  }

  #refuted(watched: WatchedMember): void {
    if (watched.suspicion === 'send-failed') this.#log(watched, 'Suspect member, confirmed alive.')
    else this.#log(watched, 'Verification complete. Member still alive')
    watched.suspicion = undefined
    watched.failures = 0
    watched.refutedAtMs = this.#clock.now()
    this.#counts.refuted++
    if (watched.isAskedAgain) this.#verifySuspect(watched, 'connection-closed')
  }

  #notAnswered(watched: WatchedMember, question: number, cause: Error): void {
    if (!this.#endQuestion(watched, question)) return
    if (!watched.isVerified) this.#unreachable(watched, cause)
    else if (isProof(cause)) this.#confirmedDead(watched, cause)
    else this.#askLater(watched)
  }

  #confirmedDead(watched: WatchedMember, cause: Error): void {
    this.#counts.excluded++
    if (watched.suspicion === 'send-failed') this.#log(watched, 'Suspect member, confirmed dead.', '', cause)
    else this.#log(watched, 'Verification complete. Member disappeared', '', cause)
    this.#remove(watched)
    this.below.exclude(watched.member, cause)
  }

  #unreachable(watched: WatchedMember, cause: Error): void {
    const triedMs = this.#clock.now() - watched.sinceMs
    const isPatienceOver = this.#removeSuspectsTimeoutMs >= 0 && triedMs >= this.#removeSuspectsTimeoutMs
    if (isPatienceOver || isReplaced(cause)) return this.#giveUp(watched, cause)
    this.#askLater(watched)
    if (watched.failures === 2) this.#warnUnreachable(watched, cause)
  }

  /** At once when its connection closed meanwhile: that may be all there was to it. */
  #askLater(watched: WatchedMember): void {
    watched.failures++
    const backOffMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (watched.failures - 1))
    const delayMs = watched.isAskedAgain ? 0 : backOffMs
    watched.isAskedAgain = false
    watched.retry = this.#clock.setTimer(delayMs, () => this.#ask(watched))
  }

  /** Once per member: from the second failure on it is no race of two starts any more. */
  #warnUnreachable({ member }: WatchedMember, cause: Error): void {
    this.#logger.warn(
      { member, err: cause },
      `A member is connected but does not answer, so it is not added:[${memberText(member)}] (${cause.message})`,
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

  /** That somebody claims a member's address may be a recording of one that had it before; only what comes of it is news. */
  #log({ member, suspicion }: WatchedMember, before: string, after = '', err?: Error): void {
    const level = suspicion === 'address-taken' && !err ? 'debug' : 'info'
    this.#logger[level](
      { member, suspicion, ...(err && { err }) },
      `${before}[${memberText(member)}] ${after}`.trimEnd(),
    )
  }
}

/** The member's machine, or whoever lives at its address now, says that it is not there. */
function isProof(error: Error): boolean {
  return someCause(error, cause => cause.code === 'ECONNREFUSED' || PROVING_REASONS.has(refusalOf(cause)))
}

/** Another incarnation is there, so this one will not come back. */
function isReplaced(error: Error): boolean {
  return someCause(error, cause => refusalOf(cause) === 'other incarnation')
}

interface Cause {
  readonly code?: unknown
  readonly reason?: unknown
}

function refusalOf({ code, reason }: Cause): unknown {
  return code === 'TRIBES_HANDSHAKE_REFUSED' ? reason : undefined
}

function someCause(error: Error, matches: (cause: Cause) => boolean): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if (matches(cause as Cause)) return true
  return false
}
