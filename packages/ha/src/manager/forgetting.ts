import type { Clock } from '@clowder/tribes'
import { namedUntil } from '../state/death.js'
import { crowdedUntil, isWhole, type LiveState, withoutRemovals, withoutWriters } from '../state/session-state.js'
import type { Absences } from './absences.js'
import { certificateWorthTakingMs } from './access-times.js'
import type { Departures } from './departures.js'
import type { KnownSessions } from './known-sessions.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'
import { Slices } from './slices.js'

/** A vector with no more writers than this is not worth folding. */
const FOLD_ABOVE = 16
/** Certificates looked at in a second: so many that none piles up. */
const MAX_LOOKED_AT = 50_000
const LOOKED_AT_A_TIME = 64

/** So many certificates more than allowed are kept while they are still needed to recognize what they ended. */
const SLACK = 10_000
/** Whoever has not brought back in a day what it had made will not, ms. */
const OUT_FOR_GOOD_MS = 86_400_000
/** Whoever has been cut off is missed after so long at most, ms. Comparisons go round meanwhile. */
const MISSED_WITHIN_MS = 5_000

export interface ForgettingOptions {
  /** How long what is gone is remembered by a record of its own, ms. */
  readonly retentionMs: number
  /** Death certificates kept at most: beyond it the oldest go before their time. */
  readonly maxDeathCertificates: number
}

export interface ForgettingCounts {
  certificates: number
  /** Of these, before their time. */
  overCap: number
  removals: number
  writers: number
}

export interface ForgettingComponents {
  readonly clock: Clock
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly absences: Absences
  readonly departures: Departures
  readonly known: KnownSessions
  readonly placement: Placement
}

/**
 * Drops what stands for something that is gone: death certificates, removals, the names of writers that have ended. Nothing is brought back by it: see
 * docs/design/0004-forgetting-without-resurrecting.md.
 */
export class Forgetting {
  readonly counts: ForgettingCounts = { certificates: 0, overCap: 0, removals: 0, writers: 0 }
  readonly #components: ForgettingComponents
  readonly #options: ForgettingOptions
  readonly #slices: Slices
  /** Those that the last second was too short for: they come before those that it has kept. */
  #rest: Iterator<SessionCopy> | undefined

  constructor(components: ForgettingComponents, options: ForgettingOptions) {
    this.#components = components
    this.#options = options
    this.#slices = new Slices(components)
  }

  /** Called every second. */
  tick(): void {
    const { known, peers, replicas } = this.#components
    if (replicas.table.deadCount === 0) return
    known.learnOwn({ actor: peers.actor, stamp: replicas.hybridClock.last })
    if (this.#slices.isIdle) this.#slices.run(this.#forgetting())
  }

  stop(): void {
    this.#slices.stop()
  }

  *#forgetting(): Generator<void> {
    const { absences, replicas } = this.#components
    const { table } = replicas
    // What was sent to it while it stood still is still to be read, and may be of what has ended meanwhile.
    const isJustAwake = absences.isJustAwake()
    let overCap = table.deadCount - this.#options.maxDeathCertificates
    let left = MAX_LOOKED_AT
    const deaths = (this.#rest ??= table.deaths()[Symbol.iterator]())
    for (;;) {
      if (left-- === 0) return
      const { value: copy, done } = deaths.next()
      if (done) break
      if (left % LOOKED_AT_A_TIME === 0) yield
      const isYoung = this.#isYoung(copy)
      if (!isYoung && copy.isListed) table.unlist(copy)
      const isDue = !isYoung && !isJustAwake && this.#isNeedless(copy)
      if (!isDue && (isJustAwake || overCap <= 0)) {
        if (isYoung) break
        continue
      }
      const isOverCap = !isDue && overCap <= SLACK
      if (isOverCap && !this.#canBeTold(copy)) continue
      overCap--
      // Its turn comes later: none goes in its place.
      if (isOverCap && this.#mayBeAdopted(copy)) continue
      if (!isDue) this.counts.overCap++
      this.#forgetCertificate(copy)
    }
    this.#rest = undefined
  }

  /** Called for every copy in turn. */
  look(copy: SessionCopy): void {
    if ((copy.odd.oldestRemoval === 0 && copy.writers <= FOLD_ABOVE) || copy.kind !== 'live') return
    const { hybridClock } = this.#components.replicas
    const until = hybridClock.before(this.#options.retentionMs)
    if (copy.odd.oldestRemoval > 0 && copy.odd.oldestRemoval <= until)
      this.#change(copy, 'removals', state => withoutRemovals(state, until))
    if (copy.odd.isCrowded) this.#change(copy, 'removals', state => this.#uncrowded(state))
    if (copy.writers > FOLD_ABOVE) this.#change(copy, 'writers', state => this.#withoutEnded(state))
  }

  /**
   * Whether no comparison gives this certificate to who lacks it any more, and it is or may be needed: where somebody is out, a cookie might bring the session back at who has just come, in the seconds
   * in which it is forgotten here and that one has not heard of it.
   */
  isLate(copy: SessionCopy): boolean {
    const { absences, clock } = this.#components
    if (copy.idleMs(clock.now()) < certificateWorthTakingMs(this.#options.retentionMs)) return false
    return absences.isAnybodyOut() || !this.#isNeedless(copy)
  }

  /** Whether nobody can bring the session back unrecognized. Of one that nobody here has seen begin there is somebody out who has, whether he is missed or not. */
  #isNeedless(copy: SessionCopy): boolean {
    return this.#canBeTold(copy) || (copy.odd.creation !== undefined && !this.#components.absences.isAnybodyOut())
  }

  /** Whether the session would be recognized without its certificate. It soon will be: as soon as this node has compared with its creator. */
  #canBeTold(copy: SessionCopy): boolean {
    const { absences, clock, known, placement } = this.#components
    if (!placement.isUnlimited) return false
    if (known.recognizes(copy.odd)) return true
    // An adopted one may name somebody who never came to tell what was his: as good as nobody.
    if (copy.odd.creation) return false
    return copy.idleMs(clock.now()) >= OUT_FOR_GOOD_MS && !absences.isAnybodyOut()
  }

  /**
   * Whether a cookie of what was written last might bring the id back, if it tells no beginning and nothing that this node knows reaches as far as that: as long as somebody is
   * missed who could have the session, or might be without being missed yet. Then it may also be a write that has not been heard of here.
   */
  #mayBeAdopted(copy: SessionCopy): boolean {
    const { absences, clock, known } = this.#components
    if (copy.idleMs(clock.now()) < MISSED_WITHIN_MS) return true
    const { creation, endedStamp } = copy.odd
    const isCovered = !creation || known.covers({ actor: creation.actor, stamp: Math.max(creation.stamp, endedStamp) })
    return !isCovered && absences.isSomebodyMissing()
  }

  /** What is left of a certificate's time is counted from when the death was learned of, whoever told of it. */
  #isYoung(copy: SessionCopy): boolean {
    return copy.idleMs(this.#components.clock.now()) < this.#options.retentionMs
  }

  #forgetCertificate(copy: SessionCopy): void {
    const { known, replicas } = this.#components
    if (copy.state.kind !== 'dead') return
    this.counts.certificates++
    // A clock may have been ahead: what ended before it began, by the stamps, is recognized as well.
    known.certificateForgotten(Math.max(copy.state.stamp, namedUntil(copy.odd), copy.odd.endedStamp))
    replicas.table.remove(copy)
  }

  /** What it removed was written before that, and has come by now to whoever can be reached. */
  #uncrowded(state: LiveState): LiveState {
    const settled = this.#components.replicas.hybridClock.before(MISSED_WITHIN_MS)
    return withoutRemovals(state, Math.min(crowdedUntil(state), settled))
  }

  #withoutEnded(state: LiveState): LiveState {
    const { departures } = this.#components
    return withoutWriters(state, actor => departures.isGoneFor(actor, this.#options.retentionMs))
  }

  #change(copy: SessionCopy, what: 'removals' | 'writers', change: (state: LiveState) => LiveState): void {
    // Mostly nothing is to be dropped, and it is looked at all the same in each round: it stays packed.
    const state = copy.peek()
    if (state.kind !== 'live' || !isWhole(state)) return
    const changed = change(state)
    if (changed === state) return
    this.counts[what]++
    this.#components.replicas.reduce(copy, changed)
  }
}
