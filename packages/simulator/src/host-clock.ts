import type { Clock, Timer } from '@clowder/tribes'
import { SimEvent } from './event-queue.js'
import type { SimProcess } from './sim-process.js'

export interface HostClockComponents {
  readonly clock: Clock & { schedule(delayMs: number, event: SimEvent): void }
  readonly process: SimProcess
}

export interface HostClockOptions {
  readonly epochMs: number
  /** What a process has done since it last looked at its clock has taken so long: work that is to pause after a while does. */
  readonly lookMs: number
}

/** A timer that came a rounding error too early waits at least this much longer, so that time passes. */
const MIN_WAIT_MS = 1 / 1024

/**
 * One process's view of the simulated time. Its wall clock may be wrong by `wallOffsetMs`, and may jump; its crystal may run fast or slow,
 * which moves `now`, `wallTime` and every timer.
 */
export class HostClock implements Clock {
  wallOffsetMs = 0
  /** Timers that are set and have neither fired nor been cancelled. */
  activeTimers = 0
  readonly #clock: HostClockComponents['clock']
  readonly #process: SimProcess
  readonly #epochMs: number
  readonly #lookMs: number
  #rate = 1
  /** What drift had added at `#sinceMs`. */
  #gainedMs = 0
  #sinceMs = 0
  /** How long the process has worked in this moment of true time. */
  #workedMs = 0
  #momentMs = -1
  #lastMs = 0

  constructor({ clock, process }: HostClockComponents, { epochMs, lookMs }: HostClockOptions) {
    this.#clock = clock
    this.#process = process
    this.#epochMs = epochMs
    this.#lookMs = lookMs
  }

  /** Goes on a little with every look, though all that happens in one turn of the event loop happens in one moment. */
  now(): number {
    const momentMs = this.#clock.now()
    this.#workedMs = momentMs === this.#momentMs ? this.#workedMs + this.#lookMs : 0
    this.#momentMs = momentMs
    this.#lastMs = Math.max(this.#lastMs, this.#atMoment(momentMs) + this.#workedMs)
    return this.#lastMs
  }

  wallTime(): number {
    return this.#epochMs + Math.floor(this.now()) + this.wallOffsetMs
  }

  /** A timer that is cancelled while the process is frozen does not fire afterwards. */
  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = new HostTimer(this, this.now() + delayMs, fire)
    this.activeTimers++
    this.#clock.schedule(delayMs / this.#rate, timer)
    return timer
  }

  endOfTurn(fire: () => void): void {
    this.#clock.endOfTurn(() => this.#process.run('io', fire))
  }

  // ── faults ──

  get rate(): number {
    return this.#rate
  }

  /** From now on this clock runs `rate` times as fast as time does (1.01: one per cent fast). Timers that are set never fire early by it. */
  drift(rate: number): void {
    this.#gainedMs = this.#atMoment(this.#clock.now()) - this.#clock.now()
    this.#sinceMs = this.#clock.now()
    this.#rate = rate
  }

  /** The wall clock is set: forward, or back when negative. */
  jump(ms: number): void {
    this.wallOffsetMs += ms
  }

  /** The crystal is true again and the wall clock right, but for what drift has added. */
  setRight(): void {
    this.drift(1)
    this.wallOffsetMs = 0
  }

  /** A clock is the machine's: a new process finds it as the old one left it. */
  continue(former: HostClock): void {
    this.wallOffsetMs = former.wallOffsetMs
    this.#rate = former.#rate
    this.#gainedMs = former.#gainedMs
    this.#sinceMs = former.#sinceMs
    this.#lastMs = former.#lastMs
  }

  #atMoment(momentMs: number): number {
    return momentMs + this.#gainedMs + (momentMs - this.#sinceMs) * (this.#rate - 1)
  }

  /** A timer's moment has come, or seems to have. */
  ring(timer: HostTimer): void {
    const leftMs = timer.dueMs - this.now()
    if (leftMs > 0) this.#clock.schedule(Math.max(leftMs / this.#rate, MIN_WAIT_MS), timer)
    else if (this.#process.isRunning) timer.fire()
    else this.#process.run('timer', () => timer.fire())
  }
}

class HostTimer extends SimEvent {
  readonly dueMs: number
  readonly #host: HostClock
  #fire: (() => void) | undefined

  constructor(host: HostClock, dueMs: number, fire: () => void) {
    super()
    this.#host = host
    this.dueMs = dueMs
    this.#fire = fire
  }

  happen(): void {
    this.#host.ring(this)
  }

  fire(): void {
    this.#letGo()?.()
  }

  /** Lets go of what it would have called: it may stay in the queue for a while. */
  override cancel(): void {
    super.cancel()
    this.#letGo()
  }

  #letGo(): (() => void) | undefined {
    const fire = this.#fire
    if (fire) this.#host.activeTimers--
    this.#fire = undefined
    return fire
  }
}
