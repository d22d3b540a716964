import type { Socket } from 'node:net'

/** Destroys a socket whose peer takes too long. An absolute time: a trickle of single bytes does not renew it. */
export class Deadline {
  readonly #socket: Socket
  readonly #errorAfter: (timeoutMs: number) => Error
  #timer: NodeJS.Timeout | undefined
  /** Why the socket was destroyed, if that was us. */
  error: Error | undefined

  constructor(socket: Socket, errorAfter: (timeoutMs: number) => Error) {
    this.#socket = socket
    this.#errorAfter = errorAfter
  }

  /** From now on, in place of what was set before. */
  set(timeoutMs: number): void {
    this.clear()
    this.#timer = setTimeout(() => {
      this.error = this.#errorAfter(timeoutMs)
      this.#socket.destroy()
    }, timeoutMs).unref()
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
