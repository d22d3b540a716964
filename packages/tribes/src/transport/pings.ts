import type { Member } from '../member.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { ControlFrame } from '../wire/frame.js'
import { NoAnswerError } from './errors.js'

interface Question {
  readonly timer: Timer
  answered(): void
  failed(error: Error): void
}

/** A member may ask this often before we have answered; what it asks beyond that is not worth our memory. */
const MOST_ANSWERS_DUE = 64

/** The questions "are you there?" over one link, ours and theirs. */
export class Pings {
  readonly #clock: Clock
  readonly #questions = new Map<number, Question>()
  #due: ControlFrame[] = []
  #answersDue = 0
  #token = 0
  readonly #view: () => number
  #isPokeDue = false
  #pokedAtMs: number | undefined

  /** `view`: the digest that goes along. */
  constructor(components: { readonly clock: Clock; view(): number }) {
    this.#clock = components.clock
    this.#view = () => components.view()
  }

  /** How long a question of `poke` has been open; 0: none is. */
  get unansweredMs(): number {
    return this.#pokedAtMs === undefined ? 0 : this.#clock.now() - this.#pokedAtMs
  }

  /** A question that nobody waits for. */
  poke(): void {
    this.#pokedAtMs ??= this.#clock.now()
    if (this.#isPokeDue) return
    this.#isPokeDue = true
    this.#due.push({ type: 'ping', token: 0, view: this.#view() })
  }

  get isAsking(): boolean {
    return this.#questions.size > 0
  }

  /** Resolves at the PONG; rejects with NoAnswerError, or with what `failAll` is given. */
  ask(member: Member, timeoutMs: number): Promise<void> {
    const token = (this.#token = (this.#token + 1) >>> 0 || 1)
    this.#due.push({ type: 'ping', token, view: this.#view() })
    return new Promise((resolve, reject) => {
      const timer = this.#clock.setTimer(timeoutMs, () => this.#fail(token, new NoAnswerError(member, timeoutMs)))
      this.#questions.set(token, { timer, answered: resolve, failed: reject })
    })
  }

  asked(token: number): void {
    if (this.#answersDue++ < MOST_ANSWERS_DUE) this.#due.push({ type: 'pong', token, view: this.#view() })
  }

  answered(token: number): void {
    this.#pokedAtMs = undefined
    const question = this.#questions.get(token)
    if (!question) return
    this.#questions.delete(token)
    question.timer.cancel()
    question.answered()
  }

  /** The connection is gone, and with it every question and every answer. */
  failAll(error: Error): void {
    this.takeDue()
    this.#pokedAtMs = undefined
    for (const token of [...this.#questions.keys()]) this.#fail(token, error)
  }

  /** The frames to write. Whoever takes them adds nothing to them: of none it is always the same list. */
  takeDue(): readonly ControlFrame[] {
    const due = this.#due
    if (due.length > 0) this.#due = []
    this.#answersDue = 0
    this.#isPokeDue = false
    return due
  }

  #fail(token: number, error: Error): void {
    const question = this.#questions.get(token)
    if (!question) return
    this.#questions.delete(token)
    question.timer.cancel()
    question.failed(error)
  }
}
