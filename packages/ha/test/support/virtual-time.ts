import type { Timer } from '@clowder/tribes'

interface Happening {
  readonly atMs: number
  readonly order: number
  readonly fire: () => void
  isCancelled: boolean
}

/** Promises settle within so many turns of the microtask queue: the longest chain of awaits between two events of a manager. */
const MICROTASK_ROUNDS = 12

/** Time that stands still until it is advanced; what is set for one instant happens in the order in which it was set. A binary heap. */
export class VirtualTime {
  #nowMs = 0
  #order = 0
  readonly #heap: Happening[] = []

  get nowMs(): number {
    return this.#nowMs
  }

  get pending(): number {
    return this.#heap.filter(h => !h.isCancelled).length
  }

  after(delayMs: number, fire: () => void): Timer {
    const happening = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, fire, isCancelled: false }
    this.#push(happening)
    return { cancel: () => void (happening.isCancelled = true) }
  }

  /** Everything of the next `ms`. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms
    await microtasks()
    for (let next = this.#heap[0]; next && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop()
      if (next.isCancelled) continue
      this.#nowMs = next.atMs
      next.fire()
      await microtasks()
    }
    this.#nowMs = untilMs
  }

  /** Advances until `promise` has settled, and gives its result. */
  async until<T>(promise: Promise<T>, limitMs = 120_000): Promise<T> {
    let isSettled = false
    const settle = () => void (isSettled = true)
    promise.then(settle, settle)
    const untilMs = this.#nowMs + limitMs
    await microtasks()
    while (!isSettled) {
      const next = this.#heap[0]
      if (!next || next.atMs > untilMs) throw new Error(`nothing came of it within ${limitMs} virtual ms`)
      await this.advance(Math.max(0, next.atMs - this.#nowMs))
    }
    return promise
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.push(happening) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isBefore(happening, heap[above]!)) break
      heap[at] = heap[above]!
      at = above
    }
    heap[at] = happening
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (below >= heap.length || !isBefore(heap[below]!, last)) break
      heap[at] = heap[below]!
      at = below
    }
    heap[at] = last
  }
}

function isBefore(a: Happening, b: Happening): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order)
}

async function microtasks(): Promise<void> {
  for (let round = 0; round < MICROTASK_ROUNDS; round++) await null
}
