import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nowMs } from '../history/monotonic.js'
import type { LabHost } from '../network/lab-network.js'
import type { AppMessage } from './app-message.js'

const APP = fileURLToPath(new URL('../app.mjs', import.meta.url))
const ASK_TIMEOUT_MS = 60_000
/** Some seconds of them it may be stopped, or the machine busy. */
const READY_WITHIN_MS = 60_000

export interface NodeProcessOptions {
  /** Of createCluster, besides the addresses. */
  readonly cluster: Readonly<Record<string, unknown>>
  /** What makes it believe in another time of day. */
  readonly environment: Readonly<Record<string, string>>
  /** Where its output goes. */
  readonly folder: string
  /** How long it may take until it serves. @default 60000 */
  readonly readyWithinMs?: number
}

interface Question {
  answered(value: unknown): void
  failed(why: string): void
}

export type ProcessListener = (process: NodeProcess, message: AppMessage) => void

/** One application process in its host's namespace. When this process dies in whatever way, the kernel kills it. */
export class NodeProcess {
  readonly name: string
  readonly incarnation: string
  /** Resolves when it serves; rejects when it cannot, ends before, or takes too long. */
  readonly ready: Promise<void>
  readonly #child: ChildProcess
  readonly #questions = new Map<number, Question>()
  #asked = 0
  #isPaused = false
  #isKilled = false
  #isToEnd = false

  constructor(host: LabHost, count: number, options: NodeProcessOptions, listener: ProcessListener) {
    this.name = host.name
    this.incarnation = `${host.name}#${count}`
    const log = openSync(join(options.folder, `${host.name}-${count}.log`), 'a')
    this.#child = fork(APP, [JSON.stringify(appOptions(host, options))], {
      execPath: host.namespace.enter[0],
      execArgv: [...host.namespace.enter.slice(1), 'setpriv', '--pdeathsig', 'KILL', process.execPath],
      env: { ...process.env, ...options.environment },
      stdio: ['ignore', log, log, 'ipc'],
    })
    closeSync(log)
    this.ready = this.#becomesReady(options.readyWithinMs ?? READY_WITHIN_MS)
    this.ready.catch(() => {})
    this.#child.on('message', message => this.#told(message as AppMessage, listener))
    this.#child.on('exit', (code, signal) => {
      if (!this.#isToEnd) listener(this, endedByItself(signal ?? code))
      for (const question of [...this.#questions.values()]) question.failed('it ended')
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get hasEndedWell(): boolean {
    return this.#child.exitCode === 0
  }

  get isRunning(): boolean {
    return !this.hasExited && !this.#isPaused
  }

  /** Rejects when the process ends, or does not answer. */
  ask<T>(ask: string, fields: object = {}): Promise<T> {
    const number = ++this.#asked
    return new Promise((resolve, reject) => {
      const failed = (why: string) => {
        clearTimeout(timeout)
        this.#questions.delete(number)
        reject(new Error(`${this.incarnation} did not answer [${ask}]: ${why}`))
      }
      const answered = (value: unknown) => {
        clearTimeout(timeout)
        this.#questions.delete(number)
        resolve(value as T)
      }
      const timeout = setTimeout(() => failed('it is silent'), ASK_TIMEOUT_MS)
      this.#questions.set(number, { answered, failed })
      if (this.hasExited) failed('it has ended')
      else this.#child.send({ ask, number, ...fields }, error => error && failed(error.message))
    })
  }

  /** SIGKILL; resolves when it is gone and all that it had told was read. */
  async kill(): Promise<void> {
    if (!this.#child.connected && this.hasExited) return
    this.#isKilled = true
    this.#isToEnd = true
    const gone = once(this.#child, 'close')
    this.#child.kill('SIGKILL')
    await gone
  }

  /** SIGTERM; resolves with whether it ended by itself in time, or was killed by somebody else. */
  async terminate(withinMs: number): Promise<boolean> {
    this.#isToEnd = true
    const gone = once(this.#child, 'close')
    this.#child.kill('SIGTERM')
    const timeout = setTimeout(() => this.#child.kill('SIGKILL'), withinMs)
    await gone
    clearTimeout(timeout)
    return this.#isKilled || this.hasEndedWell
  }

  pause(): void {
    this.#isPaused = true
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.#isPaused = false
    this.#child.kill('SIGCONT')
  }

  async #becomesReady(withinMs: number): Promise<void> {
    let timeout: NodeJS.Timeout | undefined
    const served = new Promise<void>((resolve, reject) => {
      timeout = setTimeout(() => reject(new Error(`${this.incarnation} did not serve within ${withinMs} ms`)), withinMs)
      this.#child.on('message', message => {
        const told = message as AppMessage
        if (told.type === 'ready') resolve()
        if (told.type === 'failed') reject(new Error(`${this.incarnation}: ${told.code}: ${told.message}`))
      })
      this.#child.once('exit', (code, signal) => reject(new Error(`${this.incarnation} ended: ${signal ?? code}`)))
    })
    await served.finally(() => clearTimeout(timeout))
  }

  #told(message: AppMessage, listener: ProcessListener): void {
    if (message.type !== 'answer') return listener(this, message)
    this.#questions.get(message.number)?.answered(message.value)
  }
}

/** No fault has done it, and whoever brings everybody back would bring it back in silence. */
function endedByItself(how: string | number | null): AppMessage {
  return { at: nowMs(), type: 'trouble', trouble: 'uncaught', what: `it ended by itself: ${how}` }
}

function appOptions(host: LabHost, { cluster }: NodeProcessOptions): object {
  const { membership, ...rest } = cluster as { membership?: object }
  return {
    http: { host: host.clientHost, port: host.httpPort },
    cluster: {
      name: 'torture',
      secret: 'only ever used in namespaces that the test itself has made',
      jvmRoute: host.name,
      membership: { bind: host.clusterHost, ...membership },
      receiver: { address: host.clusterHost },
      ...rest,
    },
  }
}
