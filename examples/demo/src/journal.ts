import { EventEmitter } from 'node:events'
import type { LogLevel } from './app-message.js'

/** One line of what happened. `action`: somebody did something to a node. */
export interface JournalEntry {
  /** Epoch milliseconds. */
  readonly at: number
  readonly node: string
  readonly level: LogLevel | 'action'
  readonly text: string
}

const KEPT = 200

/** What happened, for the terminal and for the page; remembers the last lines for those who come later. */
export class Journal extends EventEmitter<{ entry: [entry: JournalEntry] }> {
  readonly #entries: JournalEntry[] = []

  get entries(): readonly JournalEntry[] {
    return this.#entries
  }

  write(node: string, level: JournalEntry['level'], text: string): void {
    const entry = { at: Date.now(), node, level, text }
    this.#entries.push(entry)
    if (this.#entries.length > KEPT) this.#entries.shift()
    this.emit('entry', entry)
  }
}
