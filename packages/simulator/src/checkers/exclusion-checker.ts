import type { HistoryEvent, ViewEvent } from '../history/history-event.js'
import type { Interference } from './interference.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface ExclusionComponents {
  readonly timeline: Timeline
  readonly interference: Interference
}

export interface ExclusionOptions {
  /** For so long after something came between processes a member may still be dropped for it, ms. @default 5000 */
  readonly aftermathMs: number
  /** A member that stood still for less than this must not be dropped for it: the protocol promises 2 s, and an answer takes its way, ms. @default 1900 */
  readonly toleratedStallMs: number
  /** So old a process must be, by the time that the observer was awake: before, its name in a view may be its predecessor's, or that of its former incarnation, ms. @default 6000 */
  readonly newcomerMs: number
}

/** That a view has lost a process. */
interface Exclusion {
  readonly at: number
  readonly observer: Process
  readonly dropped: Process
}

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
 * An observer that stood still itself accuses nobody for it. And of every view that gains one: it is there.
 */
export class ExclusionChecker implements Checker {
  readonly figures = { exclusionsChecked: 0, exclusionsWithReason: 0 }
  readonly #components: ExclusionComponents
  readonly #options: ExclusionOptions
  readonly #findings = new Findings('I8')
  readonly #views = new Map<Process, readonly string[]>()
  readonly #exclusions: Exclusion[] = []
  /** By name: when it took another incarnation. */
  readonly #renamed = new Map<string, number>()

  constructor(components: ExclusionComponents, options: Partial<ExclusionOptions> = {}) {
    this.#components = components
    this.#options = { aftermathMs: 5_000, toleratedStallMs: 1_900, newcomerMs: 6_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'view') this.#seeView(event)
    else if (event.kind === 'process' && event.what === 'new-incarnation') this.#renamed.set(event.node, event.at)
  }

  finish(): readonly Violation[] {
    for (const exclusion of this.#exclusions) if (!isGoodbye(exclusion)) this.#add(exclusion)
    return this.#findings.all
  }

  #seeView({ at, incarnation, members }: ViewEvent): void {
    const { timeline } = this.#components
    const observer = timeline.process(incarnation)
    if (!observer) return
    const before = this.#views.get(observer) ?? []
    this.#views.set(observer, members)
    for (const name of members) if (!before.includes(name)) this.#checkAdded(at, observer, name)
    for (const name of before) {
      const dropped = members.includes(name) ? undefined : timeline.processOf(name)
      if (dropped && !dropped.ended) this.#look({ at, observer, dropped })
    }
  }

  /** Whoever is gone does not come back: what it had sent before is no sign of life. */
  #checkAdded(at: number, observer: Process, name: string): void {
    const { timeline, interference } = this.#components
    const ended = timeline.processOf(name)?.ended
    if (!ended || at - ended.at < LAST_WORDS_MS || interference.hasBeenSince(at - this.#options.aftermathMs)) return
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
    const { interference } = this.#components
    const { aftermathMs, toleratedStallMs } = this.#options
    const from = at - aftermathMs
    const isPassing = (process: Process) => process.stoppingAt !== undefined || this.#isNew(process, observer, at)
    if (isPassing(observer) || isPassing(dropped)) return true
    if (interference.hasBeenSince(from)) return true
    if (interference.stoodStillMs(dropped, from, at) >= toleratedStallMs) return true
    const hasSlept = interference.stoodStillMs(observer, from, at) >= toleratedStallMs
    return hasSlept && !this.#views.get(dropped)?.includes(observer.node)
  }

  /** What the observer slept through, it learns of only afterwards. */
  #isNew({ node, readyAt }: Process, observer: Process, at: number): boolean {
    if (readyAt === undefined) return true
    const since = Math.max(readyAt, this.#renamed.get(node) ?? readyAt)
    const sleptMs = this.#components.interference.stoodStillMs(observer, since, at)
    return at - since - sleptMs < this.#options.newcomerMs
  }

  #add({ at, observer, dropped }: Exclusion): void {
    this.#findings.add(at, `${observer.node} dropped ${dropped.node} from its view, which lived and was connected`, [
      observer.node,
      dropped.node,
    ])
  }
}

function isGoodbye({ at, observer, dropped }: Exclusion): boolean {
  return [observer, dropped].some(({ ended }) => ended?.how === 'stop' && ended.at - at < GOODBYE_MS)
}
