import type { LogLevel, LogSink } from './log-sink.js'

export interface LineSinkComponents {
  /** Takes one line at a time, with its line feed. */
  readonly write: (line: string) => void
  /** Epoch milliseconds. */
  readonly wallTime: () => number
  /** What the line is about, e.g. `clowder[n1]`. Asked for each line, because a member's name may be known late. */
  readonly label: () => string
}

const COLOURS: Readonly<Record<LogLevel, string>> = { debug: '90', info: '32', warn: '33', error: '31' }

/** `12:00:01.123 INFO  clowder[n1] Replication member added:[n2 tcp://127.0.0.1:4001]`: local time, one line per record. */
export class LineSink implements LogSink {
  readonly #components: LineSinkComponents
  readonly #isColoured: boolean

  constructor(components: LineSinkComponents, options: { readonly isColoured: boolean }) {
    this.#components = components
    this.#isColoured = options.isColoured
  }

  write(level: LogLevel, fields: object, message: string): void {
    const { write, wallTime, label } = this.#components
    write(`${timeText(wallTime())} ${this.#levelText(level)} ${label()} ${lineText(fields, message)}\n`)
  }

  #levelText(level: LogLevel): string {
    const text = level.toUpperCase().padEnd(5)
    return this.#isColoured ? `\u001b[${COLOURS[level]}m${text}\u001b[39m` : text
  }
}

/** The message, with the cause behind it when it does not tell the cause itself; never more than one line, and nothing in it that a terminal would obey: names come from others. */
export function lineText(fields: object, message: string): string {
  const cause = (fields as { err?: unknown }).err
  const text = cause instanceof Error && !message.includes(cause.message) ? `${message} (${cause.message})` : message
  return onOneLine(text).replace(/[\p{Cc}\u2028\u2029]/gu, escaped)
}

/** Not by a pattern, which would try each of many spaces in a row: what an error quotes may come from a client. */
function onOneLine(text: string): string {
  if (!text.includes('\n')) return text
  const lines = text.split('\n').map(line => line.trim())
  return lines.filter(line => line !== '').join(' ')
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

function timeText(wallTimeMs: number): string {
  const at = new Date(wallTimeMs)
  const two = (n: number) => String(n).padStart(2, '0')
  const milliseconds = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${milliseconds}`
}
