import { channel } from 'node:diagnostics_channel'
import type { Logger } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'
import type { Environment } from '../options/read-options.js'
import { applicationSink } from './application-sink.js'
import { LineSink } from './line-sink.js'
import { LOG_LEVELS, type LogLevel, type LogSink } from './log-sink.js'
import { safeSink } from './safe-sink.js'

/** What subscribers of the diagnostics channel `clowder:log` get, whatever the level and the logger. */
export interface LogRecord {
  readonly level: LogLevel
  readonly message: string
  readonly fields: object
  /** Of the cluster. */
  readonly name: string
}

export interface ClusterLoggerComponents {
  readonly environment: Environment
  readonly stream: { write(line: string): unknown; readonly isTTY?: boolean }
  readonly wallTime: () => number
  /** E.g. `clowder[n1]`. */
  readonly label: () => string
}

const logChannel = channel('clowder:log')

/** The logger that all parts of a cluster share: filters by level, writes to the application's logger or to the stream, and publishes. */
export function clusterLogger(components: ClusterLoggerComponents, settings: ClusterSettings): Logger {
  const sink = sinkFor(components, settings)
  const least = LOG_LEVELS.indexOf(leastLevel(components.environment, settings.logLevel))
  const at = (level: LogLevel) => {
    const isWritten = LOG_LEVELS.indexOf(level) >= least
    return (fields: object, message: string) => {
      if (isWritten) sink.write(level, fields, message)
      if (logChannel.hasSubscribers)
        logChannel.publish({ level, message, fields, name: settings.name } satisfies LogRecord)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function sinkFor(
  { environment, stream, wallTime, label }: ClusterLoggerComponents,
  { logger }: ClusterSettings,
): LogSink {
  if (logger === false) return { write() {} }
  const isColoured = stream.isTTY === true && !environment.NO_COLOR
  const lines = new LineSink({ write: line => void stream.write(line), wallTime, label }, { isColoured })
  return logger ? safeSink(applicationSink(logger, label), lines) : lines
}

function leastLevel({ DEBUG = '' }: Environment, logLevel: LogLevel): LogLevel {
  const names = DEBUG.split(/[\s,]+/)
  return names.some(name => ['clowder', 'clowder:*', '*'].includes(name)) ? 'debug' : logLevel
}
