/** Something that happens at a moment. */
export interface ScheduledEvent {
  readonly atMs: number
  /** Breaks ties: what was scheduled first happens first. */
  readonly order: number
  readonly fire: () => void
  isCancelled: boolean
}

/** A binary heap, earliest event first. */
export class EventQueue {
  readonly #heap: ScheduledEvent[] = []
  #nextOrder = 0

  get size(): number {
    return this.#heap.length
  }

  push(atMs: number, fire: () => void): ScheduledEvent {
    const event = { atMs, order: this.#nextOrder++, fire, isCancelled: false }
    this.#heap.push(event)
    this.#rise(this.#heap.length - 1)
    return event
  }

  /** The next event that has not been cancelled. */
  peek(): ScheduledEvent | undefined {
    while (this.#heap[0]?.isCancelled) this.#removeFirst()
    return this.#heap[0]
  }

  pop(): ScheduledEvent | undefined {
    const first = this.peek()
    if (first) this.#removeFirst()
    return first
  }

  #removeFirst(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink(0)
  }

  #rise(from: number): void {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.#isBefore(at, parent)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(from: number): void {
    let at = from
    for (;;) {
      const left = 2 * at + 1
      if (left >= this.#heap.length) return
      const child = left + 1 < this.#heap.length && this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#isBefore(child, at)) return
      this.#swap(at, child)
      at = child
    }
  }

  #isBefore(i: number, j: number): boolean {
    const a = this.#heap[i]!
    const b = this.#heap[j]!
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
  }

  #swap(i: number, j: number): void {
    const held = this.#heap[i]!
    this.#heap[i] = this.#heap[j]!
    this.#heap[j] = held
  }
}
