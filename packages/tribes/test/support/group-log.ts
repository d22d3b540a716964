import type { Logger } from '../../src/ports/logger.js'

/** Keeps every line as `level message`. */
export class GroupLog implements Logger {
  readonly lines: string[] = []

  debug(_fields: object, message: string): void {
    this.lines.push(`debug ${message}`)
  }
  info(_fields: object, message: string): void {
    this.lines.push(`info ${message}`)
  }
  warn(_fields: object, message: string): void {
    this.lines.push(`warn ${message}`)
  }
  error(_fields: object, message: string): void {
    this.lines.push(`error ${message}`)
  }

  has(part: string): boolean {
    return this.lines.some(line => line.includes(part))
  }
}
