import { clearInterval, setInterval } from 'node:timers'
import type { SimProcess, VirtualClock } from '@clowder/simulator'

/** Real time that a request may take by itself before the cluster's time goes along with it: so many looks, so far apart. */
const LOOK_EVERY_MS = 10
const QUIET_LOOKS = 10
/** Of virtual time. Whatever a cluster promises settles far sooner. */
const MAX_WAIT_MS = 3_600_000

/**
 * The virtual time of one cluster: who lets it pass, and how far.
 *
 *     somebody waits for the cluster (a pull, an acknowledgement, a start, a stop)  → events run, as fast as they can, until it has its answer
 *     `advance`, `until`                                                            → events run, as fast as they can, as far as asked
 *     a request is open and waits for something of its own (a database, a timer)    → time stands still; after 0.1 s it follows the real one,
 *                                                                                     so that a handler may wait for an event of the cluster
 *     else                                                                          → time stands still
 *
 * One after the other, never two at once.
 */
export class ClusterTime {
  /** Rejects when an event of the simulation throws: every open request fails with it. */
  readonly failed: Promise<never>
  readonly #clock: VirtualClock
  /** Who waits for an answer of the cluster. */
  readonly #waits = new Set<{ readonly process: SimProcess }>()
  #fail!: (error: unknown) => void
  #last: Promise<unknown> = Promise.resolve()
  #turns = 0
  #isPumping = false
  #openRequests = 0
  #quietLooks = 0
  #looking: NodeJS.Timeout | undefined

  constructor(clock: VirtualClock) {
    this.#clock = clock
    this.failed = new Promise<never>((_, reject) => {
      this.#fail = reject
    })
    this.failed.catch(() => {})
  }

  now(): number {
    return this.#clock.now()
  }

  advance(ms: number): Promise<void> {
    return this.#inTurn(() => this.#clock.advance(ms))
  }

  /** Lets time pass until `condition` holds, at most `maxMs`. Resolves with whether it does. */
  until(condition: () => boolean, maxMs: number): Promise<boolean> {
    return this.#inTurn(async () => {
      let isOver = false
      const limit = this.#clock.setTimer(maxMs, () => {
        isOver = true
      })
      await this.#clock.runUntil(() => isOver || condition(), maxMs + 1)
      limit.cancel()
      return condition()
    })
  }

  /** Time passes until `promise` has settled, as long as `process` runs. */
  watch<T>(process: SimProcess, promise: Promise<T>): Promise<T> {
    const wait = { process }
    const settled = () => void this.#waits.delete(wait)
    this.#waits.add(wait)
    promise.then(settled, settled)
    this.pump()
    return promise
  }

  /** Lets time pass if somebody waits for it; to be called when a process runs again. */
  pump(): void {
    if (this.#isPumping || !this.#isAwaited()) return
    this.#isPumping = true
    this.#inTurn(() => this.#clock.runUntil(() => !this.#isAwaited(), MAX_WAIT_MS)).then(
      () => this.#pumped(),
      error => this.#pumpFailed(error),
    )
  }

  /** A request is open until `work` settles. Holds the process, because nothing else of a cluster in memory does. */
  async during<T>(work: Promise<T>): Promise<T> {
    if (this.#openRequests++ === 0) this.#startLooking()
    try {
      return await Promise.race([work, this.failed])
    } finally {
      if (--this.#openRequests === 0) clearInterval(this.#looking)
    }
  }

  #pumped(): void {
    this.#isPumping = false
    this.pump()
  }

  /** Whoever comes next tries again: a cluster that failed must still be stopped. */
  #pumpFailed(error: unknown): void {
    this.#isPumping = false
    this.#fail(error)
  }

  #isAwaited(): boolean {
    for (const { process } of this.#waits) if (process.isRunning) return true
    return false
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#turns++
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    try {
      return await turn
    } finally {
      this.#turns--
    }
  }

  #startLooking(): void {
    this.#quietLooks = 0
    this.#looking = setInterval(() => this.#look(), LOOK_EVERY_MS)
  }

  /** Looks are counted, not milliseconds: a machine that is slow is not quiet. */
  #look(): void {
    if (this.#isPumping) this.#quietLooks = 0
    if (this.#turns > 0) return
    if (++this.#quietLooks > QUIET_LOOKS) this.advance(LOOK_EVERY_MS).catch(this.#fail)
  }
}
