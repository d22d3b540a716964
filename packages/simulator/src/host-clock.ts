import type { Clock, Timer } from '@clowder/tribes'
import type { SimProcess } from './sim-process.js'

/** One process's view of the simulated time. Its wall clock may be wrong by `wallOffsetMs`, and may jump. */
export class HostClock implements Clock {
  wallOffsetMs = 0
  readonly #clock: Clock
  readonly #process: SimProcess

  constructor(clock: Clock, process: SimProcess) {
    this.#clock = clock
    this.#process = process
  }

  now(): number {
    return this.#clock.now()
  }

  wallTime(): number {
    return this.#clock.wallTime() + this.wallOffsetMs
  }

  /** A timer that is cancelled while the process is frozen does not fire afterwards. */
  setTimer(delayMs: number, fire: () => void): Timer {
    let isCancelled = false
    const turn = () => {
      if (!isCancelled) fire()
    }
    const timer = this.#clock.setTimer(delayMs, () => this.#process.run('timer', turn))
    return {
      cancel: () => {
        isCancelled = true
        timer.cancel()
      },
    }
  }

  endOfTurn(fire: () => void): void {
    this.#clock.endOfTurn(() => this.#process.run('io', fire))
  }
}
