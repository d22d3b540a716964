import { openSync, readSync } from 'node:fs'

/**
 * The processor time of the thread that runs the event loop, ms, where the system tells it (Linux); elsewhere the whole process's, in which collectors and compilers at work beside the loop
 * count too.
 */
export class ThreadTime {
  readonly #file: number | undefined
  readonly #bytes = Buffer.alloc(64)

  constructor() {
    try {
      this.#file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r')
    } catch {
      this.#file = undefined
    }
  }

  now(): number {
    if (this.#file === undefined) {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    }
    const length = readSync(this.#file, this.#bytes, 0, this.#bytes.length, 0)
    return Number.parseInt(this.#bytes.toString('latin1', 0, length), 10) / 1e6
  }
}
