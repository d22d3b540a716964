import type { HistoryEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface MembershipOptions {
  /** For so long the cluster must have been quiet before all must agree, ms. @default 2000 */
  readonly agreeMs: number
  /** What is given on top of it: a member that died in silence is only missed after a while. @default 2000 */
  readonly detectionMs: number
}

/**
 * I8. Live connected nodes agree on who is there within 2 s of quiet; a live connected node is never excluded for longer.
 *
 * Quiet: no fault open, no process paused, and none come, gone, ready or stalled. Claims: from `agreeMs + detectionMs` of quiet on, until the next disturbance,
 * the view of every process that serves contains every other that serves, by name, and nobody who is not there.
 */
export class MembershipChecker implements Checker {
  readonly figures = { viewsChecked: 0, quietPeriodsChecked: 0 }
  readonly #timeline: Timeline
  readonly #options: MembershipOptions
  readonly #findings = new Findings('I8')
  readonly #views = new Map<Process, readonly string[]>()
  #readyAt = 0
  /** The quiet that has been looked at, by its beginning. */
  #checked = -1

  constructor(timeline: Timeline, options: Partial<MembershipOptions> = {}) {
    this.#timeline = timeline
    this.#options = { agreeMs: 2_000, detectionMs: 2_000, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && event.what === 'ready') this.#readyAt = event.at
    if (this.#isDue(event.at)) this.#checkAll()
    if (event.kind !== 'view') return
    const process = this.#timeline.process(event.incarnation)
    if (!process) return
    this.#views.set(process, event.members)
    if (this.#isOwed(event.at)) this.#check(process, event.at)
  }

  finish(): readonly Violation[] {
    if (this.#isOwed(this.#timeline.nowMs) && this.#checked !== this.#quietSince) this.#checkAll()
    return this.#findings.all
  }

  get #quietSince(): number {
    return Math.max(this.#timeline.disturbedAt, this.#readyAt)
  }

  /** All must agree by now. */
  #isOwed(at: number): boolean {
    const { agreeMs, detectionMs } = this.#options
    return !this.#timeline.isDisturbed && at > this.#quietSince + agreeMs + detectionMs
  }

  #isDue(at: number): boolean {
    return this.#checked !== this.#quietSince && this.#isOwed(at)
  }

  #checkAll(): void {
    this.#checked = this.#quietSince
    this.figures.quietPeriodsChecked++
    for (const process of this.#timeline.live()) this.#check(process, this.#timeline.nowMs)
  }

  #check(process: Process, at: number): void {
    if (process.ended || !isServing(process)) return
    this.figures.viewsChecked++
    const view = this.#views.get(process) ?? []
    const others = this.#timeline.live().filter(other => other !== process)
    const missing = others.filter(other => isServing(other) && !view.includes(other.node))
    const gone = view.filter(name => !others.some(({ node }) => node === name))
    const quietMs = Math.round(at - this.#quietSince)
    if (missing.length > 0)
      this.#findings.add(
        at,
        `${process.node} has not ${missing.map(({ node }) => node).join(', ')} in its view, who live and are connected, after ${quietMs} ms of quiet`,
        [process.node, ...missing.map(({ node }) => node)],
      )
    if (gone.length > 0)
      this.#findings.add(
        at,
        `${process.node} still has ${gone.join(', ')} in its view, who are not there, after ${quietMs} ms of quiet`,
        [process.node],
      )
  }
}

/** Who is about to say goodbye need not see anybody, nor be seen. */
function isServing({ readyAt, stoppingAt }: Process): boolean {
  return readyAt !== undefined && stoppingAt === undefined
}
