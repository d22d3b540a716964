/**
 * Something that happens at a moment. What happens often (an arrival, a timer) is a class of its own, so that scheduling it costs one object and no closure;
 * its fields are set in the constructor, because field initializers cost a call each time. An event may be scheduled again after it has happened, not while
 * it waits.
 */
export abstract class SimEvent {
  declare isScheduled: boolean
  declare isCancelled: boolean

  constructor() {
    this.isScheduled = false
    this.isCancelled = false
  }

  abstract happen(): void

  /** For good: a cancelled event is never scheduled again. */
  cancel(): void {
    this.isCancelled = true
  }
}

/** Below this many there is nothing to win by clearing away. */
const MIN_CLEARING = 1024

/**
 * A binary heap, earliest event first; of those of one moment, first the one that was scheduled first. Cancelled events stay in it until they reach the top or
 * there are about as many of them as of others.
 *
 * When each event happens stands beside it and not in it: events are of many classes, and what the heap compares all the time is found faster in arrays of
 * numbers.
 */
export class EventQueue {
  /** The moment of the event that was taken out last, ms. */
  poppedAtMs = 0
  readonly #events: SimEvent[] = []
  readonly #moments: number[] = []
  /** Breaks ties. */
  readonly #orders: number[] = []
  #nextOrder = 0
  #clearAt = MIN_CLEARING

  get size(): number {
    return this.#events.length
  }

  push(event: SimEvent, atMs: number): void {
    if (this.#events.length >= this.#clearAt) this.#clear()
    event.isScheduled = true
    this.#rise(event, atMs, this.#nextOrder++)
  }

  /** Takes out the next event that has not been cancelled, if its moment is not later than `endMs`. */
  popUntil(endMs: number): SimEvent | undefined {
    for (;;) {
      const first = this.#events[0]
      if (!first) return undefined
      const { isCancelled } = first
      const atMs = this.#moments[0]!
      if (atMs > endMs && !isCancelled) return undefined
      this.#removeFirst()
      first.isScheduled = false
      this.poppedAtMs = atMs
      if (!isCancelled) return first
    }
  }

  #removeFirst(): void {
    const event = this.#events.pop()!
    const atMs = this.#moments.pop()!
    const order = this.#orders.pop()!
    if (this.#events.length > 0) this.#sink(event, atMs, order, 0)
  }

  #clear(): void {
    let kept = 0
    for (let at = 0; at < this.#events.length; at++)
      if (!this.#events[at]!.isCancelled) this.#put(kept++, this.#events[at]!, this.#moments[at]!, this.#orders[at]!)
    this.#events.length = kept
    this.#moments.length = kept
    this.#orders.length = kept
    for (let at = (kept >> 1) - 1; at >= 0; at--)
      this.#sink(this.#events[at]!, this.#moments[at]!, this.#orders[at]!, at)
    this.#clearAt = Math.max(MIN_CLEARING, 2 * kept)
  }

  /** Puts a new event at the end, or as far above as it belongs: nothing that is there was scheduled later. */
  #rise(event: SimEvent, atMs: number, order: number): void {
    const moments = this.#moments
    let at = moments.length
    while (at > 0) {
      const above = (at - 1) >> 1
      if (atMs >= moments[above]!) break
      this.#put(at, this.#events[above]!, moments[above]!, this.#orders[above]!)
      at = above
    }
    this.#put(at, event, atMs, order)
  }

  /** Puts an event where `from` is, or as far below as it belongs. */
  #sink(event: SimEvent, atMs: number, order: number, from: number): void {
    const moments = this.#moments
    const firstLeaf = moments.length >> 1
    let at = from
    while (at < firstLeaf) {
      let below = 2 * at + 1
      if (below + 1 < moments.length && this.#isBefore(below + 1, moments[below]!, this.#orders[below]!)) below++
      if (!this.#isBefore(below, atMs, order)) break
      this.#put(at, this.#events[below]!, moments[below]!, this.#orders[below]!)
      at = below
    }
    this.#put(at, event, atMs, order)
  }

  #put(at: number, event: SimEvent, atMs: number, order: number): void {
    this.#events[at] = event
    this.#moments[at] = atMs
    this.#orders[at] = order
  }

  #isBefore(at: number, atMs: number, order: number): boolean {
    const its = this.#moments[at]!
    return its < atMs || (its === atMs && this.#orders[at]! < order)
  }
}
