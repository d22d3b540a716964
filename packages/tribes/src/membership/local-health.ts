/** Stalls add up to this much, so that a node that is always slow still notices the dead: in four times the time. */
const WORST_SCORE = 6
/** A point of score is forgotten in this many heartbeats' time. */
const BEATS_PER_POINT = 4
/** How late a timer may be before it counts, in heartbeats: sooner than a member's answer could be missed for it. */
const LATE_BEATS = 0.2
/** After a long stall nobody is judged for this many heartbeats: long enough for every living member to be heard. */
const LISTEN_BEATS = 2

/**
 * What this process knows of its own health (Lifeguard's local health multiplier, arXiv 1707.00788): a timer that runs late has stood still, and
 * a process that stood still has heard nothing, which says nothing about the others. So it first listens, then judges, and grants everybody more time.
 */
export class LocalHealth {
  readonly #frequencyMs: number
  #score = 0
  #scoredAtMs = 0
  #listenUntilMs = Number.NEGATIVE_INFINITY
  #stalls = 0

  constructor(options: { frequencyMs: number }) {
    this.#frequencyMs = options.frequencyMs
  }

  /** How often this process noticed that it had stood still. */
  get stalls(): number {
    return this.#stalls
  }

  /** Something that was due at `dueAtMs` runs now. Answers for how long this process stood still; 0: it did not. */
  ran(dueAtMs: number, nowMs: number): number {
    const lateMs = nowMs - dueAtMs
    if (lateMs < LATE_BEATS * this.#frequencyMs) return 0
    this.#stalls++
    this.#score = Math.min(WORST_SCORE, this.#scoreAt(nowMs) + lateMs / this.#frequencyMs)
    this.#scoredAtMs = nowMs
    this.#listenUntilMs = nowMs + Math.min(LISTEN_BEATS * this.#frequencyMs, 4 * lateMs)
    return lateMs
  }

  /** True: it has just stood still, and judges nobody. */
  isListening(nowMs: number): boolean {
    return nowMs < this.#listenUntilMs
  }

  /** By how much timeouts are stretched: 1 when well, 4 at worst. */
  multiplier(nowMs: number): number {
    return 1 + this.#scoreAt(nowMs) / 2
  }

  #scoreAt(nowMs: number): number {
    const forgotten = (nowMs - this.#scoredAtMs) / (BEATS_PER_POINT * this.#frequencyMs)
    return Math.max(0, this.#score - forgotten)
  }
}
