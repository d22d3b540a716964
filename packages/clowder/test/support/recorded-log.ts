import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import type { ApplicationLogger } from '../../src/index.js'

/** Whatever a log could show: fields with all that hangs on them, errors with stack, causes and properties. */
const ALL = { depth: 12, maxArrayLength: null, maxStringLength: null, breakLength: Number.POSITIVE_INFINITY } as const

/** Everything that is said: by a logger of the kind of pino, as a line, and on the diagnostics channel. */
export class RecordedLog {
  readonly records: string[] = []
  readonly logger: ApplicationLogger
  readonly #published = (record: unknown) => this.note(record)

  constructor() {
    const log = (fields: object, message: string) => this.note({ message, fields })
    this.logger = { debug: log, info: log, warn: log, error: log }
    subscribe('clowder:log', this.#published)
  }

  /** Also what is said otherwise: answers, inspections. Numbers of bytes are read as text too. */
  note(said: unknown): void {
    this.records.push(inspect(said, ALL), JSON.stringify(said, plain) ?? '')
  }

  stop(): void {
    unsubscribe('clowder:log', this.#published)
  }

  /** The records that quote one of these. */
  quoting(needles: Iterable<string>): string[] {
    const found: string[] = []
    for (const needle of needles)
      for (const record of this.records) if (record.includes(needle)) found.push(`${needle} in ${record.slice(0, 600)}`)
    return found
  }
}

function plain(_name: string, value: unknown): unknown {
  if (value instanceof Error) return { ...value, message: value.message, stack: value.stack, cause: value.cause }
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  return typeof value === 'bigint' ? String(value) : value
}
