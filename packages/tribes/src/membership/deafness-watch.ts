import { alignedDelayMs } from '../ports/aligned-delay.js'
import type { Clock } from '../ports/clock.js'
import { Repeat } from './repeat.js'

export interface DeafnessWatchComponents {
  readonly clock: Clock
  /** Called at most once per start. */
  readonly deaf: () => void
}

export interface DeafnessWatchOptions {
  readonly lookEveryMs: number
  readonly deafAfterMs: number
}

/** Notices that nothing at all was heard since the start. The first datagram, whoever sent it, ends the watch for good. */
export class DeafnessWatch {
  readonly #components: DeafnessWatchComponents
  readonly #options: DeafnessWatchOptions
  readonly #look: Repeat
  #deafAtMs = 0

  constructor(components: DeafnessWatchComponents, options: DeafnessWatchOptions) {
    this.#components = components
    this.#options = options
    this.#look = new Repeat(components.clock, () => alignedDelayMs(components.clock, options.lookEveryMs))
  }

  start(): void {
    this.#deafAtMs = this.#components.clock.now() + this.#options.deafAfterMs
    this.#look.start(() => this.#decide())
  }

  heard(): void {
    this.#look.stop()
  }

  stop(): void {
    this.#look.stop()
  }

  #decide(): void {
    if (this.#components.clock.now() < this.#deafAtMs) return
    this.#look.stop()
    this.#components.deaf()
  }
}
