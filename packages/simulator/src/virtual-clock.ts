import type { Clock, Timer } from '@clowder/tribes'
import { EventQueue, SimEvent } from './event-queue.js'
import { HostClock } from './host-clock.js'
import type { SimProcess } from './sim-process.js'

/** 2026-01-01T00:00:00Z: the wall time at which every simulation begins. */
const EPOCH_MS = 1_767_225_600_000

const QUICK_LOOK_MS = 1 / 256

/**
 * Between two immediates Node runs every promise callback that is ready and every one that these make ready, whichever way they came. So each turn is an
 * immediate of its own; that many are asked for ahead, because a round of the real event loop costs more than a turn.
 */
const TURNS_AHEAD = 32

/** What `advance` waits for. */
interface Run {
  readonly endMs: number
  readonly isOver: (() => boolean) | undefined
  readonly over: () => void
  readonly failed: (error: unknown) => void
}

/**
 * Time that passes only when told to. Between two events all promises that can settle do, and what was left for the end of the turn is done:
 * one event is one turn of the event loop. An exception in an event comes out of `advance`.
 */
export class VirtualClock implements Clock {
  readonly #events = new EventQueue()
  readonly #turn = () => this.#takeTurn()
  #nowMs = 0
  #endOfTurn: (() => void)[] = []
  #run: Run | undefined
  #turnsAhead = 0
  #turns = 0

  /** How many turns there have been so far: what a run costs goes by them. */
  get turns(): number {
    return this.#turns
  }

  /** How many events wait, cancelled ones that were not cleared away yet among them. */
  get pending(): number {
    return this.#events.size
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return EPOCH_MS + Math.floor(this.#nowMs)
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const timer = new SimTimer(fire)
    this.schedule(delayMs, timer)
    return timer
  }

  /** Lets `event` happen after `delayMs`. */
  schedule(delayMs: number, event: SimEvent): void {
    this.#events.push(event, delayMs > 0 ? this.#nowMs + delayMs : this.#nowMs)
  }

  /** Lets `event` happen at that moment, or now when it is past. */
  scheduleAt(atMs: number, event: SimEvent): void {
    this.#events.push(event, Math.max(atMs, this.#nowMs))
  }

  endOfTurn(fire: () => void): void {
    this.#endOfTurn.push(fire)
  }

  /** The clock of one process: it stands still for a paused process and is silent for a dead one. `lookMs`: how fast its machine works. */
  forHost(process: SimProcess, lookMs = QUICK_LOOK_MS): HostClock {
    return new HostClock({ clock: this, process }, { epochMs: EPOCH_MS, lookMs })
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await this.#runTo(endMs)
    this.#nowMs = endMs
  }

  /** Advances event by event until `condition` holds; throws when it does not within `maxMs`. Resolves with the time it took. */
  async runUntil(condition: () => boolean, maxMs = 60_000): Promise<number> {
    const startMs = this.#nowMs
    const endMs = startMs + maxMs
    await this.#runTo(endMs, condition)
    if (!condition()) throw new Error(`the condition does not hold after ${maxMs} virtual ms`)
    return this.#nowMs - startMs
  }

  /** Advances until `promise` has settled, and hands on its outcome. */
  async completion<T>(promise: Promise<T>, maxMs = 60_000): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    await this.runUntil(() => isSettled, maxMs)
    return promise
  }

  #runTo(endMs: number, isOver?: () => boolean): Promise<void> {
    return new Promise((over, failed) => {
      if (this.#run) throw new Error('the clock is advancing already: await the previous call first')
      this.#run = { endMs, isOver, over, failed }
      this.#askForTurns()
    })
  }

  #askForTurns(): void {
    while (this.#turnsAhead < TURNS_AHEAD) {
      this.#turnsAhead++
      setImmediate(this.#turn)
    }
  }

  /** Turns that are left over when a run ends do nothing, or serve the next run. */
  #takeTurn(): void {
    this.#turnsAhead--
    const run = this.#run
    if (!run) return
    try {
      if (this.#endOfTurn.length > 0) this.#finishTurn()
      else if (run.isOver?.() || !this.#nextEvent(run.endMs)) return this.#end(run.over)
    } catch (error) {
      return this.#end(() => run.failed(error))
    }
    this.#askForTurns()
  }

  #end(tell: () => void): void {
    this.#run = undefined
    tell()
  }

  /** False: nothing happens until then. */
  #nextEvent(endMs: number): boolean {
    const event = this.#events.popUntil(endMs)
    if (!event) return false
    this.#nowMs = this.#events.poppedAtMs
    this.#turns++
    event.happen()
    return true
  }

  #finishTurn(): void {
    const batch = this.#endOfTurn
    this.#endOfTurn = []
    for (const fire of batch) fire()
  }
}

class SimTimer extends SimEvent {
  readonly #fire: () => void

  constructor(fire: () => void) {
    super()
    this.#fire = fire
  }

  happen(): void {
    this.#fire()
  }
}
