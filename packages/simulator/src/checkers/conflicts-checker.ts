import type { HistoryEvent, ResponseEvent, SessionLifecycleEvent } from '../history/history-event.js'
import { type Exchanges, sessionOf } from './exchanges.js'
import type { Expiries } from './expiries.js'
import type { FinalCopies } from './final-copies.js'
import { valuesOf } from './final-value.js'
import { KEPT_AT_LEAST } from './kept-at-least.js'
import type { Cell, HeldWrite, Ledger } from './ledger.js'
import type { Holders } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'
import type { Write, WriteForest } from './write-forest.js'

export interface ConflictsComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly fates: SessionFates
  readonly expiries: Expiries
  readonly copies: FinalCopies
  readonly ledger: Ledger
  readonly holders: Holders
  readonly forest: WriteForest
}

export interface ConflictsOptions {
  /** `counted`: a write that has lost without an event, or an event of none, is no violation, but a figure (`silentConflicts`, `falseConflicts`). @default demanded */
  readonly events: 'demanded' | 'counted'
}

/** What a conflict event says of two writes that set a value. */
interface Pair {
  readonly event: SessionLifecycleEvent
  readonly kept: Write
  readonly dropped: Write
}

/**
 * I6. Of concurrent writes to one attribute one wins, the same everywhere, and the application is told of the other by a `conflict` event. (That the same one wins
 * is I1; that writes to different attributes are both kept is I2.)
 *
 * Claims: a value that was acknowledged as held, of which some holder must still be there, that nobody has knowingly replaced, and that is not what is there at
 * the end, is named as `dropped` by a conflict event of some process. So a concurrent write is never lost in silence. Names with a merge function have no losers. And no
 * conflict event names as dropped what the kept one had knowingly replaced within the retention: nothing is lost there. (After it, writers that are gone are forgotten: of whoever
 * comes back with something of theirs nobody can say any more that it had been seen.)
 */
export class ConflictsChecker implements Checker {
  readonly figures = {
    conflictEvents: 0,
    concurrentLosersChecked: 0,
    beatenRemovalsChecked: 0,
    silentConflicts: 0,
    falseConflicts: 0,
  }
  readonly #components: ConflictsComponents
  readonly #options: ConflictsOptions
  readonly #findings = new Findings('I6')
  readonly #dropped = new Set<string>()
  readonly #pairs: Pair[] = []
  /** When the request began that wrote a value, by version. */
  readonly #begunAt = new Map<number, number>()
  /** By session and name: when something was written last by a request that had found nothing there. */
  readonly #filledAt = new Map<string, number>()

  constructor(components: ConflictsComponents, options: Partial<ConflictsOptions> = {}) {
    this.#components = components
    this.#options = { events: 'demanded', ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'conflict') this.#seeConflict(event)
    if (event.kind === 'response') this.#seeResponse(event)
  }

  finish(): readonly Violation[] {
    const { timeline, ledger } = this.#components
    for (const pair of this.#pairs) if (this.#isFalse(pair)) this.#addFalse(pair)
    if (timeline.settledAt === undefined) return this.#findings.all
    const parents = this.#parents()
    for (const cell of ledger.cells()) if (!cell.isMerged && cell.held.length > 0) this.#checkCell(cell, parents)
    return this.#findings.all
  }

  #seeConflict(event: SessionLifecycleEvent): void {
    const { session, name = '', kept, dropped } = event
    const { forest } = this.#components
    this.figures.conflictEvents++
    this.#dropped.add(keyOf(session, name, dropped ?? null))
    if (typeof kept === 'number' && typeof dropped === 'number')
      this.#pairs.push({ event, kept: forest.of(kept), dropped: forest.of(dropped) })
  }

  #seeResponse(response: ResponseEvent): void {
    const exchange = this.#components.exchanges.of(response)
    if (!exchange) return
    for (const { name, version, base } of response.wrote ?? []) {
      if (version !== null) this.#begunAt.set(version, exchange.request.at)
      if (base === null) this.#filledAt.set(keyOfCell(sessionOf(exchange), name), response.at)
    }
  }

  #isFalse(pair: Pair): boolean {
    return this.#components.forest.isBefore(pair.dropped, pair.kept) && !this.#mayBeForgotten(pair)
  }

  /** Whether the writer of what was dropped may have been gone for the retention. */
  #mayBeForgotten({ event: { at, dropped } }: Pair): boolean {
    const { retentionMs = Number.POSITIVE_INFINITY } = this.#components.timeline.run ?? {}
    const begunAt = this.#begunAt.get(dropped!) ?? 0
    return at - begunAt >= retentionMs * KEPT_AT_LEAST
  }

  #addFalse({ event: { at, node, session, name, kept, dropped } }: Pair): void {
    this.figures.falseConflicts++
    if (this.#options.events === 'counted') return
    const what = `a conflict event of ${node} says that the write ${dropped} of ${name} in session ${session} lost against ${kept}, which had replaced it knowingly`
    this.#findings.add(at, what, [node])
  }

  /** Writes that some other write has knowingly replaced. */
  #parents(): Set<Write> {
    const { forest } = this.#components
    const parents = new Set<Write>()
    for (let write = 0; write < forest.size; write++) parents.add(forest.parentOf(write))
    return parents
  }

  #checkCell(cell: Cell, parents: ReadonlySet<Write>): void {
    const { copies, fates } = this.#components
    const found = copies.of(cell.session)
    if (fates.isObscure(cell.session) || found.some(({ copy }) => copy.standing === 'dead')) return
    const values = valuesOf(found, cell.name)
    // Where copies differ I1 has something to say; a list is the work of a merge function.
    if (values.length !== 1 || Array.isArray(values[0])) return
    const [value] = values
    for (const held of cell.held) if (this.#isLoser(cell, held, value, parents)) this.#checkLoser(cell, held, value)
  }

  #isLoser(cell: Cell, held: HeldWrite, value: unknown, parents: ReadonlySet<Write>): boolean {
    const { expiries, forest, holders } = this.#components
    const { session } = cell
    const { write, isRemoval, isCarried, holding, exchange } = held
    if (isCarried || parents.has(write) || (forest.versionOf(write) ?? null) === (value ?? null)) return false
    if (isRemoval && !this.#isBeatenRemoval(cell, held, value)) return false
    return holders.mustLast(holding, exchange.request.at, session) && !expiries.hasEnded(held, session)
  }

  /**
   * Whether what is there goes back to what was removed by a way of its own: so somebody replaced that without having seen the removal. Where a request found nothing since, it may have seen just
   * that; and a removal is remembered for a while only.
   */
  #isBeatenRemoval({ session, name }: Cell, { write, exchange }: HeldWrite, value: unknown): boolean {
    const { forest, timeline } = this.#components
    const removed = forest.parentOf(write)
    const { retentionMs = Number.POSITIVE_INFINITY } = timeline.run ?? {}
    if (typeof value !== 'number' || !forest.isBefore(removed, forest.of(value))) return false
    if (timeline.nowMs - exchange.request.at >= retentionMs * KEPT_AT_LEAST) return false
    return (this.#filledAt.get(keyOfCell(session, name)) ?? 0) < exchange.request.at
  }

  #checkLoser({ session, name }: Cell, { write, exchange }: HeldWrite, value: unknown): void {
    const { forest, timeline } = this.#components
    const version = forest.versionOf(write)
    // What was lost, and not beaten, is I2's.
    if (typeof value === 'number' && forest.isBefore(forest.of(value), write)) return
    this.figures.concurrentLosersChecked++
    if (version === null) this.figures.beatenRemovalsChecked++
    if (this.#dropped.has(keyOf(session, name, version))) return
    this.figures.silentConflicts++
    if (this.#options.events === 'counted') return
    const { request } = exchange
    this.#findings.add(
      timeline.nowMs,
      `${version === null ? 'a removal' : `the write ${version}`} of ${name} in session ${session} (${request.client}, request ${request.request} on ${request.node}) lost against ${value ?? 'a removal'}, which had not seen it, and no conflict event tells of it`,
      [request.node],
    )
  }
}

function keyOfCell(session: string | undefined, name: string): string {
  return `${session}\n${name}`
}

function keyOf(session: string, name: string, version: number | null): string {
  return `${keyOfCell(session, name)}\n${version}`
}
