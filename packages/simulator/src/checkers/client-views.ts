import type { HistoryEvent, RequestEvent, ResponseEvent } from '../history/history-event.js'
import { type Cookies, KnownCookies, LikelyCookies } from './cookies.js'
import { type Exchange, type Exchanges, isRename, isStored, sessionOf } from './exchanges.js'
import { onlyWrite, type Sighting, type View, Views } from './view.js'
import { NO_WRITE, type Write, type WriteForest } from './write-forest.js'

type ReadValue = NonNullable<ResponseEvent['read']>[string]

/**
 * What each client has seen of its sessions, as the token in its cookie knows it: an answer flagged as stale starts it anew with what was read then; a change of
 * id carries it over; a request that was sent before another's answer came does not know of that.
 */
export class ClientViews {
  readonly #exchanges: Exchanges
  readonly #forest: WriteForest
  readonly #views = new Views()
  readonly #known: Cookies = new KnownCookies()
  readonly #likely: Cookies = new LikelyCookies(this.#views)
  readonly #sent = new Map<number, View | undefined>()

  constructor(exchanges: Exchanges, forest: WriteForest) {
    this.#exchanges = exchanges
    this.#forest = forest
  }

  /**
   * Called after everybody has looked: until then an answer's request has the view that it was sent with. `writes`: for each value that the answer says was
   * written, the write that stands for it.
   */
  see(event: HistoryEvent, writes: readonly Write[]): void {
    if (event.kind === 'request') this.#begin(event)
    else if (event.kind === 'response') this.#end(event, writes)
  }

  /** What the client knew of the answer's session when it sent the request. */
  before(exchange: Exchange): View | undefined {
    const { request, response } = exchange
    const isSame = response.session === undefined || response.session === request.session
    return isSame || isRename(exchange) ? this.#sent.get(request.request) : undefined
  }

  #begin(request: RequestEvent): void {
    const cookies = request.cookieFrom === undefined ? this.#likely : this.#known
    this.#sent.set(request.request, cookies.sentWith(request))
  }

  #end(response: ResponseEvent, writes: readonly Write[]): void {
    const exchange = this.#exchanges.of(response)
    if (exchange) {
      const learnt = this.#learnt(exchange, writes)
      const sent = this.#sent.get(response.request)
      this.#known.answered(exchange, sent, learnt)
      // Of a browser that says which cookie it sends nothing need be guessed.
      if (exchange.request.cookieFrom === undefined) this.#likely.answered(exchange, sent, learnt)
    }
    this.#sent.delete(response.request)
  }

  /** What the cookie of this answer stands for; undefined when it has none. */
  #learnt(exchange: Exchange, writes: readonly Write[]): View | undefined {
    const { response } = exchange
    const id = sessionOf(exchange)
    if (response.outcome !== 'ok' || id === undefined || response.ended?.includes(id)) return undefined
    const before = this.before(exchange)
    const known = before && isRename(exchange) ? this.#carried(before, response) : before
    return this.#views.follow(known, response.isStale === true, (saw, names) => {
      for (const [name, value] of Object.entries(response.read ?? {})) saw(name, this.#sighting(value, names.get(name)))
      if (isStored(response)) addWritten(response, writes, names, saw)
    })
  }

  /** A copy that was flagged as old takes into its new session only what it has; the rest has ended with the old one. */
  #carried(before: View, { isStale }: ResponseEvent): View | undefined {
    return isStale ? undefined : this.#views.moved(before)
  }

  #sighting(value: ReadValue, before: readonly Sighting[] | undefined): Sighting {
    if (value === null) return { kind: 'one', write: onlyWrite(before), isThere: false }
    if (typeof value === 'number') return { kind: 'one', write: this.#forest.of(value), isThere: true }
    return { kind: 'many', versions: value }
  }
}

function addWritten(
  { wrote = [] }: ResponseEvent,
  writes: readonly Write[],
  names: ReadonlyMap<string, readonly Sighting[]>,
  saw: (name: string, now: Sighting) => void,
): void {
  for (const [i, { name, version, base, isLate }] of wrote.entries()) {
    if (isLate) continue
    const [before] = names.get(name) ?? []
    if (before?.kind === 'many') saw(name, { kind: 'many', versions: written(before.versions, version, base) })
    else saw(name, { kind: 'one', write: writes[i] ?? NO_WRITE, isThere: version !== null })
  }
}

function written(versions: readonly number[], version: number | null, base: number | null): readonly number[] {
  if (version === null) return []
  return [...versions.filter(v => v !== base), version]
}
