import type { HistoryEvent } from './history-event.js'

/** One event as one line, without the line's end. What JSON has no word for (Infinity, NaN) is written as null. */
export function writeLine(event: HistoryEvent): string {
  return JSON.stringify(event)
}

/** Throws HistoryLineError when the line is no event. Only the shape that every event has is looked at: a history is our own writing. */
export function readLine(line: string, number = 1): HistoryEvent {
  let event: unknown
  try {
    event = JSON.parse(line)
  } catch (cause) {
    throw new HistoryLineError(number, 'is no JSON', { cause })
  }
  if (!isEvent(event)) throw new HistoryLineError(number, 'has no kind and no time')
  return event
}

/**
 * The events of a whole text. A last line without an end is left out when it cannot be read: the process that wrote it was killed in the middle.
 */
export function* readHistory(text: string): Generator<HistoryEvent> {
  const lines = text.split('\n')
  const unfinished = lines.pop()!
  let number = 0
  for (const line of lines) {
    number++
    if (line.trim() !== '') yield readLine(line, number)
  }
  const last = readUnfinished(unfinished)
  if (last) yield last
}

/** Several writers' lines as one history: by time, and in the order given where the times are equal. */
export function mergeHistories(...histories: readonly Iterable<HistoryEvent>[]): HistoryEvent[] {
  return histories.flatMap(history => [...history]).sort((a, b) => a.at - b.at)
}

/** A line of a history that cannot be understood. */
class HistoryLineError extends Error {
  readonly code = 'SIMULATOR_HISTORY_LINE'
  readonly lineNumber: number

  constructor(lineNumber: number, what: string, options?: ErrorOptions) {
    super(`Line ${lineNumber} of the history ${what}.`, options)
    this.name = 'HistoryLineError'
    this.lineNumber = lineNumber
  }
}

function readUnfinished(line: string): HistoryEvent | undefined {
  try {
    return line.trim() === '' ? undefined : readLine(line)
  } catch {
    // Not even whole JSON, or half an event: there is nothing to be learned from it.
    return undefined
  }
}

function isEvent(value: unknown): value is HistoryEvent {
  const event = value as Partial<HistoryEvent> | null
  return typeof event === 'object' && event !== null && typeof event.kind === 'string' && typeof event.at === 'number'
}
