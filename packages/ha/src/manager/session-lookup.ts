import type { Clock, Logger, Member } from '@clowder/tribes'
import { DeltaSession } from '../session/delta-session.js'
import type { SessionOrigin } from '../session/session-origin.js'
import { stampTime } from '../state/hybrid-clock.js'
import { isWhole, type LiveState } from '../state/session-state.js'
import { coversToken, type VersionToken } from '../state/version-token.js'
import type { Absences } from './absences.js'
import type { AccessTimes } from './access-times.js'
import type { AntiEntropy } from './anti-entropy.js'
import type { Departures } from './departures.js'
import type { ExchangeOutcome } from './exchange.js'
import type { FindResult, LoadResult, Purpose } from './manager.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { PullResult } from './pull.js'
import type { Pulls } from './pulls.js'
import type { SessionCopy } from './session-copy.js'
import { isSessionId } from './session-id.js'
import type { SessionReplicas } from './session-replicas.js'
import { bucketOf } from './session-table.js'
import type { StallWatch } from './stall-watch.js'

/** For so long after its start a process takes into account, where it would deny a session, that other clocks are behind its own, ms; and how far they may be. */
const YOUNG_MS = 60_000
const SKEW_MS = 10_000
const ENOUGH: ReadonlySet<FindResult['kind']> = new Set(['here', 'dead'])

export interface SessionLookupComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly absences: Absences
  readonly departures: Departures
  readonly accessTimes: AccessTimes
  readonly antiEntropy: AntiEntropy
  readonly pulls: Pulls
  readonly origin: SessionOrigin
  readonly placement: Placement
  readonly stalls: StallWatch
}

/**
 * Finds the session of a request: in this node's copy if that is as new as what the client has seen, else by asking the others. Says so when neither is to be
 * had, instead of answering from what is old.
 */
export class SessionLookup {
  readonly #components: SessionLookupComponents
  readonly #stalls: StallWatch
  /** With whom it is being compared, and after which stall. */
  readonly #comparing = new Map<string, number>()

  readonly #started: { readonly ms: number; readonly wallMs: number }

  constructor(components: SessionLookupComponents) {
    this.#components = components
    this.#started = { ms: components.clock.now(), wallMs: components.clock.wallTime() }
    this.#stalls = components.stalls
  }

  /** Called every second, so that a stall is noticed even when nobody asks. */
  tick(): void {
    this.#noticeStall()
    if (this.#stalls.isDoubtful) this.#recheck()
  }

  /** Somebody to compare with has come, or come back. */
  memberAdded(member: Member): void {
    if (this.#stalls.isDoubtful) void this.#compareWith(member)
  }

  find(id: string, seen?: VersionToken, purpose: Purpose = 'use'): FindResult {
    this.#noticeStall()
    const copy = this.#components.replicas.table.get(id)
    const standing = this.#standing(copy, seen, this.#trustsItself(id))
    return standing === 'here' ? { kind: 'here', session: this.#opened(copy!, purpose, seen) } : { kind: standing }
  }

  /** What is here, alive and not idle, for an onlooker. Nobody is asked. */
  peek(id: string): DeltaSession | undefined {
    const copy = this.#components.replicas.table.get(id)
    return copy?.kind === 'live' && !this.#isIdle(copy) ? this.#opened(copy, 'look') : undefined
  }

  /** How many `peek` would give. */
  count(): number {
    let count = 0
    for (const copy of this.#components.replicas.table) if (copy.kind === 'live' && !this.#isIdle(copy)) count++
    return count
  }

  /** It is in use on this node, which need not hold it. */
  touch(id: string): void {
    const { accessTimes, replicas } = this.#components
    const copy = replicas.table.get(id)
    if (copy?.kind === 'live') accessTimes.used(copy)
    else if (!copy && isSessionId(id)) accessTimes.usedWithoutCopy(id)
  }

  async load(id: string, seen?: VersionToken, purpose: Purpose = 'use'): Promise<LoadResult> {
    // An id comes from outside. One that no session can have is not worth a question, and would be malformed to the others.
    if (!isSessionId(id)) return { kind: 'none' }
    const { clock, placement, pulls, replicas } = this.#components
    const standing = (isCurrent: boolean) => this.#standing(replicas.table.get(id), seen, isCurrent)
    const { isDoubtful } = this.#stalls
    // After a stall one other that has it will do: this copy is then as current as that member's.
    const isCurrent = (isConfirmed: boolean) => isConfirmed || this.#trustsItself(id)
    const isEnough = (isConfirmed: boolean) => ENOUGH.has(standing(isCurrent(isConfirmed)))
    const sinceMs = clock.now()
    const before = replicas.table.get(id)
    let result = await pulls.pull(id, isEnough, { hasStalled: isDoubtful, sinceMs })
    // Its copies may be on their way from those that owned it before.
    if (!placement.isEverywhere && !isEnough(result.isConfirmed))
      result = await pulls.pull(id, isEnough, { ofAll: true, sinceMs })
    const { everybodyAnswered } = result
    const copy = replicas.table.get(id)
    // It expired while the others were asked: it is over, as if the request had come a moment later.
    if (!copy && before?.hasExpired && hasAllSeen(before, seen)) return { kind: 'none' }
    if (!copy) return this.#adopted(id, seen, result)
    const mayExistElsewhere = this.#mayExistElsewhere(everybodyAnswered)
    // Idle here, and used since by its client where nobody can be asked.
    const isUsedElsewhere = mayExistElsewhere && seen !== undefined && !isCovered(copy, seen)
    if (copy.kind === 'dead' || (this.#isIdle(copy) && !isUsedElsewhere)) return { kind: 'none' }
    // What only this process has, after it was away, may have ended and be forgotten by all others.
    const isConfirmed = isCurrent(result.isConfirmed) || (everybodyAnswered && !isDoubtful)
    // It is in time, as has just been seen: that is not asked again, some microseconds later.
    const stale = !isConfirmed || !hasAllSeen(copy, seen)
    const session = this.#opened(copy, purpose, seen)
    if (stale) session.mayBeOld()
    if (stale && seen && (mayExistElsewhere || this.#isRecent(seen) || this.#isInUse(seen))) session.isOlderThan(seen)
    return { kind: 'here', session, stale }
  }

  /**
   * A session that nobody within reach has. If somebody out of reach may have it, its client keeps the id and begins empty, flagged stale: what it does now is
   * merged with what it had as soon as both are in reach again. Only for ids whose cookie says that they have been committed, and not when all that it has seen is with
   * somebody who has let it expire: told of a use, that one would let it go on.
   */
  #adopted(id: string, seen: VersionToken | undefined, { everybodyAnswered, expiring }: PullResult): LoadResult {
    if (!seen?.dots.length) return { kind: 'none' }
    if (expiring.some(state => includes(state, seen))) return { kind: 'none' }
    const strange = this.#strangeWriters(seen)
    this.#components.absences.strangersHeard(strange)
    if (!this.#mayExistElsewhere(everybodyAnswered) && strange.length === 0) return { kind: 'none' }
    if (this.#components.replicas.forgotten.hasEnded(id, seen)) return { kind: 'none' }
    this.#components.accessTimes.usedWithoutCopy(id)
    return { kind: 'here', session: DeltaSession.adopted(this.#components.origin, id, seen), stale: true }
  }

  /** Whether its own copy is one that everything is told to: not after a stall, nor where others own the session. */
  #trustsItself(id: string): boolean {
    const { placement } = this.#components
    return !this.#stalls.isDoubtful && (placement.isEverywhere || placement.isOwner(bucketOf(id)))
  }

  /** What nobody within reach has, somebody out of reach may have. */
  #mayExistElsewhere(everybodyAnswered: boolean): boolean {
    return !everybodyAnswered || this.#components.absences.isSomebodyMissing()
  }

  /**
   * Committed since this process began, not long enough ago to have expired, and by somebody whom nobody here has ever met: it is out there. So it is when all
   * have died and began anew on two sides of a cut. At first its clock may be behind ours; later that would only keep those waiting who lost their sessions when a
   * whole cluster was restarted.
   */
  #strangeWriters(seen: VersionToken): readonly string[] {
    const { clock, departures, peers } = this.#components
    const skewMs = clock.now() - this.#started.ms < YOUNG_MS ? SKEW_MS : 0
    if (stampTime(seen.stamp) <= this.#started.wallMs - skewMs || !this.#isRecent(seen)) return []
    const writers = seen.dots.map(({ actor }) => actor)
    return writers.filter(actor => !peers.isActorNamed(actor) && !departures.hasNamed(actor))
  }

  /** `isCurrent`: false when this process was away and its copies may be old. */
  #standing(copy: SessionCopy | undefined, seen: VersionToken | undefined, isCurrent: boolean): FindResult['kind'] {
    if (!copy) return 'unknown'
    if (copy.kind === 'dead') return 'dead'
    return isCurrent && !this.#isIdle(copy) && hasAllSeen(copy, seen) ? 'here' : 'behind'
  }

  /** What a client has seen within the idle limit may live where nobody can be asked, even if nobody has been missed for as long: it is used there. */
  #isRecent({ stamp }: VersionToken): boolean {
    const { origin, replicas } = this.#components
    const limit = origin.maxInactiveIntervalSeconds
    return limit <= 0 || stamp > replicas.hybridClock.before(limit * 1000)
  }

  /** Its client may have written nothing for longer, and read: here and there, where somebody is out of reach. And there a clock may be behind, or this one have been set. */
  #isInUse({ stamp, usedMs = 0 }: VersionToken): boolean {
    const { absences, origin } = this.#components
    if (!absences.isAnybodyOut()) return false
    const limit = origin.maxInactiveIntervalSeconds
    return limit <= 0 || Math.max(usedMs, stampTime(stamp)) > origin.timeOfDay.earliestMs - limit * 1000 - SKEW_MS
  }

  #isIdle(copy: SessionCopy): boolean {
    return copy.idleMs(this.#components.clock.now()) >= copy.idleLimitMs
  }

  #opened(copy: SessionCopy, purpose: Purpose, seen?: VersionToken): DeltaSession {
    const { accessTimes, clock, origin, replicas } = this.#components
    replicas.table.used(copy, clock.now())
    if (purpose === 'use') accessTimes.used(copy)
    const session = new DeltaSession(origin, copy.id, copy)
    return seen?.usedMs === undefined ? session : session.tellUse()
  }

  #noticeStall(): void {
    if (!this.#stalls.ran()) return
    const { absences, logger } = this.#components
    absences.awake()
    logger.warn({}, 'this process did not run for a while: its sessions are compared with the other members')
    this.#recheck()
  }

  /**
   * After a stall: the copies are trusted again when they have been compared with one member that has everything and has missed nothing, or with all that are here. Tried again until it
   * succeeds or nobody is to be expected.
   */
  #recheck(): void {
    const { absences, peers } = this.#components
    const members = peers.members()
    for (const member of members) void this.#compareWith(member)
    if (members.length === 0 && !absences.isSomebodyExpected()) this.#stalls.settled(this.#stalls.latest)
  }

  /** A node that is joining gets the whole table as it is: it compares when it has that, and would get all of it twice otherwise. */
  async #compareWith(member: Member): Promise<void> {
    const { antiEntropy, peers, placement } = this.#components
    if (!antiEntropy.isReady) return
    const stall = this.#stalls.latest
    const members = peers.members()
    if (this.#comparing.get(member.id) === stall) return
    this.#comparing.set(member.id, stall)
    const outcome = await this.#comparison(member)
    if (this.#comparing.get(member.id) === stall) this.#comparing.delete(member.id)
    if (outcome.kind !== 'done' || !outcome.answererReady) return
    // Who holds what depends on who is here: what was compared under another view need not be what is to be held now.
    if (placement.isEverywhere && outcome.answererCanTell) this.#stalls.settled(stall)
    else if (members === peers.members()) this.#stalls.compared(stall, member, members)
  }

  /** What the other one lacked it may know to have ended. It says so when it has been given it: before it answers the next question. */
  async #comparison(member: Member): Promise<ExchangeOutcome> {
    const { antiEntropy } = this.#components
    const outcome = await antiEntropy.open(member)
    if (outcome.kind !== 'done' || !outcome.given) return outcome
    return (await outcome.given) ? antiEntropy.open(member) : { kind: 'failed', reason: 'the member disappeared' }
  }
}

/** Whether its client, if it has seen anything at all, has seen nothing that is not here. */
function hasAllSeen(copy: SessionCopy, seen: VersionToken | undefined): boolean {
  return !seen || seen.dots.length === 0 || isCovered(copy, seen)
}

/** Whether everything that a client has seen is here, without gaps. */
function isCovered({ state }: SessionCopy, seen: VersionToken): boolean {
  return state.kind === 'live' && includes(state, seen)
}

function includes(state: LiveState, seen: VersionToken): boolean {
  return coversToken(state.vector, seen) && isWhole(state)
}
