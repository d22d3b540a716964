import type { Clock, Timer } from '../ports/clock.js'

/** Does something again and again; how long to wait is asked anew each time. */
export class Repeat {
  readonly #clock: Clock
  readonly #delayMs: () => number
  #timer: Timer | undefined

  constructor(clock: Clock, delayMs: () => number) {
    this.#clock = clock
    this.#delayMs = delayMs
  }

  /** The next time is set before `act` runs, so that `act` may stop it. */
  start(act: () => void): void {
    this.stop()
    this.#timer = this.#clock.setTimer(this.#delayMs(), () => {
      this.start(act)
      act()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }
}
