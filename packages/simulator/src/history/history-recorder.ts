import type { HistoryEvent } from './history-event.js'
import { writeLine } from './history-lines.js'

export interface HistoryRecorderOptions {
  /** True: all events are kept for `events` and `text`. False: they only pass through to the onlookers, and cost no memory. */
  readonly isKept: boolean
}

/** Where everybody who sees something writes it down, in the order in which it is seen. Onlookers (checkers, a file) are told of each event at once. */
export class HistoryRecorder {
  readonly #onlookers: ((event: HistoryEvent) => void)[] = []
  readonly #events: HistoryEvent[] = []
  readonly #isKept: boolean
  #count = 0

  constructor(options: HistoryRecorderOptions = { isKept: true }) {
    this.#isKept = options.isKept
  }

  get count(): number {
    return this.#count
  }

  get events(): readonly HistoryEvent[] {
    return this.#events
  }

  /** As JSON lines. */
  get text(): string {
    return this.#events.map(event => `${writeLine(event)}\n`).join('')
  }

  tell(onlooker: (event: HistoryEvent) => void): this {
    this.#onlookers.push(onlooker)
    return this
  }

  record(event: HistoryEvent): void {
    this.#count++
    if (this.#isKept) this.#events.push(event)
    for (const onlooker of this.#onlookers) onlooker(event)
  }
}
