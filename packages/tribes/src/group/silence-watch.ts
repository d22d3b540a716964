import { type Member, memberText } from '../member.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'

export interface SilenceWatchComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly membership: {
    check(nowMs: number): { readonly quiet: readonly Member[]; readonly silent: readonly Member[] }
  }
  /** Asks over TCP; an answer has touched the membership list when the promise resolves. */
  readonly ask: (member: Member) => Promise<void>
  readonly suspect: (member: Member) => void
}

/**
 * Every `frequency` it looks who has not been heard. The quiet are asked in the background, so that lost multicast alone makes nobody silent;
 * the silent are suspected.
 */
export class SilenceWatch {
  readonly #components: SilenceWatchComponents
  readonly #frequencyMs: number
  readonly #asking = new Set<string>()
  #timer: Timer | undefined

  constructor(components: SilenceWatchComponents, options: { frequencyMs: number }) {
    this.#components = components
    this.#frequencyMs = options.frequencyMs
  }

  start(): void {
    this.#schedule()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #schedule(): void {
    this.#timer = this.#components.clock.setTimer(this.#frequencyMs, () => {
      this.#schedule()
      this.#check(this.#components.clock.now())
    })
  }

  #check(nowMs: number): void {
    const { quiet, silent } = this.#components.membership.check(nowMs)
    for (const member of quiet) this.#ask(member)
    for (const member of silent) this.#components.suspect(member)
  }

  #ask(member: Member): void {
    if (this.#asking.has(member.id)) return
    this.#asking.add(member.id)
    this.#components
      .ask(member)
      .catch(error =>
        this.#components.logger.debug({ member, err: error }, `A quiet member did not answer:[${memberText(member)}]`),
      )
      .finally(() => this.#asking.delete(member.id))
  }
}
