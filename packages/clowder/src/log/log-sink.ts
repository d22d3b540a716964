/** Most to least talkative. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
/** From much to little. */
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Where log records end. */
export interface LogSink {
  write(level: LogLevel, fields: object, message: string): void
}
