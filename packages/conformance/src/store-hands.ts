import assert from 'node:assert/strict'
import type { ConformantStore, StoredData, StoreRequest, StoresUnderTest } from './conformant-store.js'
import type { Dice } from './dice.js'

const HOUR_MS = 3_600_000
/** Whoever has not called back by then does not. */
const SILENT_MS = 20_000

type Verb = 'get' | 'set' | 'destroy' | 'touch' | 'all' | 'length' | 'clear' | 'regenerate' | 'load'

/** The hands of a test: each call on any of the stores, and what comes back as a promise. A callback that comes twice, or a call that throws, is a failure. */
export class StoreHands {
  /** How many sessions are many. */
  readonly many: number
  readonly #made: StoresUnderTest
  readonly #dice: Dice
  #ids = 0

  constructor(made: StoresUnderTest, dice: Dice, many: number) {
    this.many = many
    this.#made = made
    this.#dice = dice
  }

  get nodes(): number {
    return this.#made.stores.length
  }

  /** Any store. */
  store(): ConformantStore {
    return this.#dice.pick(this.#made.stores)
  }

  has(verb: Verb): boolean {
    return typeof this.#made.stores[0]![verb] === 'function'
  }

  newId(): string {
    return `conformance-${++this.#ids}-${this.#dice.below(2 ** 32).toString(36)}`
  }

  /** Milliseconds pass. */
  async pass(ms: number): Promise<void> {
    if (this.#made.advance) await this.#made.advance(ms)
    else await new Promise(resolve => setTimeout(resolve, ms))
  }

  async settled(): Promise<void> {
    await this.#made.settled?.()
  }

  async get(id: string): Promise<StoredData | undefined> {
    return (await call<StoredData | null>(this.store(), 'get', id)) ?? undefined
  }

  async set(id: string, data: object): Promise<void> {
    await call(this.store(), 'set', id, data)
    await this.settled()
  }

  async touch(id: string, data: object): Promise<void> {
    await call(this.store(), 'touch', id, data)
    await this.settled()
  }

  async destroy(id: string): Promise<void> {
    await call(this.store(), 'destroy', id)
    await this.settled()
  }

  async clear(): Promise<void> {
    await call(this.store(), 'clear')
    await this.settled()
  }

  async length(): Promise<number | undefined> {
    return call<number>(this.store(), 'length')
  }

  /** What `all` gives: a list, or an object by id. */
  async all(): Promise<readonly unknown[]> {
    const all = await call<object>(this.store(), 'all')
    return Array.isArray(all) ? all : Object.values(all ?? {})
  }

  /** A request to one of the nodes: its session is what express-session makes of what the store gives. */
  async request(id: string): Promise<OpenRequest> {
    const store = this.store()
    const data = await call<StoredData>(store, 'get', id)
    assert.ok(data, `there is no session ${id}`)
    const request: StoreRequest = { sessionID: id, sessionStore: store }
    return new OpenRequest(store, request, (store.createSession?.(request, data) ?? data) as StoredData)
  }
}

/** Between the reading of a session and its end. */
export class OpenRequest {
  readonly store: ConformantStore
  readonly session: StoredData
  readonly #request: StoreRequest

  constructor(store: ConformantStore, request: StoreRequest, session: StoredData) {
    this.store = store
    this.#request = request
    this.session = session
  }

  async end(): Promise<void> {
    await call(this.store, 'set', this.#request.sessionID, this.session)
  }
}

/** Calls back once, and does not throw. */
export function call<T>(store: ConformantStore, verb: Verb, ...given: readonly unknown[]): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const silent = setTimeout(() => reject(new Error(`${verb} has not called back`)), SILENT_MS)
    let answers = 0
    const answered = (error: unknown, value?: T) => {
      clearTimeout(silent)
      if (++answers > 1) reject(new Error(`${verb} has called back ${answers} times`))
      else if (error) reject(error)
      // A second call would come at once, or in the next turn.
      else setImmediate(() => resolve(value))
    }
    const method = store[verb] as (...parameters: unknown[]) => unknown
    try {
      method.call(store, ...given, answered)
    } catch (error) {
      clearTimeout(silent)
      reject(error)
    }
  })
}

/** A session of an hour. */
export function sessionOf(attributes: object): StoredData {
  return { cookie: cookieFor(HOUR_MS), ...attributes }
}

export function cookieFor(ms: number): StoredData['cookie'] {
  return { originalMaxAge: ms, expires: new Date(Date.now() + ms), httpOnly: true, path: '/' }
}

/** Without the cookie. */
export function attributesOf(data: StoredData | undefined): Record<string, unknown> | undefined {
  if (!data) return undefined
  const { cookie: _, ...attributes } = { ...data }
  return attributes
}
