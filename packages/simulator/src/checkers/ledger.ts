import type { HistoryEvent, ResponseEvent, WrittenValue } from '../history/history-event.js'
import type { ClientViews } from './client-views.js'
import { type Exchange, type Exchanges, isRename, isStored, sessionOf } from './exchanges.js'
import { type Holders, type Holding, isHeld } from './obligation.js'
import { onlyWrite, type Sighting } from './view.js'
import { NO_WRITE, type Write, type WriteForest } from './write-forest.js'

/** By whom something was held, of which exchange, and since when. */
interface Held {
  readonly holding: Holding
  readonly exchange: Exchange
  readonly at: number
}

/** A write or a removal that was acknowledged as held. */
export interface HeldWrite extends Held {
  readonly write: Write
  readonly isRemoval: boolean
  /** It was not written by this request, but came with the session when its id changed. */
  readonly isCarried: boolean
}

interface Removal {
  readonly write: Write
  /** When its request was sent: nobody can have seen it before. */
  readonly begunAt: number
}

/** All that was done under one name of one session. */
export interface Cell {
  readonly session: string
  readonly name: string
  readonly held: HeldWrite[]
  readonly removals: Removal[]
  /** Versions that some write has taken the place of. */
  readonly replaced: Set<number>
  /** Of values that come together by a merge function. */
  isMerged: boolean
}

/** Every write of the history: in the forest who knew whom, and by session and name what was promised to last. */
export class Ledger {
  readonly #exchanges: Exchanges
  readonly #views: ClientViews
  readonly #forest: WriteForest
  readonly #holders: Holders
  readonly #holdings = new Map<Write, Held>()
  readonly #cells = new Map<string, Map<string, Cell>>()
  #current: { readonly response: ResponseEvent; readonly writes: readonly Write[] } | undefined
  readonly counts = { writes: 0, removals: 0, held: 0, degraded: 0, async: 0 }

  constructor(exchanges: Exchanges, views: ClientViews, forest: WriteForest, holders: Holders) {
    this.#exchanges = exchanges
    this.#views = views
    this.#forest = forest
    this.#holders = holders
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'response') return
    const exchange = this.#exchanges.of(event)
    const session = exchange && sessionOf(exchange)
    if (session === undefined || event.outcome === 'none' || event.outcome === 'refused') return
    const holding = isHeld(event) ? this.#holders.of(exchange!) : undefined
    for (const [name, value] of Object.entries(event.read ?? {}))
      if (typeof value === 'object' && value !== null) this.#cell(session, name).isMerged = true
    this.#addAll(session, exchange!, holding)
    if (holding && isRename(exchange!)) this.#addCarried(session, exchange!, holding)
    this.#count(event)
  }

  /** By whom a write was held, and since when, if it was acknowledged. */
  holdingOf(write: Write): Held | undefined {
    return this.#holdings.get(write)
  }

  cell(session: string, name: string): Cell | undefined {
    return this.#cells.get(session)?.get(name)
  }

  *cells(): Generator<Cell> {
    for (const cells of this.#cells.values()) yield* cells.values()
  }

  /** Of the answer just seen: for each written value, the write that stands for it. */
  writesOf(response: ResponseEvent): readonly Write[] {
    return this.#current?.response === response ? this.#current.writes : []
  }

  #addAll(session: string, exchange: Exchange, holding: Holding | undefined): void {
    const latest = new Map<string, Write>()
    const writes = (exchange.response.wrote ?? []).map(written => {
      const write = this.#add(session, exchange, written, latest.get(written.name))
      latest.set(written.name, write)
      if (holding && !isRepeated(written)) this.#hold(session, exchange, written, write, holding)
      return write
    })
    this.#current = { response: exchange.response, writes }
  }

  #add(session: string, exchange: Exchange, written: WrittenValue, earlier: Write | undefined): Write {
    const { name, version, base } = written
    if (isRepeated(written)) return this.#forest.of(version!)
    const cell = this.#cell(session, name)
    const { request, response } = exchange
    const isEffective = isStored(response) || response.outcome !== 'ok'
    if (isEffective && base !== null) cell.replaced.add(base)
    const parent = base === null ? (earlier ?? this.#knownGone(exchange, name)) : this.#forest.of(base)
    if (version !== null) return this.#forest.add(version, parent)
    const write = this.#forest.addRemoval(parent)
    if (isEffective) cell.removals.push({ write, begunAt: request.at })
    return write
  }

  #hold(session: string, exchange: Exchange, { name, version }: WrittenValue, write: Write, holding: Holding): void {
    const isRemoval = version === null
    const { at } = exchange.response
    this.#holdings.set(write, { holding, exchange, at })
    this.#cell(session, name).held.push({ write, isRemoval, holding, at, exchange, isCarried: false })
  }

  /** Of a request that found nothing: what its client knew to be gone, which an unflagged answer has seen to be gone too. */
  #knownGone(exchange: Exchange, name: string): Write {
    const { outcome, isStale } = exchange.response
    return outcome !== 'ok' || isStale ? NO_WRITE : onlyWrite(this.#views.before(exchange)?.names.get(name))
  }

  /** The new session has what was read of the old one, and what its client had seen there before, and whoever holds it has that too. */
  #addCarried(session: string, exchange: Exchange, holding: Holding): void {
    const { read = {}, wrote = [], isStale, at } = exchange.response
    const values = new Map<string, readonly Write[]>()
    if (!isStale)
      for (const [name, seen] of this.#views.before(exchange)?.names ?? []) values.set(name, this.#writesIn(seen))
    for (const [name, value] of Object.entries(read))
      values.set(
        name,
        listOf(value).map(v => this.#forest.of(v)),
      )
    for (const { name } of wrote) values.delete(name)
    for (const [name, writes] of values)
      for (const write of writes)
        this.#cell(session, name).held.push({ write, isRemoval: false, holding, at, exchange, isCarried: true })
  }

  #writesIn(sightings: readonly Sighting[]): readonly Write[] {
    const [only, ...more] = sightings
    if (!only || more.length > 0) return []
    if (only.kind === 'many') return only.versions.map(version => this.#forest.of(version))
    return only.isThere ? [only.write] : []
  }

  #cell(session: string, name: string): Cell {
    let cells = this.#cells.get(session)
    if (!cells) this.#cells.set(session, (cells = new Map()))
    let cell = cells.get(name)
    if (!cell) cells.set(name, (cell = { session, name, held: [], removals: [], replaced: new Set(), isMerged: false }))
    return cell
  }

  #count({ wrote = [], acknowledged }: ResponseEvent): void {
    const removals = wrote.filter(w => w.version === null).length
    this.counts.removals += removals
    this.counts.writes += wrote.length - removals
    if (acknowledged === 'held' || acknowledged === 'degraded' || acknowledged === 'async')
      this.counts[acknowledged] += wrote.length
  }
}

function listOf(value: number | null | readonly number[]): readonly number[] {
  return typeof value === 'number' ? [value] : (value ?? [])
}

/** A value that is written again as it was is no write. */
function isRepeated({ version, base }: WrittenValue): boolean {
  return version !== null && version === base
}
