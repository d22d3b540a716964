import { ThreadTime } from './thread-time.js'

const EVERY_MS = 5
const LONG_MS = 50

/**
 * How long the event loop was kept busy in one piece. Of the time between two looks only what its thread has had of the processor counts: that a busy machine lets it wait is
 * nobody's fault.
 */
export class LoopWatch {
  readonly #timer = setInterval(() => this.#look(), EVERY_MS)
  #atMs = performance.now()
  readonly #thread = new ThreadTime()
  #cpuMs = this.#thread.now()
  #isWarm = false
  #longestMs = 0
  #longOnes = 0
  #longestWaitMs = 0

  /** For people. */
  get text(): string {
    const [busy, waited] = [this.#longestMs, this.#longestWaitMs].map(ms => ms.toFixed(1))
    return `event loop: busy for ${busy} ms at most, over ${LONG_MS} ms ${this.#longOnes} times; late by ${waited} ms at most, waiting for a processor included`
  }

  /** Does not count what takes long now; nor, the first time, what did before: until then code was loaded and compiled. */
  unwatched<T>(act: () => T): T {
    try {
      return act()
    } finally {
      if (!this.#isWarm) this.#longestMs = this.#longOnes = this.#longestWaitMs = 0
      this.#isWarm = true
      this.#atMs = performance.now()
      this.#cpuMs = this.#thread.now()
    }
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const cpuMs = this.#thread.now()
    const lateMs = performance.now() - this.#atMs - EVERY_MS
    const busyMs = Math.min(cpuMs - this.#cpuMs, lateMs)
    this.#longestMs = Math.max(this.#longestMs, busyMs)
    this.#longestWaitMs = Math.max(this.#longestWaitMs, lateMs)
    if (busyMs > LONG_MS) this.#longOnes++
    this.#atMs = performance.now()
    this.#cpuMs = cpuMs
  }
}
