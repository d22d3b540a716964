import type { Clock, Member } from '@clowder/tribes'
import type { LiveState } from '../state/session-state.js'
import { emptyVector } from '../state/version-vector.js'
import type { Absences } from './absences.js'
import { Deadlines } from './deadlines.js'
import type { LaggingMembers } from './lagging-members.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import { type IsEnough, Pull, type PullOutcome, type PullResult } from './pull.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { bucketOf } from './session-table.js'

/** A missing commit is usually already on its way on another connection: so long it is given before it is asked for, ms. */
const GAP_PATIENCE_MS = 20
/** At most so many gaps are asked for, and remembered as unfilled, at a time; the rest is found by anti-entropy. */
const MAX_GAPS = 1_000
/** A gap is given up no sooner than this, ms: longer than it takes to notice a member that has come. */
const FORGIVE_AFTER_MS = 5_000

/**
 * A member that is heard is busy, not gone: for its answer a request waits this many times longer. One that is silent is given up after the pull
 * timeout itself, unless this node is joining: then what it lacks is all but certainly to be had.
 */
const PATIENCE_WITH_BUSY = 5

/** Where others than the owners may have to be asked after them, this is left for it. */
const PATIENCE_WITH_BUSY_OWNERS = PATIENCE_WITH_BUSY - 1

/** A process that was away must find its way back first: re-dial, be recognized, ask. Its first requests wait so long rather than be answered from old copies, ms. */
const PATIENCE_AFTER_STALL_MS = 1_000

/** Exchange numbers from here on are pulls; anti-entropy's are below. */
export const PULL_EXCHANGES = 0x8000_0000

export interface PullCounts {
  pulls: number
  timedOut: number
  gaps: number
  forgiven: number
}

export interface Question {
  /** This process was away, and waits longer. */
  readonly hasStalled?: boolean
  /** Asks also those that need not have the session. */
  readonly ofAll?: boolean
  /** When whoever asks began to wait, monotonic ms: perhaps for the answer to another question. All of it is one wait. */
  readonly sinceMs?: number
}

export interface PullsComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly lagging: LaggingMembers
  readonly absences: Absences
  readonly placement: Placement
  /** This node does not have yet what the others have. */
  isJoining(): boolean
}

/** Asks the other members for one session: because a client has seen more of it than this node, or because a commit arrived before its predecessors. */
export class Pulls {
  readonly counts: PullCounts = { pulls: 0, timedOut: 0, gaps: 0, forgiven: 0 }
  readonly #components: PullsComponents
  readonly #deadlines: Deadlines
  readonly #pullTimeoutMs: number
  readonly #open = new Map<string, Pull>()
  /** Those that are asked of all members, not only of the session's owners. */
  readonly #openOfAll = new Map<string, Pull>()
  readonly #byExchange = new Map<number, Pull>()
  readonly #gaps = new Set<string>()
  /** Gaps that were asked for in vain, and since when, monotonic ms. */
  readonly #unfilled = new Map<string, number>()
  #lastExchange = 0
  #isStopped = false

  constructor(components: PullsComponents, pullTimeoutMs: number) {
    this.#components = components
    this.#pullTimeoutMs = pullTimeoutMs
    this.#deadlines = new Deadlines(components, pullTimeoutMs)
  }

  /** Questions that not everybody has answered. */
  get openCount(): number {
    return this.#open.size + this.#openOfAll.size
  }

  /**
   * Resolves as soon as `isEnough`, when all members have answered, or when those that have not are given up; never rejects. Whoever joins a question that was
   * open may be helped by its answers; but that there is nothing newer was said before it asked, and is asked once more.
   */
  async pull(id: string, isEnough: IsEnough, question: Question = {}): Promise<PullResult> {
    const open = this.#openFor(question.ofAll).get(id)
    const joined = open && (await this.#answerOf(open, isEnough, question))
    if (joined && (this.#isStopped || !joined.everybodyAnswered || isEnough(joined.isConfirmed))) return joined
    // Others that had joined it as well may have begun the next: after all of them.
    return this.#answerOf(this.#openFor(question.ofAll).get(id) ?? this.#begin(id, question), isEnough, question)
  }

  async #answerOf(pull: Pull, isEnough: IsEnough, { sinceMs }: Question): Promise<PullResult> {
    if (sinceMs !== undefined) pull.awaitedSince(sinceMs)
    return pull.isOver || isEnough(pull.result.isConfirmed) ? pull.result : pull.wait(isEnough)
  }

  /** The session has changed: somebody may have been waiting for just that, or it lacks commits now that it names. */
  changed({ id, hasGap }: SessionCopy): void {
    if (hasGap) this.#gap(id)
    this.#open.get(id)?.changed()
    this.#openOfAll.get(id)?.changed()
  }

  /** A member has answered, with or without a state; `expiring`: with this one, which is not taken. */
  answered(exchange: number, member: Member, isHere: boolean, expiring?: LiveState): void {
    this.#byExchange.get(exchange)?.answered(member.id, isHere, expiring)
  }

  /** A member has come, or come back, while answers are waited for: it is asked as well. */
  memberAdded(member: Member): void {
    for (const pull of this.#allOpen()) {
      pull.asked(member.id)
      this.#ask([member], pull)
    }
  }

  /** A copy is given away: the others were told that it is here, and would say that they have nothing newer. They are asked anew. */
  dropped({ id }: SessionCopy): void {
    for (const pull of this.#allOpen()) {
      if (pull.about.id !== id) continue
      const members = this.#membersFor(id, pull.about.ofAll)
      this.#byExchange.delete(pull.about.exchange)
      pull.askedAnew(
        this.#nextExchange(),
        members.map(m => m.id),
      )
      this.#byExchange.set(pull.about.exchange, pull)
      this.#ask(members, pull)
    }
  }

  /** One that has left will not answer. One that has vanished may come back in time. */
  memberDisappeared(member: Member, hasLeft: boolean): void {
    if (hasLeft) for (const pull of this.#allOpen()) pull.left(member.id)
  }

  /** A commit is here before its predecessors: asks for them, unless they come by themselves first. */
  #gap(id: string): void {
    if (this.#gaps.size === MAX_GAPS || this.#gaps.has(id)) return
    this.counts.gaps++
    if (this.#gaps.size === 0) this.#components.clock.setTimer(GAP_PATIENCE_MS, () => this.#fillGaps())
    this.#gaps.add(id)
  }

  /** Asks once more for what was asked for in vain. Called every second. */
  tick(): void {
    for (const id of [...this.#unfilled.keys()]) this.#fillGap(id)
  }

  stop(): void {
    this.#isStopped = true
    this.#deadlines.stop()
    this.#gaps.clear()
    this.#unfilled.clear()
  }

  #openFor(ofAll = false): Map<string, Pull> {
    return ofAll ? this.#openOfAll : this.#open
  }

  #allOpen(): readonly Pull[] {
    return [...this.#open.values(), ...this.#openOfAll.values()]
  }

  #fillGaps(): void {
    const ids = [...this.#gaps]
    this.#gaps.clear()
    for (const id of ids) this.#fillGap(id)
  }

  #fillGap(id: string): void {
    if (this.#hasGap(id)) void this.pull(id, () => !this.#hasGap(id))
    else this.#unfilled.delete(id)
  }

  #hasGap(id: string): boolean {
    return this.#components.replicas.table.get(id)?.hasGap === true
  }

  #begin(id: string, { hasStalled = false, ofAll = false }: Question): Pull {
    const { clock, absences } = this.#components
    const members = this.#membersFor(id, ofAll)
    const exchange = this.#nextExchange()
    const about = { id, exchange, begunMs: clock.now(), hasStalled, ofAll }
    const pull = new Pull(about, new Set(members.map(m => m.id)), {
      waitsForNewcomers: () => absences.isSomebodyExpected() || absences.isSomebodyComing(),
      isWorthWaiting: pull => this.#isWorthWaiting(pull),
      waitOn: pull => this.#askAgain(pull),
      finished: (pull, outcome) => this.#finished(pull, outcome),
    })
    if (pull.isOver) {
      this.#settleGap(id, true)
      return pull
    }
    this.counts.pulls++
    this.#openFor(ofAll).set(id, pull)
    this.#byExchange.set(exchange, pull)
    this.#deadlines.add(pull)
    this.#ask(members, pull)
    return pull
  }

  #membersFor(id: string, ofAll: boolean): readonly Member[] {
    const { peers, placement } = this.#components
    return ofAll ? peers.members() : placement.others(bucketOf(id))
  }

  #nextExchange(): number {
    return PULL_EXCHANGES + (++this.#lastExchange % PULL_EXCHANGES)
  }

  /** A question can be lost with its connection: who has not answered is asked once more. */
  #askAgain(pull: Pull): void {
    this.#deadlines.add(pull)
    const silent = this.#components.peers.members().filter(m => pull.unanswered.has(m.id))
    this.#ask(silent, pull)
  }

  /** Acknowledged, so that a question on a connection that has died unnoticed is asked again on the next. */
  #ask(members: readonly Member[], { about: { id, exchange } }: Pull): void {
    this.#components.peers.send(members, { type: 'PULL', exchange, id, ...this.#held(id) }, 'use-ack')
  }

  #isWorthWaiting({ about: { begunMs, hasStalled, ofAll }, awaitedSinceMs, unanswered }: Pull): boolean {
    const { clock, lagging, placement } = this.#components
    const waitedMs = clock.now() - awaitedSinceMs
    const patience = ofAll || placement.isEverywhere ? PATIENCE_WITH_BUSY : PATIENCE_WITH_BUSY_OWNERS
    if (this.#isStopped) return false
    if (hasStalled && waitedMs < PATIENCE_AFTER_STALL_MS) return true
    if (waitedMs >= patience * this.#pullTimeoutMs) return false
    if (this.#components.isJoining()) return true
    for (const memberId of unanswered) if (lagging.isHeardSince(memberId, begunMs)) return true
    return false
  }

  #held(id: string) {
    const { replicas, clock } = this.#components
    const copy = replicas.table.get(id)
    const state = copy?.state
    const vector = state?.kind === 'live' ? state.vector : emptyVector
    return { vector, idleMs: copy ? Math.floor(copy.idleMs(clock.now())) : Number.MAX_SAFE_INTEGER }
  }

  #finished({ about: { id, exchange, ofAll }, unanswered }: Pull, outcome: PullOutcome): void {
    this.#openFor(ofAll).delete(id)
    this.#byExchange.delete(exchange)
    if (outcome === 'timed-out') this.#missed(unanswered)
    this.#settleGap(id, outcome === 'all-answered')
  }

  /**
   * What nobody has, nobody needs to wait for any longer. But not before everybody has had the time to be noticed: the writer of a commit may be heard
   * before it is a member here, and a copy that stops waiting claims to be whole.
   */
  #settleGap(id: string, everybodyAnswered: boolean): void {
    if (!this.#hasGap(id)) return void this.#unfilled.delete(id)
    const nowMs = this.#components.clock.now()
    const sinceMs = this.#unfilled.get(id) ?? nowMs
    if (everybodyAnswered && nowMs - sinceMs >= FORGIVE_AFTER_MS) this.#forgive(id)
    else if (this.#unfilled.size < MAX_GAPS) this.#unfilled.set(id, sinceMs)
  }

  #missed(unanswered: ReadonlySet<string>): void {
    this.counts.timedOut++
    const { peers, lagging } = this.#components
    for (const member of peers.members()) if (unanswered.has(member.id)) lagging.missed(member)
  }

  #forgive(id: string): void {
    this.#unfilled.delete(id)
    this.counts.forgiven++
    const copy = this.#components.replicas.table.get(id)
    if (copy) this.#components.replicas.forgive(copy)
  }
}
