import type { CopiesEvent, CopyEvent, HistoryEvent } from '../history/history-event.js'
import type { FinalCopies, FinalCopy } from './final-copies.js'
import { KEPT_AT_LEAST } from './kept-at-least.js'
import type { SessionFates } from './session-fates.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface ConvergenceComponents {
  readonly timeline: Timeline
  readonly fates: SessionFates
  readonly copies: FinalCopies
}

export interface ConvergenceOptions {
  /** Death certificates may go before their time, because there are more than a cap allows: some may have one that others have no more. @default false */
  readonly areCertificatesCapped: boolean
}

/**
 * I1. When faults have ended, every live copy of a session is byte-equal.
 *
 * Looks at what each process that lives at the end told last of its copies, once the history has said `settled`. Claims: every such process has told. No copy is
 * live on one and dead on another. All live copies of a session have the same hash of their bytes, and none knows of commits that it lacks. A session that is live
 * somewhere is live on all (with `copies: K`: on K, or on all when they are fewer), unless it has been idle for so long that it may just be expiring. The
 * same for the certificates of deaths younger than the retention, which are equal as well: tables that differ are compared for ever; where nobody says how long that is, than the idle limit. Where all copies are equal, so are the digests of the whole tables.
 */
export class ConvergenceChecker implements Checker {
  readonly figures = { processesCompared: 0, sessionsCompared: 0, deadCompared: 0, expiring: 0 }
  readonly #components: ConvergenceComponents
  readonly #options: ConvergenceOptions
  readonly #findings = new Findings('I1')

  constructor(components: ConvergenceComponents, options: Partial<ConvergenceOptions> = {}) {
    this.#components = components
    this.#options = { areCertificatesCapped: false, ...options }
  }

  see(_event: HistoryEvent): void {}

  finish(): readonly Violation[] {
    const { timeline, copies } = this.#components
    if (timeline.settledAt === undefined) return []
    const told = copies.all()
    this.figures.processesCompared = told.length
    this.#checkSilent(told)
    for (const [id, found] of copies.sessions()) this.#checkSession(id, found, told)
    if (this.#findings.all.length === 0) this.#checkDigests(told)
    return this.#findings.all
  }

  #checkSilent(told: readonly (readonly [Process, CopiesEvent])[]): void {
    const silent = this.#components.timeline.live().filter(process => !told.some(([other]) => other === process))
    if (silent.length > 0) this.#add(`${names(silent)} live at the end and have not told what they hold`, silent)
  }

  #checkSession(id: string, found: readonly FinalCopy[], told: readonly (readonly [Process, CopiesEvent])[]): void {
    const live = found.filter(({ copy }) => copy.standing === 'live')
    const dead = found.filter(({ copy }) => copy.standing === 'dead')
    if (dead.length > 0) this.figures.deadCompared++
    if (live.length > 0 && dead.length > 0)
      return this.#add(`session ${id} is live on ${where(live)} and dead on ${where(dead)}`, processes(found))
    if (live.length > 0) return this.#checkLive(id, live, told)
    this.#checkDead(id, dead, told)
  }

  #checkLive(id: string, live: readonly FinalCopy[], told: readonly (readonly [Process, CopiesEvent])[]): void {
    this.figures.sessionsCompared++
    const byState = grouped(live, ({ copy }) => copy.state)
    if (byState.size > 1 && !isBeingForgotten(live)) {
      const versions = [...byState.values()].map(same => `${where(same)}: ${shown(same[0]!.copy)}`)
      this.#add(`copies of session ${id} differ: ${versions.join('; ')}`, processes(live))
    }
    const withGap = live.filter(({ copy }) => copy.hasGap)
    if (withGap.length > 0)
      this.#add(`session ${id} still lacks commits on ${where(withGap)}: the gap was neither filled nor given up`)
    const owed = Math.min(this.#components.timeline.run?.copies ?? told.length, told.length)
    if (live.length < owed) this.#missing(id, live, owed, told)
    if (live.length > owed)
      this.#add(`session ${id} is on ${where(live)}: ${live.length} copies, where ${owed} are to be`, processes(live))
  }

  #missing(
    id: string,
    live: readonly FinalCopy[],
    owed: number,
    told: readonly (readonly [Process, CopiesEvent])[],
  ): void {
    const { fates, timeline } = this.#components
    if (fates.mayBeExpired(id, timeline.nowMs)) {
      this.figures.expiring++
      return
    }
    const others = told.map(([process]) => process).filter(process => !live.some(copy => copy.process === process))
    this.#add(
      `session ${id} is on ${where(live)} only (${live.length} of ${owed} copies), and not on ${names(others)}`,
      others,
    )
  }

  #checkDead(id: string, dead: readonly FinalCopy[], told: readonly (readonly [Process, CopiesEvent])[]): void {
    const { timeline } = this.#components
    if (this.#options.areCertificatesCapped || timeline.run?.copies !== undefined) return
    const endedAt = this.#components.fates.get(id)?.endings.map(({ exchange }) => exchange.request.at) ?? []
    const { retentionMs, idleLimitMs } = timeline.run ?? {}
    const keptMs = retentionMs === undefined ? (idleLimitMs ?? Number.POSITIVE_INFINITY) : retentionMs * KEPT_AT_LEAST
    if (endedAt.length === 0 || timeline.nowMs - Math.min(...endedAt) >= keptMs) return
    const others = told.map(([process]) => process).filter(process => !dead.some(copy => copy.process === process))
    if (others.length > 0)
      this.#add(`the death of session ${id} is known on ${where(dead)} and not on ${names(others)}`, others)
    const byState = grouped(dead, ({ copy }) => copy.state)
    if (byState.size > 1)
      this.#add(`session ${id} has died differently: ${[...byState.values()].map(where).join('; ')}`, processes(dead))
  }

  /** Only where the copies give no reason for it: a certificate may just have been forgotten on one and not yet on another. */
  #checkDigests(told: readonly (readonly [Process, CopiesEvent])[]): void {
    if (this.#components.timeline.run?.copies !== undefined) return
    const groups = grouped(told, ([, { digest }]) => digest)
    const [first] = told
    const areSame = told.every(([, { sessions }]) => isSameTable(sessions, first![1].sessions))
    if (groups.size > 1 && areSame)
      this.#add(`the tables are equal and their digests differ: ${[...groups.keys()].join(', ')}`)
  }

  #add(what: string, nodes?: readonly Process[]): void {
    this.#findings.add(
      this.#components.timeline.nowMs,
      what,
      nodes?.map(({ node }) => node),
    )
  }
}

function isSameTable(a: CopiesEvent['sessions'], b: CopiesEvent['sessions']): boolean {
  const ids = Object.keys(a)
  return ids.length === Object.keys(b).length && ids.every(id => isSameCopy(a[id]!, b[id]))
}

function isSameCopy(a: CopyEvent, b: CopyEvent | undefined): boolean {
  return a.standing === b?.standing && a.state === b.state && a.isUnlisted === b.isUnlisted
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

/** They differ by removals only, which some have forgotten already: the others will in a moment. */
function isBeingForgotten(live: readonly FinalCopy[]): boolean {
  const removals = live.flatMap(({ copy }) => copy.removals ?? [])
  const floor = Math.max(...removals.map(each => each.floor))
  if (removals.length < live.length || removals.some(({ rest }) => rest !== removals[0]!.rest)) return false
  const isInAll = (name: string, stamp: number) => removals.every(({ stamps }) => stamps[name] === stamp)
  return removals.every(({ stamps }) =>
    Object.entries(stamps).every(([name, stamp]) => stamp <= floor || isInAll(name, stamp)),
  )
}

function processes(copies: readonly FinalCopy[]): readonly Process[] {
  return copies.map(({ process }) => process)
}

function where(copies: readonly FinalCopy[]): string {
  return names(processes(copies))
}

function names(processes: readonly Process[]): string {
  return processes.map(({ node }) => node).join(', ') || 'nobody'
}

function shown({ state, values }: CopyEvent): string {
  return values ? JSON.stringify(values) : `state ${state.slice(0, 16)}`
}
