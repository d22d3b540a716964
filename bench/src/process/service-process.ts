import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { isListening } from './free-port.js'

const READY_TIMEOUT_MS = 5000
/** Whoever ends us with one of them would leave the server behind: only `exit` kills it. */
const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** A server that somebody else wrote, which speaks no lines: ready when it listens, ended by a signal at the latest when we end. */
export class ServiceProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #kill = () => this.#child.kill()

  private constructor(command: string, args: readonly string[]) {
    this.name = command
    this.#child = spawn(command, args, { stdio: 'ignore' })
    this.#child.on('error', () => {})
    process.once('exit', this.#kill)
    for (const signal of ENDING_SIGNALS) process.on(signal, exit)
  }

  /** Rejects when nothing listens on `port` in time. */
  static async start(command: string, args: readonly string[], port: number): Promise<ServiceProcess> {
    const service = new ServiceProcess(command, args)
    if (await isListening(port, READY_TIMEOUT_MS)) return service
    await service.stop()
    throw new Error(`${command} did not start`)
  }

  get pid(): number {
    return this.#child.pid!
  }

  async stop(): Promise<void> {
    process.off('exit', this.#kill)
    for (const signal of ENDING_SIGNALS) process.off(signal, exit)
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const ended = once(this.#child, 'exit')
    this.#child.kill()
    await ended
  }
}

function exit(): never {
  process.exit(1)
}
