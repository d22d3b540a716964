import type { Clock, Member } from '@clowder/tribes'
import type { ClusterChannel } from '../cluster-channel.js'
import type { Departure } from '../wire/message.js'
import { Moments } from './moments.js'
import { OtherViews } from './other-views.js'
import { actorOf } from './peers.js'
import { Strangers } from './strangers.js'

/** A node that has just started and found nobody, or nobody who could tell it who is missing, may simply not have been answered yet, ms. */
const UNSURE_AFTER_START_MS = 10_000
/** Somebody who does not come back within a day does not come back, ms. */
const OUT_FOR_GOOD_MS = 86_400_000

/** In this time a member that is back has been compared with, and a process that has stood still with all others, ms. */
const COMPARED_WITHIN_MS = 10_000

/** So many are remembered that say that they leave: one that is no member any more says so as well, and never goes. */
const MOST_LEAVING = 1_024

/** A member that vanished is likely to come back soon or not at all, ms. */
const SOON_MS = 5_000

export interface AbsencesComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly channel: Pick<ClusterChannel, 'hasHiddenMembers' | 'hasSaidGoodbye' | 'pendingMembers'>
}

/**
 * Members that went without a goodbye, and, at first, members that have not been found yet. They may be dead, or cut off and at work with sessions that nobody here
 * has heard of; for as long as such a session could live, "nobody has it" is no certain answer.
 */
export class Absences {
  readonly #clock: Pick<Clock, 'now'>
  readonly #channel: AbsencesComponents['channel']
  readonly #retentionMs: number
  readonly #startedMs: number
  readonly #leaving = new Set<string>()
  readonly #vanishedAtMs = new Moments()
  /** Who had vanished and is back, since when. */
  readonly #backAtMs = new Moments()
  readonly #strangers = new Strangers()
  readonly #otherViews = new OtherViews()
  #awakeAtMs = Number.NEGATIVE_INFINITY
  #hasMetSomebody: boolean
  /** Somebody who was here before this node has said who is gone. */
  #isTold: boolean

  /** `isComplete`: nobody is to be found. */
  constructor(components: AbsencesComponents, retentionMs: number, isComplete: boolean) {
    this.#clock = components.clock
    this.#channel = components.channel
    this.#retentionMs = retentionMs
    this.#startedMs = components.clock.now()
    this.#isTold = this.#hasMetSomebody = isComplete
  }

  /** The member said that it is about to leave, and that all it had to say has been said. */
  leaving(member: Member): void {
    this.#leaving.add(actorOf(member))
    if (this.#leaving.size <= MOST_LEAVING) return
    const [first] = this.#leaving
    this.#leaving.delete(first!)
  }

  isLeaving(member: Member): boolean {
    return this.#leaving.has(actorOf(member))
  }

  /** True when it had said goodbye: as a manager, or, where its manager had not met this process yet, as a channel. */
  memberDisappeared(member: Member): boolean {
    const actor = actorOf(member)
    const hasLeft = this.#leaving.delete(actor) || (this.#channel.hasSaidGoodbye?.(member) ?? false)
    this.#otherViews.gone(actor)
    if (!hasLeft) this.#vanishedAtMs.set(actor, this.#clock.now())
    return hasLeft
  }

  get isTold(): boolean {
    return this.#isTold
  }

  /** Whether this node can tell others who is gone: it has been told itself, or has been here for so long that it would have met them. */
  get canTell(): boolean {
    return !this.#isUnsure(UNSURE_AFTER_START_MS)
  }

  /** Returns since when the member had been missed, ms; undefined if it had not. */
  memberAdded(member: Member): number | undefined {
    this.#hasMetSomebody = true
    const actor = actorOf(member)
    const wasStrange = this.#strangers.met(actor)
    const vanishedAtMs = this.#vanishedAtMs.get(actor)
    if (this.#vanishedAtMs.delete(actor) || wasStrange) this.#backAtMs.set(actor, this.#clock.now())
    return vanishedAtMs
  }

  /** A member that can tell has said all that it knows of who is gone. */
  told(): void {
    this.#isTold = true
  }

  /** Whom this node has not seen go, because it came later or was cut off: others have told it. */
  learn(departures: readonly Departure[]): void {
    const nowMs = this.#clock.now()
    for (const { actor, goneMs, hasLeft } of departures) {
      this.#strangers.met(actor)
      if (hasLeft) this.#vanishedAtMs.delete(actor)
      else if (!this.#vanishedAtMs.has(actor)) this.#vanishedAtMs.set(actor, nowMs - goneMs)
    }
  }

  /** Who is there and was never met here has vanished just now, as far as is known: as long as others see it, and again when they do not. */
  seenByOthers(actor: string): void {
    if (this.#vanishedAtMs.has(actor)) this.#vanishedAtMs.set(actor, this.#clock.now())
  }

  /** A member has said whom it sees. `isOurs`: the same as this process does. */
  viewHeard(member: Member, isOurs: boolean): void {
    this.#otherViews.heard(actorOf(member), isOurs, this.#clock.now())
  }

  /** A cookie names these writers, by the first bytes of their names, and nobody here has ever met them. */
  strangersHeard(names: readonly string[]): void {
    this.#strangers.heard(names, this.#clock.now())
  }

  /** This process has not run for a while: for those that it misses no time has gone by in which they could have been found. */
  awake(): void {
    this.#awakeAtMs = this.#clock.now()
  }

  /** Whether it has gone on so recently that it may not have heard yet of what happened meanwhile. */
  isJustAwake(): boolean {
    return this.#clock.now() - this.#awakeAtMs < COMPARED_WITHIN_MS
  }

  /** Whether somebody out of reach may hold what nobody here does. */
  isSomebodyMissing(): boolean {
    return this.#hasVanishedWithin(this.#retentionMs) || this.#isLookingAround() || this.#isHidden()
  }

  /**
   * Which members, by the names that their entries have, went without a goodbye and are not back. Of those that have been gone for longer than any comes back after nothing is said
   * any more. Not `isComplete`: this process has just started, or stood still, and there may be others.
   */
  missing(): { readonly actors: readonly string[]; readonly isComplete: boolean } {
    const nowMs = this.#clock.now()
    const goodMs = Math.max(OUT_FOR_GOOD_MS, this.#retentionMs)
    const actors = this.#vanishedAtMs.since(nowMs - goodMs)
    return { actors, isComplete: this.canTell && !this.isJustAwake() }
  }

  /**
   * Whether a member that went without a goodbye may still be out there with sessions in use, or is back and has not told of them yet. A process that has stood still
   * does not know who went meanwhile. And for a member that sees others than this process does somebody is out whom this process sees.
   */
  isAnybodyOut(): boolean {
    const goodMs = Math.max(OUT_FOR_GOOD_MS, this.#retentionMs)
    const nowMs = this.#clock.now()
    this.#vanishedAtMs.deleteBefore(nowMs - goodMs)
    this.#backAtMs.deleteBefore(nowMs - COMPARED_WITHIN_MS)
    return (
      this.isJustAwake() ||
      !this.#vanishedAtMs.isEmpty ||
      !this.#backAtMs.isEmpty ||
      this.#strangers.hasAnySince(nowMs - goodMs) ||
      this.#otherViews.hasAnySince(nowMs - COMPARED_WITHIN_MS) ||
      this.#isUnsure(goodMs) ||
      this.#isHidden()
    )
  }

  /** Whether somebody who is missing may be found within moments: worth waiting for. */
  isSomebodyExpected(): boolean {
    const hasJustWoken = !this.#vanishedAtMs.isEmpty && this.#clock.now() - this.#awakeAtMs < SOON_MS
    const isJustThere = !this.#hasMetSomebody && this.#isUnsure(SOON_MS)
    return hasJustWoken || isJustThere || this.#hasVanishedWithin(SOON_MS)
  }

  /** Whether somebody has announced himself and is still being asked whether he can be talked to. */
  isSomebodyComing(): boolean {
    return this.#channel.pendingMembers() > 0
  }

  /** Somebody whom this node has never met, and others have. */
  #isHidden(): boolean {
    return this.#channel.hasHiddenMembers?.() ?? false
  }

  #hasVanishedWithin(ms: number): boolean {
    return this.#vanishedAtMs.hasAnySince(this.#clock.now() - ms)
  }

  #isUnsure(afterStartMs: number): boolean {
    return !this.#isTold && this.#clock.now() - this.#startedMs < afterStartMs
  }

  /** Nobody has told it yet who is gone, and it has not looked for anybody for long: while it stood still it did not. */
  #isLookingAround(): boolean {
    return (
      this.#isUnsure(UNSURE_AFTER_START_MS) ||
      (!this.#isTold && this.#clock.now() - this.#awakeAtMs < UNSURE_AFTER_START_MS)
    )
  }
}
