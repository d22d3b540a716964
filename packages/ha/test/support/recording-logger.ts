import type { Logger } from '@clowder/tribes'

/** Keeps what is said: level and message. */
export class RecordingLogger implements Logger {
  readonly lines: { readonly level: string; readonly message: string; readonly fields: object }[] = []
  debug = (fields: object, message: string) => this.#keep('debug', fields, message)
  info = (fields: object, message: string) => this.#keep('info', fields, message)
  warn = (fields: object, message: string) => this.#keep('warn', fields, message)
  error = (fields: object, message: string) => this.#keep('error', fields, message)

  messages(level: string): string[] {
    return this.lines.filter(line => line.level === level).map(line => line.message)
  }

  #keep(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields })
  }
}
