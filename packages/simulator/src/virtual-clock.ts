import type { Clock, Timer } from '@clowder/tribes'
import { EventQueue } from './event-queue.js'
import { HostClock } from './host-clock.js'
import type { SimProcess } from './sim-process.js'

/** 2026-01-01T00:00:00Z: the wall time at which every simulation begins. */
const EPOCH_MS = 1_767_225_600_000

/**
 * Time that passes only when told to. Between two events all promises that can settle do, and what was left for the end of the turn is done:
 * one event is one turn of the event loop. An exception in an event comes out of `advance`.
 */
export class VirtualClock implements Clock {
  readonly #events = new EventQueue()
  #nowMs = 0
  #endOfTurn: (() => void)[] = []
  #isAdvancing = false

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return EPOCH_MS + Math.floor(this.#nowMs)
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const event = this.#events.push(this.#nowMs + Math.max(0, delayMs), fire)
    return {
      cancel: () => {
        event.isCancelled = true
      },
    }
  }

  endOfTurn(fire: () => void): void {
    this.#endOfTurn.push(fire)
  }

  /** The clock of one process: it stands still for a paused process and is silent for a dead one. */
  forHost(process: SimProcess): HostClock {
    return new HostClock(this, process)
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await this.#while(() => (this.#events.peek()?.atMs ?? Infinity) <= endMs)
    this.#nowMs = endMs
  }

  /** Advances event by event until `condition` holds; throws when it does not within `maxMs`. Resolves with the time it took. */
  async runUntil(condition: () => boolean, maxMs = 60_000): Promise<number> {
    const startMs = this.#nowMs
    const endMs = startMs + maxMs
    await this.#while(() => !condition() && (this.#events.peek()?.atMs ?? Infinity) <= endMs)
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

  async #while(goOn: () => boolean): Promise<void> {
    if (this.#isAdvancing) throw new Error('the clock is advancing already: await the previous call first')
    this.#isAdvancing = true
    try {
      await this.#settle()
      while (goOn()) await this.#step()
    } finally {
      this.#isAdvancing = false
    }
  }

  async #step(): Promise<void> {
    const event = this.#events.pop()!
    this.#nowMs = event.atMs
    event.fire()
    await this.#settle()
  }

  async #settle(): Promise<void> {
    await microtasks()
    while (this.#endOfTurn.length > 0) {
      const batch = this.#endOfTurn
      this.#endOfTurn = []
      for (const fire of batch) fire()
      await microtasks()
    }
  }
}

/** Every promise callback that is ready, and every one that these make ready, runs before an immediate does. No time is involved. */
function microtasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
