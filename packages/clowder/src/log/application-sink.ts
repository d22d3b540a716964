import type { ApplicationLogger } from '../options/cluster-options.js'
import { lineText } from './line-sink.js'
import type { LogLevel } from './log-sink.js'
import type { ForeignSink } from './safe-sink.js'

type LogMethods = Record<LogLevel, (...parameters: unknown[]) => unknown>

/** The application's own logger: console gets a line, every other gets (fields, message), as pino and bunyan have it. */
export function applicationSink(logger: ApplicationLogger, label: () => string): ForeignSink {
  const methods = logger as LogMethods
  if (isConsole(logger))
    return { write: (level, fields, message) => methods[level](`${label()} ${lineText(fields, message)}`) }
  return { write: (level, fields, message) => methods[level](plainFields(fields), message) }
}

/** The global console, or one made with `new Console`. */
function isConsole(logger: object): boolean {
  return ['table', 'dir', 'group', 'trace'].every(
    method => typeof (logger as Record<string, unknown>)[method] === 'function',
  )
}

/** Members as people know them: their ids as text, and not the bytes that a JSON log would spell out one by one. */
function plainFields(fields: object): object {
  const { member, ...others } = fields as { member?: unknown }
  if (member === undefined) return fields
  return {
    ...others,
    member: isMember(member) ? { name: member.name, host: member.host, port: member.port, id: member.id } : member,
  }
}

function isMember(value: unknown): value is { name: string; host: string; port: number; id: string } {
  return typeof value === 'object' && value !== null && 'uniqueId' in value
}
