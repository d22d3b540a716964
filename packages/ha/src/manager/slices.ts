import type { Clock, Timer } from '@clowder/tribes'

/** No request waits longer than this for it, ms; and then the others have their turn. */
const SLICE_MS = 1
const PAUSE_MS = 1

/**
 * Work that takes long because there are many copies, done a little at a time: one piece after the other, in the order in which they were begun. A piece yields wherever it may be
 * interrupted, and looks then whether it is still to be done.
 */
export class Slices {
  readonly #clock: Clock
  readonly #pieces: Iterator<void>[] = []
  #again: Timer | undefined
  #isWorking = false

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  get isIdle(): boolean {
    return this.#pieces.length === 0
  }

  /** Begins at once unless something else is under way: what is short is done when this returns. */
  run(piece: Iterator<void>): void {
    this.#pieces.push(piece)
    if (!this.#again && !this.#isWorking) this.#work()
  }

  /** Does what is left, however long that takes. */
  finish(): void {
    this.#again?.cancel()
    this.#workUntil(() => false)
  }

  stop(): void {
    this.#again?.cancel()
    this.#again = undefined
    this.#pieces.length = 0
  }

  #work(): void {
    const untilMs = this.#clock.now() + SLICE_MS
    this.#workUntil(() => this.#clock.now() >= untilMs)
  }

  #workUntil(isOver: () => boolean): void {
    this.#isWorking = true
    try {
      while (this.#pieces.length > 0) {
        this.#goOn(this.#pieces[0]!)
        if (isOver()) break
      }
    } finally {
      this.#isWorking = false
      this.#again = this.#pieces.length > 0 ? this.#clock.setTimer(PAUSE_MS, () => this.#work()) : undefined
    }
  }

  /** One that fails is over, and holds up no other. */
  #goOn(piece: Iterator<void>): void {
    let isOver = true
    try {
      isOver = piece.next().done === true
    } finally {
      if (isOver && this.#pieces[0] === piece) this.#pieces.shift()
    }
  }
}
