import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface LineProcessOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly readyTimeoutMs?: number
}

const READY_TIMEOUT_MS = 20_000
const STOP_TIMEOUT_MS = 2000
const KEPT_ERROR_CHARACTERS = 4000

/**
 * A process that takes commands as lines on its standard input and answers each with one line of JSON. Its first line says that it is ready. It ends
 * when its input ends, so that it cannot outlive the one who started it.
 */
export class LineProcess {
  readonly name: string
  readonly #child: ChildProcess
  readonly #waiting: { resolve: (answer: unknown) => void; reject: (error: Error) => void }[] = []
  readonly #ready: Promise<unknown>
  #errors = ''

  constructor(options: LineProcessOptions) {
    this.name = options.name
    this.#child = spawn(options.command, options.args, { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#ready = this.#next()
    this.#ready.catch(() => {})
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#waiting.shift()?.resolve(JSON.parse(line)))
    this.#child.stderr!.on('data', text => {
      this.#errors = `${this.#errors}${text}`.slice(-KEPT_ERROR_CHARACTERS)
    })
    this.#child.stdin!.on('error', () => {})
    this.#child.on('error', error => this.#failed(error))
    this.#child.on('close', code => this.#failed(new Error(`${this.name} ended (${code})\n${this.#errors}`)))
  }

  get pid(): number {
    return this.#child.pid!
  }

  ask<Answer>(line: string): Promise<Answer> {
    const answer = this.#next<Answer>()
    this.#child.stdin!.write(`${line}\n`)
    return answer
  }

  /** The first line, which nobody asked for. */
  async ready<Answer>(timeoutMs = READY_TIMEOUT_MS): Promise<Answer> {
    const tooLate = () => this.#failed(new Error(`${this.name} was not ready after ${timeoutMs} ms\n${this.#errors}`))
    const timeout = setTimeout(tooLate, timeoutMs)
    try {
      return (await this.#ready) as Answer
    } finally {
      clearTimeout(timeout)
    }
  }

  /** Nothing happens to one that has ended. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return
    const closed = once(this.#child, 'close')
    this.#child.stdin!.end()
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await closed
    clearTimeout(timeout)
  }

  #next<Answer>(): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve: answer => resolve(answer as Answer), reject })
    })
  }

  #failed(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error)
  }
}

/** A script of this package, named from its dist folder. */
export function nodeScript(script: string, args: readonly string[], nodeOptions: readonly string[] = []): LineProcess {
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url))
  return new LineProcess({
    name: [script, ...args].join(' '),
    command: process.execPath,
    args: [...nodeOptions, path, ...args],
  })
}
