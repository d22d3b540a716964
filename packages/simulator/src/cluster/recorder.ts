import type { Clock } from '@clowder/tribes'
import type { HistoryEvent } from '../history/history-event.js'

/** An event before its time is noted. */
export type Happening<Event = HistoryEvent> = Event extends unknown ? Omit<Event, 'at'> : never

/** Hears everything that is said between processes, too: for people who want to see how something came about. */
export interface Listener {
  happened(event: HistoryEvent): void
  /** A process sent or received a message, or logged a line. */
  noted(at: number, incarnation: string, what: string): void
}

/** The onlooker's notebook: everything that happens in one run, in order. */
export class Recorder {
  readonly events: HistoryEvent[] = []
  readonly #clock: Pick<Clock, 'now'>
  readonly #listener: Listener | undefined

  constructor(components: { readonly clock: Pick<Clock, 'now'>; readonly listener?: Listener | undefined }) {
    this.#clock = components.clock
    this.#listener = components.listener
  }

  /** Whether anybody wants to hear of messages and log lines: without, nobody takes the trouble. */
  get isListenedTo(): boolean {
    return this.#listener !== undefined
  }

  get now(): number {
    return this.#clock.now()
  }

  record(happening: Happening): void {
    this.add({ at: this.now, ...happening } as HistoryEvent)
  }

  /** The same, of what happens so often that its maker notes the time by himself. */
  add(event: HistoryEvent): void {
    this.events.push(event)
    this.#listener?.happened(event)
  }

  note(incarnation: string, what: string): void {
    this.#listener?.noted(this.#clock.now(), incarnation, what)
  }
}
