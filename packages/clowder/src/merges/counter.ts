import assert from 'node:assert'
import { randomBytes } from 'node:crypto'

/** Sessions for which it is remembered how far this process has counted: long enough for requests that run at the same time. */
const MAX_REMEMBERED = 10_000
const ID_BYTES = 6

/** A session that keeps its attributes as properties, as `req.session` does. */
export interface CountedSession {
  readonly id: string
}

/**
 * Counts in a session attribute that has `merges.counter` for its merge function: no step is lost, however many requests count on however many nodes at a time, and none is counted
 * twice. One for each process and attribute. The attribute holds, by writer, how far that has counted; `up` and `down` apart, for a merge keeps the larger number.
 *
 * A request that counts and then commits nothing has counted all the same as soon as another request of this process does.
 */
export class Counter {
  readonly #name: string
  readonly #writer = randomBytes(ID_BYTES).toString('base64url')
  /** Two requests at a time have seen the same number, and must not write the same one. */
  readonly #counted = new Map<string, number>()

  constructor(name: string) {
    this.#name = name
  }

  /** `by` is a whole number, and may be negative. Returns what this request sees now. */
  add(session: CountedSession, by = 1): number {
    assert(Number.isSafeInteger(by), `a counter counts by whole numbers, given ${by}`)
    const key = `${by < 0 ? '-' : '+'}${this.#writer}`
    const counts = this.#countsOf(session)
    const next = Math.max(counts[key] ?? 0, this.#remembered(session, key)) + Math.abs(by)
    this.#remember(session, key, next)
    Reflect.set(session, this.#name, { ...counts, [key]: next })
    return this.value(session)
  }

  /** 0: nobody has counted. */
  value(session: CountedSession): number {
    return Object.entries(this.#countsOf(session)).reduce((sum, [key, n]) => sum + (key.startsWith('-') ? -n : n), 0)
  }

  #countsOf(session: CountedSession): Record<string, number> {
    const value: unknown = Reflect.get(session, this.#name)
    return typeof value === 'object' && value !== null ? (value as Record<string, number>) : {}
  }

  #remembered({ id }: CountedSession, key: string): number {
    return this.#counted.get(id + key) ?? 0
  }

  #remember({ id }: CountedSession, key: string, count: number): void {
    this.#counted.delete(id + key)
    this.#counted.set(id + key, count)
    const [oldest] = this.#counted.keys()
    if (this.#counted.size > MAX_REMEMBERED) this.#counted.delete(oldest!)
  }
}
