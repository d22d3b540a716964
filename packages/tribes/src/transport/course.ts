import type { Clock, Timer } from '../ports/clock.js'
import type { Random } from '../ports/random.js'
import { backOffMs } from './back-off.js'

/** Somebody who wants to know whether a member can be reached. */
export interface Waiter {
  answered(): void
  failed(error: Error): void
}

/** A connection that breaks sooner counts as a failed dial, so that a peer that accepts and hangs up is not dialled in a tight loop. */
const SHORT_LIVED_MS = 1000
const MOST_JITTER_MS = 200

/** What is known about reaching one member, from the first dial until its connection has closed and nobody wants another. */
export class Course {
  readonly #clock: Clock
  readonly #random: Random
  #failures = 0
  #openedAtMs = 0
  #retry: Timer | undefined
  #waiters: Waiter[] = []

  constructor(components: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = components.clock
    this.#random = components.random
  }

  get isBackingOff(): boolean {
    return this.#retry !== undefined
  }

  get isAwaited(): boolean {
    return this.#waiters.length > 0
  }

  await(waiter: Waiter): void {
    this.#waiters.push(waiter)
  }

  answered(): void {
    for (const waiter of this.#waiters.splice(0)) waiter.answered()
  }

  failed(error: Error): void {
    for (const waiter of this.#waiters.splice(0)) waiter.failed(error)
  }

  opened(): void {
    this.cancelRetry()
    this.#openedAtMs = this.#clock.now()
  }

  /** True: the connection lived long enough to be dialled again at once. */
  closed(): boolean {
    const isShortLived = this.#clock.now() - this.#openedAtMs < SHORT_LIVED_MS
    if (!isShortLived) this.#failures = 0
    return !isShortLived
  }

  retryLater(retry: () => void): void {
    this.cancelRetry()
    this.#retry = this.#clock.setTimer(backOffMs(++this.#failures, this.#random), () => {
      this.#retry = undefined
      retry()
    })
  }

  /** Not a failure: the member was dialled too often of late. A little more, so that two members do not come back in step. */
  retryAfter(delayMs: number, retry: () => void): void {
    this.cancelRetry()
    this.#retry = this.#clock.setTimer(delayMs + this.#random.below(MOST_JITTER_MS + 1), () => {
      this.#retry = undefined
      retry()
    })
  }

  cancelRetry(): void {
    this.#retry?.cancel()
    this.#retry = undefined
  }
}
