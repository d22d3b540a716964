import type { Logger } from '@clowder/tribes'
import { FormerStoreError } from '../errors.js'
import type { MigrationStatistics } from './migration-statistics.js'

type Callback = (error?: unknown, value?: unknown) => void

/** A store as express-session takes it, in so far as a migration needs it. `ids` is what connect-redis has, and is asked rather than `all`. */
export interface ExpressSessionStore {
  get(id: string, callback: Callback): unknown
  set(id: string, session: never, callback: Callback): unknown
  destroy(id: string, callback: Callback): unknown
  touch?(id: string, session: never, callback: Callback): unknown
  ids?(callback: Callback): unknown
  all?(callback: Callback): unknown
  clear?(callback: Callback): unknown
}

/** `failed`: it could not say, or not in time. */
export type Reading =
  | { readonly kind: 'found'; readonly record: object }
  | { readonly kind: 'none' }
  | { readonly kind: 'failed' }

export interface FormerStoreComponents {
  readonly store: ExpressSessionStore
  readonly logger: Logger
  readonly statistics: MigrationStatistics
  /** For good, as far as is known here. */
  hasEnded(id: string): boolean
}

export interface FormerStoreOptions {
  /** Milliseconds after which the store is taken to have failed, for this once. */
  readonly timeoutMs: number
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }
type Work = (done: Callback) => unknown

/** Has been asked, and waits for what was asked before it. */
interface Waiting {
  work: Work
  readonly outcome: Promise<Outcome>
}

/** Ends that are to be tried again are remembered up to this number. */
const MAX_OPEN_ENDS = 10_000
const QUIET_MS = 60_000

/**
 * The store of before. What is asked about one id is done in the order in which it was asked, so that no reader overtakes a writer of this process, and no writer an end. What
 * waits is one of each kind: a later one takes the place of it, so that a store that hangs keeps nobody waiting for what others asked, and fills no memory. Nothing here rejects but `ids` and `clear`: what fails is counted, and logged once a minute. An end that failed is tried again as soon as something else has succeeded.
 */
export class FormerStore {
  readonly #components: FormerStoreComponents
  readonly #options: FormerStoreOptions
  /** By id, the last that was asked. */
  readonly #last = new Map<string, Promise<unknown>>()
  /** By id, the last change that was asked for. */
  readonly #lastChange = new Map<string, Promise<unknown>>()
  /** By action and id, the last that has not begun. */
  readonly #waiting = new Map<string, Waiting>()
  readonly #ending = new Set<string>()
  readonly #openEnds = new Set<string>()
  #saidAtMs = Number.NEGATIVE_INFINITY

  constructor(components: FormerStoreComponents, options: FormerStoreOptions) {
    this.#components = components
    this.#options = options
  }

  /** As it is when no change of this process is on its way. */
  async read(id: string): Promise<Reading> {
    const { store, statistics } = this.#components
    const outcome = await this.#inOrder(id, 'read', done => {
      statistics.nrOfReads++
      return store.get(id, done)
    })
    if (this.#lastChange.has(id)) return this.read(id)
    if ('error' in outcome) return { kind: 'failed' }
    const { value } = outcome
    return typeof value === 'object' && value !== null ? { kind: 'found', record: value } : { kind: 'none' }
  }

  /** Resolves with whether it has been written, as far as can be known. */
  async write(id: string, record: object): Promise<boolean> {
    const { store, statistics } = this.#components
    let isGivenUp = false
    const outcome = await this.#change(id, 'write', done => {
      statistics.nrOfWrites++
      return store.set(id, record as never, (error, value) => {
        done(error, value)
        if (isGivenUp) void this.#writtenLate(id)
      })
    })
    isGivenUp = 'error' in outcome
    return !isGivenUp
  }

  /** `record`: what its cookie says is enough. */
  touch(id: string, record: object): void {
    const { store, statistics } = this.#components
    if (typeof store.touch !== 'function') return
    void this.#inOrder(id, 'touch', done => {
      statistics.nrOfTouches++
      return store.touch!(id, record as never, done)
    })
  }

  end(id: string): void {
    if (this.#ending.has(id)) return
    this.#ending.add(id)
    this.#openEnds.delete(id)
    const { store, statistics } = this.#components
    statistics.nrOfEnds++
    void this.#change(id, 'end', done => store.destroy(id, done)).then(outcome => {
      this.#ending.delete(id)
      if ('error' in outcome && this.#openEnds.size < MAX_OPEN_ENDS) this.#openEnds.add(id)
    })
  }

  /** Undefined: nothing is on its way. Never rejects. */
  settled(id: string): Promise<unknown> | undefined {
    return this.#last.get(id)
  }

  /** Ends that have failed, and will be tried again. */
  get openEnds(): number {
    return this.#openEnds.size
  }

  /** Rejects with FormerStoreError. */
  async ids(): Promise<readonly string[]> {
    const { store } = this.#components
    if (typeof store.ids === 'function') return (await this.#value('list', done => store.ids!(done))) as string[]
    if (typeof store.all !== 'function') throw new FormerStoreError('list', 'it has neither ids nor all')
    const all = await this.#value('list', done => store.all!(done))
    return Array.isArray(all) ? all.map(({ id }) => String(id)) : Object.keys(all ?? {})
  }

  /** Ends all, known here or not. Rejects with FormerStoreError. */
  async clear(): Promise<void> {
    const { store } = this.#components
    if (typeof store.clear === 'function') await this.#value('clear', done => store.clear!(done))
    else for (const id of await this.ids()) this.end(id)
  }

  /** A write behind an end that waits is none that waited before it. */
  #change(id: string, action: string, work: Work): Promise<Outcome> {
    const key = keyOf(id, action)
    if (this.#waiting.get(key)?.outcome !== this.#lastChange.get(id)) this.#waiting.delete(key)
    const outcome = this.#inOrder(id, action, work)
    keepWhilePending(this.#lastChange, id, outcome)
    return outcome
  }

  /** Perhaps behind an end, which would be undone by it, or beside one that is under way. */
  async #writtenLate(id: string): Promise<void> {
    await this.settled(id)
    if (this.#components.hasEnded(id)) this.end(id)
  }

  #inOrder(id: string, action: string, work: Work): Promise<Outcome> {
    const waiting = this.#waiting.get(keyOf(id, action))
    if (waiting) {
      waiting.work = work
      return waiting.outcome
    }
    const before = this.#last.get(id)
    const outcome = before ? this.#askAfter(before, action, work, id) : this.#ask(action, work, id)
    keepWhilePending(this.#last, id, outcome)
    return outcome
  }

  #askAfter(before: Promise<unknown>, action: string, work: Work, id: string): Promise<Outcome> {
    const key = keyOf(id, action)
    const begin = () => {
      if (this.#waiting.get(key) === waiting) this.#waiting.delete(key)
      return this.#ask(action, waiting.work, id)
    }
    const waiting: Waiting = { work, outcome: before.then(begin) }
    this.#waiting.set(key, waiting)
    return waiting.outcome
  }

  async #value(action: string, work: Work): Promise<unknown> {
    const outcome = await this.#ask(action, work)
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  async #ask(action: string, work: Work, id?: string): Promise<Outcome> {
    const outcome = await outcomeOf(work, this.#options.timeoutMs)
    if ('value' in outcome) {
      this.#retryEnds()
      return outcome
    }
    const { error: cause } = outcome
    const said = cause instanceof Error ? cause.message : String(cause)
    const problem = cause instanceof SyntaxError ? 'what it holds is no JSON' : withoutId(said, id)
    const error = new FormerStoreError(action, problem, problem === said ? { cause: causeOf(cause) } : {})
    this.#failed(error)
    return { error }
  }

  /** The oldest alone: when that succeeds the next one has its turn, and where reads succeed and ends do not (a replica that cannot be written to) no read costs thousands of them. */
  #retryEnds(): void {
    const [id] = this.#openEnds
    if (id !== undefined) this.end(id)
  }

  #failed(err: FormerStoreError): void {
    const { logger, statistics } = this.#components
    statistics.nrOfFailures++
    const nowMs = performance.now()
    if (nowMs - this.#saidAtMs < QUIET_MS) return
    this.#saidAtMs = nowMs
    logger.error({ err, failures: statistics.nrOfFailures }, err.message)
  }
}

function keepWhilePending(pending: Map<string, Promise<unknown>>, id: string, outcome: Promise<unknown>): void {
  pending.set(id, outcome)
  void outcome.then(() => {
    if (pending.get(id) === outcome) pending.delete(id)
  })
}

function keyOf(id: string, action: string): string {
  return `${action} ${id}`
}

/** Some clients' errors have the whole command as a property, with the session in it. */
function causeOf(cause: unknown): unknown {
  if (!(cause instanceof Error)) return undefined
  const { name, message, code } = cause as NodeJS.ErrnoException
  return Object.assign(new Error(message), { name }, code === undefined ? {} : { code })
}

/** What a store says may quote what it was asked for. */
function withoutId(text: string, id: string | undefined): string {
  return id === undefined || id === '' ? text : text.replaceAll(id, '…')
}

/** Some stores return a promise besides calling back, and reject it too: it is theirs to be heard once. */
function outcomeOf(work: Work, timeoutMs: number): Promise<Outcome> {
  return new Promise(resolve => {
    const failed = (error: unknown) => settle({ error })
    const timer = setTimeout(() => failed(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    const settle = (outcome: Outcome) => {
      clearTimeout(timer)
      resolve(outcome)
    }
    try {
      const returned = work((error, value) => settle(error && !isMissing(error) ? { error } : { value }))
      if (returned instanceof Promise) returned.catch(failed)
    } catch (error) {
      failed(error)
    }
  })
}

/** express-session takes this for: there is none. */
function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === 'ENOENT'
}
