import { performance } from 'node:perf_hooks'
import type { Clock, Timer } from '@clowder/tribes'

/** What `setTimeout` can wait for at once (24.8 days); more would fire at once. */
const MAX_DELAY_MS = 2 ** 31 - 1
/** From here on one more is not worth a second waking. */
const LONG_DELAY_MS = 20

/** The system's time. A timer never keeps the process open; `endOfTurn` does, for that one turn. */
export const nodeClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer: (delayMs, fire) => new NodeTimer(performance.now() + delayMs, fire),
  endOfTurn: fire => void setImmediate(fire),
}

class NodeTimer implements Timer {
  readonly #dueMs: number
  readonly #fire: () => void
  #timeout: NodeJS.Timeout

  constructor(dueMs: number, fire: () => void) {
    this.#dueMs = dueMs
    this.#fire = fire
    this.#timeout = this.#arm()
  }

  cancel(): void {
    clearTimeout(this.#timeout)
  }

  #arm(): NodeJS.Timeout {
    const delayMs = Math.ceil(this.#dueMs - performance.now())
    const certainMs = delayMs < LONG_DELAY_MS ? delayMs : delayMs + 1
    return setTimeout(() => this.#elapsed(), Math.min(certainMs, MAX_DELAY_MS)).unref()
  }

  /** The loop counts whole milliseconds and may be a fraction of one early; `Clock` promises at least the delay. */
  #elapsed(): void {
    if (performance.now() >= this.#dueMs) this.#fire()
    else this.#timeout = this.#arm()
  }
}
