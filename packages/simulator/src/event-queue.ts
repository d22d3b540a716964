/**
 * Something that happens at a moment. What happens often (an arrival, a timer) is a class of its own, so that scheduling it costs one object and no closure;
 * its fields are set in the constructor, because field initializers cost a call each time. An event may be scheduled again after it has happened, not while
 * it waits.
 */
export abstract class SimEvent {
  declare atMs: number
  /** Breaks ties: what was scheduled first happens first. */
  declare order: number
  declare isScheduled: boolean
  declare isCancelled: boolean

  constructor() {
    this.atMs = 0
    this.order = 0
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

/** A binary heap, earliest event first. Cancelled events stay in it until they reach the top or there are about as many of them as of others. */
export class EventQueue {
  #heap: SimEvent[] = []
  #nextOrder = 0
  #clearAt = MIN_CLEARING

  get size(): number {
    return this.#heap.length
  }

  push(event: SimEvent, atMs: number): void {
    if (this.#heap.length >= this.#clearAt) this.#clear()
    event.atMs = atMs
    event.order = this.#nextOrder++
    event.isScheduled = true
    this.#rise(event, this.#heap.length)
  }

  /** Takes out the next event that has not been cancelled, if its moment is not later than `endMs`. */
  popUntil(endMs: number): SimEvent | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (!first || (first.atMs > endMs && !first.isCancelled)) return undefined
      this.#removeFirst(first)
      if (!first.isCancelled) return first
    }
  }

  #removeFirst(first: SimEvent): void {
    first.isScheduled = false
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last, 0)
  }

  #clear(): void {
    this.#heap = this.#heap.filter(event => !event.isCancelled)
    for (let at = (this.#heap.length >> 1) - 1; at >= 0; at--) this.#sink(this.#heap[at]!, at)
    this.#clearAt = Math.max(MIN_CLEARING, 2 * this.#heap.length)
  }

  /** Puts `event` where `at` is, or as far above as it belongs. */
  #rise(event: SimEvent, from: number): void {
    const heap = this.#heap
    let at = from
    while (at > 0) {
      const above = (at - 1) >> 1
      const parent = heap[above]!
      if (!isBefore(event, parent)) break
      heap[at] = parent
      at = above
    }
    heap[at] = event
  }

  /** Puts `event` where `at` is, or as far below as it belongs. */
  #sink(event: SimEvent, from: number): void {
    const heap = this.#heap
    const firstLeaf = heap.length >> 1
    let at = from
    while (at < firstLeaf) {
      let below = 2 * at + 1
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      const child = heap[below]!
      if (!isBefore(child, event)) break
      heap[at] = child
      at = below
    }
    heap[at] = event
  }
}

function isBefore(a: SimEvent, b: SimEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}
