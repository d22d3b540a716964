import { WatchOverflowError } from '../errors.js'

/** One change of a watched session. */
export interface SessionChange {
  /** The attribute's name. */
  readonly name: string
  /** Decoded, a copy of this watcher's own; undefined when the attribute was removed. */
  readonly value: unknown
  /** This node's application did it. */
  readonly local: boolean
}

/** Why there are no more changes. `moved`: this node does not hold the session any more. `stopped`: whoever watches has stopped. */
export type FeedEnd = 'invalidated' | 'renamed' | 'shutdown' | 'expired' | 'moved' | 'unknown' | 'stopped'

type Result = IteratorResult<SessionChange, FeedEnd>

interface Waiting {
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * The changes of one session for one watcher. What is not taken waits, at most `maxBuffered` changes; beyond it the next `next` rejects with WatchOverflowError, and nothing more comes. Ends, with what was
 * waiting before, when the session does.
 */
export class SessionFeed implements AsyncIterableIterator<SessionChange, FeedEnd, undefined> {
  readonly #maxBuffered: number
  readonly #closed: () => void
  readonly #changes: SessionChange[] = []
  readonly #waiting: Waiting[] = []
  #end: FeedEnd | undefined
  #error: unknown

  /** `closed` is called once, when nothing more is wanted. */
  constructor(maxBuffered: number, closed: () => void) {
    this.#maxBuffered = maxBuffered
    this.#closed = closed
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    const change = this.#changes.shift()
    if (change) return Promise.resolve({ done: false, value: change })
    if (this.#error !== undefined) return Promise.reject(this.#taken())
    if (this.#end) return Promise.resolve({ done: true, value: this.#end })
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  return(): Promise<Result> {
    this.#changes.length = 0
    this.end('stopped')
    return Promise.resolve({ done: true, value: 'stopped' })
  }

  push(change: SessionChange): void {
    if (this.#end) return
    const waiting = this.#waiting.shift()
    if (waiting) waiting.resolve({ done: false, value: change })
    else if (this.#changes.length < this.#maxBuffered) this.#changes.push(change)
    else this.fail(new WatchOverflowError(this.#maxBuffered))
  }

  /** What waits is lost. */
  fail(error: unknown): void {
    if (this.#end) return
    this.#changes.length = 0
    const waiting = this.#waiting.shift()
    if (waiting) waiting.reject(error)
    else this.#error = error
    this.end('stopped')
  }

  end(why: FeedEnd): void {
    if (this.#end) return
    this.#end = why
    for (const { resolve } of this.#waiting.splice(0)) resolve({ done: true, value: why })
    this.#closed()
  }

  /** An error is told once. */
  #taken(): unknown {
    const error = this.#error
    this.#error = undefined
    return error
  }
}
