import type { Clock, Timer } from '../../src/ports/clock.js'

interface Event {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
  isCancelled: boolean
}

/** Time that stands still until it is advanced; events of one instant happen in the order in which they were set. */
export class VirtualClock implements Clock {
  #nowMs = 0
  #order = 0
  #events: Event[] = []
  #endOfTurn: (() => void)[] = []

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return 1_700_000_000_000 + this.#nowMs
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const event = { atMs: this.#nowMs + delayMs, order: this.#order++, fire, isCancelled: false }
    this.#events.push(event)
    return { cancel: () => void (event.isCancelled = true) }
  }

  endOfTurn(fire: () => void): void {
    this.#endOfTurn.push(fire)
  }

  get pendingTimers(): number {
    return this.#events.filter(event => !event.isCancelled).length
  }

  /** Time passes and nothing happens: the process stood still. What was due meanwhile is late. */
  stall(ms: number): void {
    this.#nowMs += ms
  }

  /** Every event of the next `ms`, each a turn of its own. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await this.#finishTurn()
    for (let event = this.#next(untilMs); event; event = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, event.atMs)
      event.fire()
      await this.#finishTurn()
    }
    this.#nowMs = untilMs
  }

  /** Advances until `promise` has settled. */
  async until<T>(promise: Promise<T>, limitMs = 60_000): Promise<T> {
    let isSettled = false
    const settle = () => void (isSettled = true)
    promise.then(settle, settle)
    const untilMs = this.#nowMs + limitMs
    while (!isSettled && this.#nowMs < untilMs) await this.advance(1)
    if (!isSettled) throw new Error(`nothing came of it within ${limitMs} virtual ms`)
    return promise
  }

  #next(untilMs: number): Event | undefined {
    this.#events = this.#events.filter(event => !event.isCancelled)
    let next: Event | undefined
    for (const event of this.#events) {
      if (event.atMs > untilMs) continue
      if (!next || event.atMs < next.atMs || (event.atMs === next.atMs && event.order < next.order)) next = event
    }
    if (next) this.#events.splice(this.#events.indexOf(next), 1)
    return next
  }

  async #finishTurn(): Promise<void> {
    await microtasks()
    while (this.#endOfTurn.length > 0) {
      for (const fire of this.#endOfTurn.splice(0)) fire()
      await microtasks()
    }
  }
}

function microtasks(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
