import type { HistoryEvent, ProcessEvent, ViewEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface ExclusionOptions {
  /** For so long after something came between processes a member may still be dropped for it, ms. @default 5000 */
  readonly aftermathMs: number
  /** A member that stood still for less than this must not be dropped for it: the protocol promises 2 s, and an answer takes its way, ms. @default 1900 */
  readonly toleratedStallMs: number
  /** So old a process must be: before, its name in a view may be its predecessor's, ms. @default 6000 */
  readonly newcomerMs: number
  /** Every process that stands still is named in events of its own. Where it is not, any may have been, for as long as such a fault is open. @default false */
  readonly areStandstillsTold: boolean
}

/** A time in which a process did not run; until further notice, while it lasts. */
interface Standstill {
  readonly from: number
  to: number
}

/** That a view has lost a process. */
interface Exclusion {
  readonly at: number
  readonly observer: Process
  readonly dropped: Process
}

/** Faults of these classes neither touch a connection nor stop a process: no reason to drop anybody. */
const NO_REASON = new Set([
  ...['F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F11', 'F14', 'F15'],
  ...['F20', 'F21', 'F22', 'F30', 'F32', 'F34', 'F38', 'F48', 'F49', 'F50'],
])
/** These stop processes. */
const STOPPING = ['F07', 'F08', 'F09', 'F10']
/** For so long what a process sent may still be on its way when it has gone, ms. */
const LAST_WORDS_MS = 500
/** A process that says goodbye is dropped before its end is seen, and drops the others, ms. */
const GOODBYE_MS = 12_000

/**
 * I8. A live connected node is never excluded, not even for a moment: lost, doubled and delayed heartbeats, failing sends of heartbeats, clocks that are wrong and
 * standstills of less than 2 s are no reason.
 *
 * Claims of every view that loses a member which lives: something had come between processes within `aftermathMs`; or the member had stood still for
 * `toleratedStallMs`; or it had dropped the observer before, because that one had stood still; or one of the two was just starting, or about to say goodbye.
 * An observer that stood still itself accuses nobody for it.
 */
export class ExclusionChecker implements Checker {
  readonly figures = { exclusionsChecked: 0, exclusionsWithReason: 0 }
  readonly #timeline: Timeline
  readonly #options: ExclusionOptions
  readonly #findings = new Findings('I8')
  readonly #views = new Map<Process, readonly string[]>()
  readonly #standstills = new Map<Process, Standstill[]>()
  readonly #exclusions: Exclusion[] = []
  readonly #noReason: ReadonlySet<string>
  #harmedAt = Number.NEGATIVE_INFINITY

  constructor(timeline: Timeline, options: Partial<ExclusionOptions> = {}) {
    this.#timeline = timeline
    this.#options = {
      aftermathMs: 5_000,
      toleratedStallMs: 1_900,
      newcomerMs: 6_000,
      areStandstillsTold: false,
      ...options,
    }
    this.#noReason = this.#options.areStandstillsTold ? new Set([...NO_REASON, ...STOPPING]) : NO_REASON
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'view') this.#seeView(event)
    else if (event.kind === 'process') this.#seeProcess(event)
    else if (event.kind === 'phase' && event.phase === 'healed') this.#harmedAt = event.at
    else if (event.kind === 'fault' && event.isOver && !this.#noReason.has(event.fault)) this.#harmedAt = event.at
  }

  finish(): readonly Violation[] {
    for (const exclusion of this.#exclusions) if (!this.#isGoodbye(exclusion)) this.#add(exclusion)
    return this.#findings.all
  }

  #seeView({ at, incarnation, members }: ViewEvent): void {
    const observer = this.#timeline.process(incarnation)
    if (!observer) return
    const before = this.#views.get(observer) ?? []
    this.#views.set(observer, members)
    for (const name of members) if (!before.includes(name)) this.#checkAdded(at, observer, name)
    for (const name of before) {
      const dropped = members.includes(name) ? undefined : this.#timeline.processOf(name)
      if (dropped && !dropped.ended) this.#look({ at, observer, dropped })
    }
  }

  /** Whoever is gone does not come back: what it had sent before is no sign of life. */
  #checkAdded(at: number, observer: Process, name: string): void {
    const ended = this.#timeline.processOf(name)?.ended
    if (!ended || at - ended.at < LAST_WORDS_MS || this.#isHarmed(at)) return
    this.#findings.add(at, `${observer.node} took ${name} into its view, which has been gone since ${ended.at}`, [
      observer.node,
    ])
  }

  #look(exclusion: Exclusion): void {
    this.figures.exclusionsChecked++
    if (this.#hasReason(exclusion)) this.figures.exclusionsWithReason++
    else this.#exclusions.push(exclusion)
  }

  #hasReason({ at, observer, dropped }: Exclusion): boolean {
    const { newcomerMs, toleratedStallMs } = this.#options
    if (
      [observer, dropped].some(({ readyAt, stoppingAt }) => stoppingAt !== undefined || !(at - readyAt! >= newcomerMs))
    )
      return true
    if (this.#isHarmed(at)) return true
    if (this.#stoodStillMs(dropped, at) >= toleratedStallMs) return true
    return this.#stoodStillMs(observer, at) >= toleratedStallMs && !this.#views.get(dropped)?.includes(observer.node)
  }

  #isHarmed(at: number): boolean {
    return at - this.#harmedAt < this.#options.aftermathMs || this.#timeline.isOpenBesides(this.#noReason)
  }

  /** How long it did not run, of the last while. */
  #stoodStillMs(process: Process, at: number): number {
    const from = at - this.#options.aftermathMs
    let ms = 0
    for (const still of this.#standstills.get(process) ?? [])
      ms += Math.max(0, Math.min(still.to, at) - Math.max(still.from, from))
    return ms
  }

  #seeProcess({ at, incarnation, what }: ProcessEvent): void {
    const process = this.#timeline.process(incarnation)
    if (!process) return
    const stills = this.#standstills.get(process) ?? []
    const last = stills.at(-1)
    const isStill = last?.to === Number.POSITIVE_INFINITY
    if (what === 'resume' && isStill) last.to = at
    if ((what !== 'pause' && what !== 'stall') || isStill) return
    stills.push({ from: at, to: Number.POSITIVE_INFINITY })
    this.#standstills.set(process, stills)
  }

  #isGoodbye({ at, observer, dropped }: Exclusion): boolean {
    return [observer, dropped].some(({ ended }) => ended?.how === 'stop' && ended.at - at < GOODBYE_MS)
  }

  #add({ at, observer, dropped }: Exclusion): void {
    this.#findings.add(at, `${observer.node} dropped ${dropped.node} from its view, which lived and was connected`, [
      observer.node,
      dropped.node,
    ])
  }
}
