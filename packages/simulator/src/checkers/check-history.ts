import type { HistoryEvent } from '../history/history-event.js'
import { AcknowledgementChecker, type AcknowledgementOptions } from './acknowledgement-checker.js'
import { BoundsChecker, type BoundsOptions } from './bounds-checker.js'
import { Calm } from './calm.js'
import { CertificatesChecker, type CertificatesOptions } from './certificates-checker.js'
import { ClientReadsChecker, type ClientReadsOptions } from './client-reads-checker.js'
import { ClientViews } from './client-views.js'
import { ConflictsChecker, type ConflictsOptions } from './conflicts-checker.js'
import { ConvergenceChecker, type ConvergenceOptions } from './convergence-checker.js'
import { DetectionChecker, type DetectionOptions } from './detection-checker.js'
import { Exchanges } from './exchanges.js'
import { ExclusionChecker, type ExclusionOptions } from './exclusion-checker.js'
import { Expiries } from './expiries.js'
import { ExpiryChecker, type ExpiryOptions } from './expiry-checker.js'
import { FalseEndsChecker } from './false-ends-checker.js'
import { FinalCopies } from './final-copies.js'
import { IdChangesChecker } from './id-changes-checker.js'
import { Interference, type InterferenceOptions } from './interference.js'
import { LastingChecker } from './lasting-checker.js'
import { Ledger } from './ledger.js'
import { LifecycleChecker, type LifecycleOptions } from './lifecycle-checker.js'
import { LocksChecker } from './locks-checker.js'
import { LogoutChecker, type LogoutOptions } from './logout-checker.js'
import { LostSessionsChecker, type LostSessionsOptions } from './lost-sessions-checker.js'
import { MembershipChecker, type MembershipOptions } from './membership-checker.js'
import { Holders } from './obligation.js'
import { Reached } from './reached.js'
import { SessionFates } from './session-fates.js'
import { StalenessChecker, type StalenessOptions } from './staleness-checker.js'
import { Timeline } from './timeline.js'
import { TimelyChecker } from './timely-checker.js'
import { TroubleChecker, type TroubleOptions } from './trouble-checker.js'
import { TwinSessions, type TwinSessionsOptions } from './twin-sessions.js'
import { UsesChecker } from './uses-checker.js'
import { type Checker, INVARIANTS, type Invariant, type Violation } from './violation.js'
import { WaitingChecker, type WaitingOptions } from './waiting-checker.js'
import { WriteForest } from './write-forest.js'

/** Each part: see the checker. */
export interface CheckOptions {
  readonly convergence: Partial<ConvergenceOptions>
  readonly acknowledgement: Partial<AcknowledgementOptions>
  readonly logout: Partial<LogoutOptions>
  readonly clientReads: Partial<ClientReadsOptions>
  readonly lostSessions: Partial<LostSessionsOptions>
  readonly staleness: Partial<StalenessOptions>
  readonly conflicts: Partial<ConflictsOptions>
  readonly lifecycle: Partial<LifecycleOptions>
  readonly membership: Partial<MembershipOptions>
  readonly interference: Partial<InterferenceOptions>
  readonly detection: Partial<DetectionOptions>
  readonly exclusion: Partial<ExclusionOptions>
  readonly expiry: Partial<ExpiryOptions>
  readonly bounds: Partial<BoundsOptions>
  readonly certificates: Partial<CertificatesOptions>
  readonly trouble: Partial<TroubleOptions>
  readonly twins: Partial<TwinSessionsOptions>
  readonly waiting: Partial<WaitingOptions>
}

export interface CheckReport {
  /** By the time they were noticed. */
  readonly violations: readonly Violation[]
  /** How many of each; every invariant has a place. */
  readonly byInvariant: Readonly<Record<Invariant, number>>
  /** What was looked at, and what was found to be legitimate. */
  readonly figures: Readonly<Record<string, number>>
  /** I15: the counters and fault classes that this history has reached. */
  readonly reached: Readonly<Record<string, number>>
}

/** All promises, of one history, as it happens: `see` each event in its order, then `finish`. */
class HistoryCheck {
  readonly #timeline = new Timeline()
  readonly #calm = new Calm(this.#timeline)
  readonly #interference: Interference
  readonly #forest = new WriteForest()
  readonly #exchanges = new Exchanges(this.#timeline)
  readonly #views = new ClientViews(this.#exchanges, this.#forest)
  readonly #holders = new Holders(this.#timeline)
  readonly #ledger = new Ledger(this.#exchanges, this.#views, this.#forest, this.#holders)
  readonly #fates = new SessionFates(this.#timeline, this.#exchanges)
  readonly #expiries = new Expiries({ timeline: this.#timeline, exchanges: this.#exchanges, forest: this.#forest })
  readonly #copies = new FinalCopies(this.#timeline)
  readonly #twins: TwinSessions
  readonly #reached = new Reached()
  readonly #checkers: readonly Checker[]
  #events = 0

  constructor(options: Partial<CheckOptions> = {}) {
    this.#interference = new Interference(this.#timeline, options.interference)
    this.#twins = new TwinSessions(this.#timeline, options.twins)
    this.#checkers = this.#newCheckers(options)
  }

  see(event: HistoryEvent): void {
    this.#events++
    this.#timeline.see(event)
    this.#calm.see(event)
    this.#interference.see(event)
    this.#exchanges.see(event)
    this.#fates.see(event)
    this.#expiries.see(event)
    this.#ledger.see(event)
    this.#copies.see(event)
    this.#twins.see(event)
    for (const checker of this.#checkers) checker.see(event)
    this.#reached.see(event)
    this.#views.see(event, event.kind === 'response' ? this.#ledger.writesOf(event) : [])
  }

  finish(): CheckReport {
    this.#forest.seal()
    this.#fates.finish()
    const violations = [...this.#checkers, this.#reached].flatMap(checker => checker.finish())
    violations.sort((a, b) => a.at - b.at)
    return {
      violations,
      byInvariant: countByInvariant(violations),
      figures: this.#figures(),
      reached: this.#reached.figures,
    }
  }

  #newCheckers(options: Partial<CheckOptions>): Checker[] {
    const components = {
      timeline: this.#timeline,
      calm: this.#calm,
      interference: this.#interference,
      exchanges: this.#exchanges,
      views: this.#views,
      forest: this.#forest,
      ledger: this.#ledger,
      fates: this.#fates,
      expiries: this.#expiries,
      copies: this.#copies,
      holders: this.#holders,
      twins: this.#twins,
    }
    return [
      new ConvergenceChecker(components, options.convergence),
      new TimelyChecker(components),
      new LastingChecker(components),
      new AcknowledgementChecker(components, options.acknowledgement),
      new LogoutChecker(components, options.logout),
      new ClientReadsChecker(components, options.clientReads),
      new LostSessionsChecker(components, options.lostSessions),
      new StalenessChecker(components, options.staleness),
      new ConflictsChecker(components, options.conflicts),
      new LocksChecker(components),
      new LifecycleChecker(components, options.lifecycle),
      new IdChangesChecker(components, options.lifecycle),
      new MembershipChecker(this.#timeline, options.membership),
      new DetectionChecker(components, options.detection),
      new ExclusionChecker(components, options.exclusion),
      new ExpiryChecker(components, options.expiry),
      new UsesChecker(components),
      new FalseEndsChecker(components),
      new BoundsChecker(this.#timeline, options.bounds),
      new CertificatesChecker(components, options.certificates),
      new TroubleChecker(options.trouble),
      new WaitingChecker(components, options.waiting),
    ]
  }

  #figures(): Record<string, number> {
    const { requests } = this.#exchanges
    const figures: Record<string, number> = { events: this.#events, requests, ...this.#ledger.counts }
    for (const checker of this.#checkers) Object.assign(figures, checker.figures)
    const { answersStale = 0, answersUnflagged = 0 } = figures
    return { ...figures, staleShare: answersStale / Math.max(1, answersStale + answersUnflagged) }
  }
}

/** All promises, of a whole history. */
export function checkHistory(events: Iterable<HistoryEvent>, options: Partial<CheckOptions> = {}): CheckReport {
  const check = new HistoryCheck(options)
  for (const event of events) check.see(event)
  return check.finish()
}

function countByInvariant(violations: readonly Violation[]): Record<Invariant, number> {
  const counts = Object.fromEntries(INVARIANTS.map(invariant => [invariant, 0])) as Record<Invariant, number>
  for (const { invariant } of violations) counts[invariant]++
  return counts
}
