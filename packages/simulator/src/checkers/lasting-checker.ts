import type { HistoryEvent } from '../history/history-event.js'
import type { Expiries } from './expiries.js'
import type { FinalCopies } from './final-copies.js'
import { type FinalValueComponents, type Loss, lossesOf, valuesOf } from './final-value.js'
import type { Cell, HeldWrite, Ledger } from './ledger.js'
import type { Holders } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import type { TwinSessions } from './twin-sessions.js'
import { type Checker, Findings, type Violation } from './violation.js'
import type { Write, WriteForest } from './write-forest.js'

export interface LastingComponents {
  readonly timeline: Timeline
  readonly fates: SessionFates
  readonly expiries: Expiries
  readonly copies: FinalCopies
  readonly ledger: Ledger
  readonly holders: Holders
  readonly forest: WriteForest
  readonly twins: TwinSessions
}

/**
 * I2 and I4. What was acknowledged as held lasts, writes and removals alike, unless every process that held it has died.
 *
 * Looks at the values of the live copies at the end. Of every write that was answered with `held`, and of which some holder must still be there (see `Holders`),
 * claims: the session is there, or was ended by somebody, or has been idle for its whole limit, or may have been taken for one that has ended (see `TwinSessions`).
 * Under the name there is the write itself, or one that came knowingly after it, or one that neither knew it nor was known to it; never one that it had replaced (a lost write: I2; an undone removal: I4). Nothing is
 * there only after a removal. Under a name with a merge function (its values are lists, and `base` is what a write took out) all are there that nobody took
 * out.
 *
 * Writes whose holders have all died, or have let the session expire (see `Expiries`), are counted as `lostWithHolders` if they are not there, and are no violation. Degraded and asynchronous answers promise
 * nothing.
 */
export class LastingChecker implements Checker {
  readonly figures = {
    acknowledgedWritesChecked: 0,
    acknowledgedRemovalsChecked: 0,
    endedWithSession: 0,
    lostWithHolders: 0,
    withoutValues: 0,
  }
  readonly #components: LastingComponents
  readonly #values: FinalValueComponents
  readonly #writes = new Findings('I2')
  readonly #removals = new Findings('I4')
  readonly #goneSessions = new Set<string>()

  constructor(components: LastingComponents) {
    this.#components = components
    const { forest, fates } = components
    this.#values = { forest, fates, removalsOf: (session, name) => this.#removalsOf(session, name) }
  }

  see(_event: HistoryEvent): void {}

  finish(): readonly Violation[] {
    const { timeline, copies, ledger } = this.#components
    if (timeline.settledAt === undefined || copies.all().length === 0) return []
    for (const cell of ledger.cells()) if (cell.held.length > 0) this.#checkCell(cell)
    this.#checkDeaths()
    return [...this.#writes.all, ...this.#removals.all]
  }

  #checkCell(cell: Cell): void {
    const found = this.#components.copies.of(cell.session)
    if (found.some(({ copy }) => copy.standing === 'dead')) {
      this.figures.endedWithSession += cell.held.length
      return
    }
    if (found.length > 0)
      return this.#checkValues(
        cell,
        this.#lastingOf(cell).filter(held => !this.#hasExpired(held, cell)),
      )
    if (this.#mayBeOver(cell.session)) this.figures.endedWithSession += cell.held.length
    else this.#checkGone(cell, this.#lastingOf(cell))
  }

  #mayBeOver(session: string): boolean {
    const { fates, timeline, twins } = this.#components
    const { nowMs } = timeline
    return fates.mayBeEnded(session) || fates.mayBeExpired(session, nowMs) || twins.mayBeTakenForEnded(session, nowMs)
  }

  #lastingOf({ held, session }: Cell): readonly HeldWrite[] {
    const { holders } = this.#components
    return held.filter(({ holding, exchange }) => holders.mustLast(holding, exchange.request.at, session))
  }

  /** What is under the session's id now has begun anew since. */
  #hasExpired(held: HeldWrite, { session }: Cell): boolean {
    return this.#components.expiries.hasEnded(held, session)
  }

  #checkGone(cell: Cell, lasting: readonly HeldWrite[]): void {
    this.figures.lostWithHolders += cell.held.length - lasting.length
    const [first] = lasting
    if (!first || this.#goneSessions.has(cell.session)) return
    this.#goneSessions.add(cell.session)
    this.#add(this.#writes, first, cell, 'the whole session is nowhere')
  }

  #checkValues(cell: Cell, lasting: readonly HeldWrite[]): void {
    const values = valuesOf(this.#components.copies.of(cell.session), cell.name)
    if (values.length === 0) this.figures.withoutValues++
    const removals = lasting.filter(({ isRemoval }) => isRemoval).length
    this.figures.acknowledgedRemovalsChecked += removals
    this.figures.acknowledgedWritesChecked += lasting.length - removals
    const losses = values.flatMap(value => lossesOf(cell, lasting, value, this.#values))
    this.#report(cell, losses)
    if (lasting.length < cell.held.length) this.#countFree(cell, new Set(lasting), values[0])
  }

  /** Of one name it is enough to tell of the latest write and of the latest removal. */
  #report(cell: Cell, losses: readonly Loss[]): void {
    const write = losses.findLast(({ lost }) => !lost.isRemoval)
    const removal = losses.findLast(({ lost }) => lost.isRemoval)
    if (write) this.#add(this.#writes, write.lost, cell, write.found)
    if (removal) this.#add(this.#removals, removal.lost, cell, removal.found)
  }

  /** Of what need not have lasted only the number is of interest. */
  #countFree(cell: Cell, lasting: ReadonlySet<HeldWrite>, value: Parameters<typeof lossesOf>[2]): void {
    const free = cell.held.filter(held => !lasting.has(held))
    this.figures.lostWithHolders += lossesOf(cell, free, value, this.#values).length
  }

  /** Dead although nobody has ended it: all that was written in it is lost. */
  #checkDeaths(): void {
    const { copies, timeline } = this.#components
    for (const [id, found] of copies.sessions()) {
      const dead = found.filter(({ copy }) => copy.standing === 'dead')
      if (dead.length === 0 || this.#mayBeOver(id)) continue
      const nodes = dead.map(({ process }) => process.node)
      this.#writes.add(timeline.nowMs, `session ${id} is dead on ${nodes.join(', ')}, and nobody has ended it`, nodes)
    }
  }

  #removalsOf(session: string, name: string): readonly Write[] {
    const { fates, ledger } = this.#components
    return [...fates.lineage(session)].flatMap(id => ledger.cell(id, name)?.removals.map(({ write }) => write) ?? [])
  }

  #add(findings: Findings, held: HeldWrite, cell: Cell, found: string): void {
    const { timeline, forest } = this.#components
    const { request } = held.exchange
    const version = forest.versionOf(held.write)
    const removed = forest.versionOf(forest.parentOf(held.write))
    const done = held.isRemoval
      ? `the removal of ${removed} under ${cell.name}`
      : `the write ${version} of ${cell.name}`
    const holders = (held.holding.oneOf ? [...held.holding.holders, ...held.holding.oneOf] : held.holding.holders).map(
      process => process.node,
    )
    findings.add(
      timeline.nowMs,
      `${done} in session ${cell.session}, acknowledged as held to ${request.client} by ${request.node} at ${held.at} (request ${request.request}), is lost: ${found}`,
      holders,
    )
  }
}
