import type { Clock, Timer } from '@clowder/tribes'

/** Something that waits, but not for ever. */
export interface Waiting {
  readonly isOver: boolean
  /** The time is up. */
  expired(): void
}

/** Deadlines that are all the same time away: a queue and one timer, whatever the number of those who wait. */
export class Deadlines {
  readonly #clock: Clock
  readonly #timeoutMs: number
  #queue: { readonly atMs: number; readonly waiting: Waiting }[] = []
  #head = 0
  #timer: Timer | undefined

  constructor(components: { readonly clock: Clock }, timeoutMs: number) {
    this.#clock = components.clock
    this.#timeoutMs = timeoutMs
  }

  add(waiting: Waiting): void {
    this.#queue.push({ atMs: this.#clock.now() + this.#timeoutMs, waiting })
    this.#timer ??= this.#clock.setTimer(this.#timeoutMs, () => this.#fire())
  }

  /** Nobody waits any longer: all are told that the time is up. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    for (const { waiting } of this.#queue.splice(0).slice(this.#head)) if (!waiting.isOver) waiting.expired()
    this.#head = 0
  }

  /** What arrived while this process was busy is handled first: its own stall is nobody's lateness. */
  #fire(): void {
    this.#clock.endOfTurn(() => this.#expireDue())
  }

  #expireDue(): void {
    const now = this.#clock.now()
    // Who begins to wait anew meanwhile is not looked at in the same turn: without a timeout that would never end.
    const end = this.#queue.length
    let next = this.#queue[this.#head]
    while (next && this.#head < end && (next.waiting.isOver || next.atMs <= now)) {
      this.#head++
      if (!next.waiting.isOver) next.waiting.expired()
      next = this.#queue[this.#head]
    }
    this.#forgetPast()
    this.#timer = next ? this.#clock.setTimer(Math.max(1, next.atMs - now), () => this.#fire()) : undefined
  }

  #forgetPast(): void {
    if (this.#head * 2 < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }
}
