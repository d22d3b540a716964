import type { HistoryEvent, ResponseEvent } from '../history/history-event.js'
import type { ClientViews } from './client-views.js'
import { type Exchange, type Exchanges, sessionOf } from './exchanges.js'
import type { Expiries } from './expiries.js'
import type { Ledger } from './ledger.js'
import type { Holders } from './obligation.js'
import type { SessionFates } from './session-fates.js'
import type { Timeline } from './timeline.js'
import { hadSeenReplaced, type Sighting, type View } from './view.js'
import { type Checker, Findings, type Violation } from './violation.js'
import type { Write, WriteForest } from './write-forest.js'

export interface ClientReadsComponents {
  readonly timeline: Timeline
  readonly exchanges: Exchanges
  readonly views: ClientViews
  readonly forest: WriteForest
  readonly ledger: Ledger
  readonly fates: SessionFates
  readonly holders: Holders
  readonly expiries: Expiries
}

export interface ClientReadsOptions {
  /**
   * What a flagged answer takes from its client. `nothing`: what it had seen before, if it was acknowledged as held and a holder lives, is owed to it again in the
   * next unflagged answer, unless it has expired before that. `everything`: from then on only what it was told with the flag; what is older is counted (`olderAfterFlag`). @default nothing
   */
  readonly flagTakes: 'nothing' | 'everything'
}

/** An unflagged answer after a flagged one, and what was known before that. */
interface AfterFlag {
  readonly exchange: Exchange
  readonly session: string
  readonly name: string
  readonly known: Write
  readonly read: number | null
}

/** An answer that can only be judged when all writes are known. */
interface Open {
  readonly exchange: Exchange
  readonly session: string
  readonly name: string
  readonly seen: readonly Sighting[]
  readonly read: number | null | readonly number[]
}

/**
 * I5. Read your writes on any node, and monotonic reads, per client, with any load balancing; or the answer is flagged stale.
 *
 * Compares each unflagged answer with what the client's cookie stood for when it sent the request (see `ClientViews`): all that it had read and written in that
 * session in answers that came before, since the last one flagged. Claims, for each name that was read: it is not a write which one of those had replaced
 * knowingly; it is not one which this client has already seen replaced; it is not nothing, unless somebody had begun to remove it by then; of a name with a merge
 * function, nothing is missing that nobody took out.
 *
 * Requests that overlap, and what a browser does with two cookies, are nobody's promise: then the answer must only be right for one of the cookies.
 */
export class ClientReadsChecker implements Checker {
  readonly figures = {
    readsChecked: 0,
    readsAfterFlagChecked: 0,
    olderAfterFlag: 0,
    answersStale: 0,
    answersStaleInQuiet: 0,
    answersUnflagged: 0,
  }
  readonly #components: ClientReadsComponents
  readonly #findings = new Findings('I5')
  readonly #open: Open[] = []

  readonly #afterFlag: AfterFlag[] = []
  readonly #options: ClientReadsOptions

  constructor(components: ClientReadsComponents, options: Partial<ClientReadsOptions> = {}) {
    this.#components = components
    this.#options = { flagTakes: 'nothing', ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'response' || event.outcome !== 'ok') return
    const exchange = this.#components.exchanges.of(event)
    if (!exchange) return
    this.#countFlag(event)
    const session = sessionOf(exchange)
    const view = this.#components.views.before(exchange)
    if (event.isStale || !view || session === undefined) return
    for (const [name, read] of Object.entries(event.read ?? {})) this.#look(exchange, session, view, name, read)
  }

  finish(): readonly Violation[] {
    for (const open of this.#open) {
      const older = this.#isOlder(open)
      if (older) this.#add(open, older)
    }
    for (const after of this.#afterFlag) this.#checkAfterFlag(after)
    return this.#findings.all
  }

  #checkAfterFlag({ exchange, session, name, known, read }: AfterFlag): void {
    const { expiries, forest, holders, ledger } = this.#components
    const held = ledger.holdingOf(known)
    if (!held || !holders.mustLast(held.holding, held.exchange.request.at, session)) return
    if (expiries.hasEnded({ ...held, write: known }, session, exchange.response.at)) return
    if (read === null ? this.#mayBeRemoved(exchange, session, name, known) : !forest.isBefore(forest.of(read), known))
      return
    this.figures.olderAfterFlag++
    if (this.#options.flagTakes === 'everything') return
    const seen: Sighting = { kind: 'one', write: known, isThere: true }
    this.#add(
      { exchange, session, name, seen: [seen], read },
      `${read === null ? 'and nobody had removed it' : 'which that had replaced'}; only a flagged answer came between`,
    )
  }

  #countFlag({ isStale }: ResponseEvent): void {
    if (!isStale) this.figures.answersUnflagged++
    else this.figures.answersStale++
    if (isStale && this.#components.timeline.quietMs > 5_000) this.figures.answersStaleInQuiet++
  }

  #look(exchange: Exchange, session: string, view: View, name: string, read: Open['read']): void {
    const known = view.beforeFlag.get(name)
    if (known !== undefined && (typeof read === 'number' || (read === null && !this.#mayHaveExpired))) {
      this.figures.readsAfterFlagChecked++
      this.#afterFlag.push({ exchange, session, name, known, read })
    }
    const seen = view.names.get(name)
    if (!seen) return
    this.figures.readsChecked++
    const { forest } = this.#components
    if (typeof read !== 'number') {
      this.#open.push({ exchange, session, name, seen, read })
      return
    }
    const write = forest.of(read)
    if (hadSeenReplaced(view, name, write))
      return this.#add({ exchange, session, name, seen, read }, 'which it had already seen replaced')
    if (seen.every(s => s.kind === 'one' && s.write !== write)) this.#open.push({ exchange, session, name, seen, read })
  }

  /** In what way it is older than each of what it may have been compared with; undefined when it is not. */
  #isOlder({ exchange, session, name, seen, read }: Open): string | undefined {
    const { forest } = this.#components
    if (typeof read === 'number') {
      const write = forest.of(read)
      const isOlder = seen.every(s => s.kind === 'one' && forest.isBefore(write, s.write))
      return isOlder ? 'which that had replaced' : undefined
    }
    const list = read ?? []
    const isMissing = seen.every(s => this.#missing(exchange, session, name, s, list))
    return isMissing ? 'and nobody had removed it' : undefined
  }

  /** Whether something that was seen is not there although nobody can have taken it out. */
  #missing(exchange: Exchange, session: string, name: string, seen: Sighting, list: readonly number[]): boolean {
    const { forest } = this.#components
    if (seen.kind === 'one' && !seen.isThere) return false
    if (seen.kind === 'many') {
      const missing = seen.versions.filter(
        version => !list.includes(version) && !this.#isReplaced(session, name, version),
      )
      return missing.length > 0 && !this.#mayBeRemoved(exchange, session, name, undefined)
    }
    const version = forest.versionOf(seen.write)
    if (version !== null && (list.includes(version) || (list.length > 0 && this.#isReplaced(session, name, version))))
      return false
    if (list.length > 0 && !this.#isMerged(session, name)) return false
    return !this.#mayBeRemoved(exchange, session, name, seen.write)
  }

  /** Whether the history is so long that a session may have expired in it, and begun anew under its id for a client that came back. */
  get #mayHaveExpired(): boolean {
    const { run, nowMs } = this.#components.timeline
    return nowMs >= (run?.idleLimitMs ?? Number.POSITIVE_INFINITY)
  }

  #isReplaced(session: string, name: string, version: number): boolean {
    return this.#cells(session, name).some(cell => cell.replaced.has(version))
  }

  #isMerged(session: string, name: string): boolean {
    return this.#cells(session, name).some(cell => cell.isMerged)
  }

  /** A removal that had been asked for before this answer, and that `seen` had not replaced. */
  #mayBeRemoved({ response }: Exchange, session: string, name: string, seen: Write | undefined): boolean {
    const { fates, forest } = this.#components
    if (fates.isObscure(session)) return true
    const removals = this.#cells(session, name).flatMap(cell => cell.removals)
    return removals.some(
      ({ write, begunAt }) => begunAt <= response.at && (seen === undefined || !forest.isBefore(write, seen)),
    )
  }

  #cells(session: string, name: string) {
    const { fates, ledger } = this.#components
    return [...fates.lineage(session)].flatMap(id => ledger.cell(id, name) ?? [])
  }

  #add({ exchange, session, name, seen, read }: Open, how: string): void {
    const { request, response } = exchange
    const known = seen.map(s => this.#shown(s)).join(' or ')
    this.#findings.add(
      response.at,
      `${request.client} (request ${request.request}) read, unflagged, ${name} = ${JSON.stringify(read)} of session ${session} from ${request.node}, having seen ${known}: ${how}`,
      [request.node],
    )
  }

  #shown(seen: Sighting): string {
    if (seen.kind === 'many') return `[${seen.versions.join(', ')}]`
    const version = this.#components.forest.versionOf(seen.write)
    return seen.isThere ? `${version}` : `the removal${version === null ? '' : ` of ${version}`}`
  }
}
