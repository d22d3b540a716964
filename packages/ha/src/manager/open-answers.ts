import type { Answer } from './exchange.js'

/** Of one member at a time: one that is joining may ask for as many shares of the table as there are members. */
const MOST_OF_ONE = 64

/** Comparisons that other members have opened and that are not over, by who opened them and the number that it gave them. */
export class OpenAnswers {
  readonly #answers = new Map<string, Answer>()

  get size(): number {
    return this.#answers.size
  }

  get(memberId: string, exchange: number): Answer | undefined {
    return this.#answers.get(memberId + exchange)
  }

  /** One under the same number is over; so is the member's oldest when it has opened too many: it asks again when it hears no more of it. */
  add(memberId: string, exchange: number, answer: Answer): void {
    const key = memberId + exchange
    this.#drop(key)
    this.#answers.set(key, answer)
    const [oldest, ...others] = this.#of(memberId)
    if (others.length >= MOST_OF_ONE) this.#drop(oldest!)
  }

  /** It has been given all. */
  done(memberId: string, exchange: number): void {
    this.#answers.delete(memberId + exchange)
  }

  dropOf(memberId: string): void {
    for (const key of this.#of(memberId)) this.#drop(key)
  }

  /** Those that have waited since then for the other side. */
  dropStalled(sinceMs: number): void {
    for (const [key, { stream, lastProgressMs }] of this.#answers)
      if (!stream.isSending && lastProgressMs <= sinceMs) this.#drop(key)
  }

  dropAll(): void {
    for (const key of this.#answers.keys()) this.#drop(key)
  }

  /** The oldest first. */
  #of(memberId: string): readonly string[] {
    return [...this.#answers.keys()].filter(key => key.startsWith(memberId))
  }

  #drop(key: string): void {
    this.#answers.get(key)?.stream.cancel()
    this.#answers.delete(key)
  }
}
