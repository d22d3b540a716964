/** An error as the system reports it: `code` and `syscall` as in Node. */
export class SystemError extends Error {
  readonly code: string
  readonly syscall: string
  constructor(syscall: string, code: string, subject = '') {
    super(`${syscall} ${code} ${subject}`.trim())
    this.name = 'Error'
    this.code = code
    this.syscall = syscall
  }
}
