import type { HistoryEvent, SessionLifecycleEvent } from '../history/history-event.js'
import type { FinalCopies } from './final-copies.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface CertificatesComponents {
  readonly timeline: Timeline
  readonly copies: FinalCopies
  readonly fates: SessionFates
}

export interface CertificatesOptions {
  /**
   * How much later than its time a certificate may go: clocks drift, certificates are looked at now and then, and one that was heard of again from a node that
   * keeps it longer stands behind younger ones, ms. @default 10000 and the retention
   */
  readonly graceMs: number
}

const DEFAULT_GRACE_MS = 10_000
/** A day, and as much again for what came back meanwhile. */
const OUT_MS = 2 * 86_400_000

/**
 * I9, of death certificates: what is remembered of a session that has ended goes as well.
 *
 * Claims: at the end no process has a certificate of a session of whose creation it has told, and of whose end longer ago than the run's `retentionMs` and a
 * grace, if the process that created it lives: then everybody has been compared with it. (One of a session that it has never seen created, or has let expire since and adopted anew, or whose creator is
 * gone without a goodbye, it may need until everybody is back. So it may when somebody who knew nothing of the session has ended it, and has that certificate still, or somebody is gone: it does
 * not say what it ended, and may come back to those who had forgotten theirs.)
 */
export class CertificatesChecker implements Checker {
  readonly figures = { oldCertificatesChecked: 0 }
  readonly #components: CertificatesComponents
  readonly #options: Partial<CertificatesOptions>
  readonly #findings = new Findings('I9')
  /** Of the sessions whose creation it has told of; Infinity: they live. */
  readonly #endedAt = new Map<Process, Map<string, number>>()
  /** Who has created each. */
  readonly #creators = new Map<string, Process>()
  /** Ended by a process that had not seen them begin. */
  readonly #endedBlindly = new Set<string>()
  #isSomebodyGone = false

  constructor(components: CertificatesComponents, options: Partial<CertificatesOptions> = {}) {
    this.#components = components
    this.#options = options
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process' && (event.what === 'kill' || event.what === 'off')) this.#isSomebodyGone = true
    if (event.kind === 'session') this.#seeTold(event)
  }

  #seeTold(event: SessionLifecycleEvent): void {
    const process = this.#components.timeline.process(event.incarnation)
    if (!process) return
    const known = this.#endedAt.get(process) ?? new Map<string, number>()
    this.#endedAt.set(process, known)
    if (event.event === 'created' && event.isLocal) this.#creators.set(event.session, process)
    if (event.event === 'created') known.set(event.session, Number.POSITIVE_INFINITY)
    else if (event.event === 'expired') known.delete(event.session)
    else if (event.event === 'destroyed' && known.has(event.session)) known.set(event.session, event.at)
    else if (event.event === 'destroyed') this.#endedBlindly.add(event.session)
  }

  finish(): readonly Violation[] {
    const { timeline, copies } = this.#components
    const retentionMs = timeline.run?.retentionMs
    // Where copies move, a process may have given away the session before it hears of its end; and a cloned process does not know its former self's sessions.
    if (timeline.faultClasses.has('F42')) return []
    if (retentionMs === undefined || timeline.settledAt === undefined || timeline.run?.copies !== undefined) return []
    const dueAt = timeline.settledAt - retentionMs - (this.#options.graceMs ?? DEFAULT_GRACE_MS + retentionMs)
    for (const [process, { sessions }] of copies.all())
      for (const [session, endedAt] of this.#endedAt.get(process) ?? [])
        if (endedAt <= dueAt && this.#isKnown(session))
          this.#check(process, session, endedAt, sessions[session]?.standing === 'dead')
    return this.#findings.all
  }

  #isKnown(session: string): boolean {
    const creator = this.#creators.get(session)
    return creator !== undefined && !creator.ended && !(this.#isSomebodyGone && this.#endedBlindly.has(session))
  }

  /** By one who has ended it and had not seen it begin, which takes a fault; and not for longer than anybody is out. */
  #isHeldBlindly(session: string, ageMs: number): boolean {
    const { copies, fates, timeline } = this.#components
    if (!timeline.hadFaults || ageMs > OUT_MS) return false
    const enders = fates.get(session)?.endings.map(({ exchange }) => exchange.process) ?? []
    return copies
      .all()
      .some(
        ([process, { sessions }]) =>
          enders.includes(process) &&
          sessions[session]?.standing === 'dead' &&
          !this.#endedAt.get(process)?.has(session),
      )
  }

  #check({ node }: Process, session: string, endedAt: number, isKept: boolean): void {
    this.figures.oldCertificatesChecked++
    if (!isKept) return
    const { timeline } = this.#components
    const ageMs = Math.round(timeline.settledAt! - endedAt)
    if (this.#isHeldBlindly(session, ageMs)) return
    this.#findings.add(
      timeline.nowMs,
      `${node} still has the certificate of session ${session}, ${ageMs} ms after its end; ${timeline.run!.retentionMs} ms is how long it is to be kept`,
      [node],
    )
  }
}
