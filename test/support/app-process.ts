import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const APP = fileURLToPath(new URL('app.mjs', import.meta.url))

export interface AppOptions {
  /** Options of createCluster. */
  readonly cluster: object
}

type AppMessage =
  | { readonly type: 'ready'; readonly port: number }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'log'; readonly level: string; readonly message: string }
  | { readonly type: 'answer'; readonly number: number; readonly value: unknown }
  | { readonly type: 'memberAdded' | 'memberDisappeared'; readonly name: string }
  | { readonly type: 'keyChanged'; readonly id: string; readonly state: string }
  | { readonly type: 'conflict'; readonly name: string; readonly kept: unknown; readonly dropped: unknown }

/** One application instance in a process of its own. */
export class AppProcess {
  readonly name: string
  readonly messages: AppMessage[] = []
  readonly #child: ChildProcess
  readonly #watchers = new Set<() => void>()
  #asked = 0
  port = 0

  /** `enter`: a command in front, which makes it run elsewhere (in a network namespace), in the same process. */
  constructor(name: string, options: AppOptions, enter: readonly string[] = []) {
    this.name = name
    const [execPath, ...execArgv] = [...enter, process.execPath]
    this.#child = fork(APP, [JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      execPath: execPath!,
      execArgv,
    })
    this.#child.on('message', message => {
      this.messages.push(message as AppMessage)
      for (const watch of [...this.#watchers]) watch()
    })
    this.#child.on('exit', () => {
      for (const watch of [...this.#watchers]) watch()
    })
  }

  get hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Resolves with the first message, past or future, that fits; rejects when the process ends before. */
  seen<M extends AppMessage>(fits: (message: AppMessage) => message is M): Promise<M>
  seen(fits: (message: AppMessage) => boolean): Promise<AppMessage>
  seen(fits: (message: AppMessage) => boolean): Promise<AppMessage> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.messages.find(fits)
        if (!found && !this.hasExited) return
        this.#watchers.delete(look)
        if (found) resolve(found)
        else
          reject(
            new Error(
              `${this.name} ended before it said what was waited for; it said ${JSON.stringify(this.messages)}`,
            ),
          )
      }
      this.#watchers.add(look)
      look()
    })
  }

  async started(): Promise<this> {
    const message = await this.seen(m => m.type === 'ready' || m.type === 'failed')
    if (message.type === 'failed') throw new Error(`${this.name}: ${message.code}: ${message.message}`)
    if (message.type === 'ready') this.port = message.port
    return this
  }

  async failed(): Promise<{ code: string; message: string }> {
    const message = await this.seen(m => m.type === 'failed')
    return message as Extract<AppMessage, { type: 'failed' }>
  }

  memberAdded(name: string): Promise<AppMessage> {
    return this.seen(m => m.type === 'memberAdded' && m.name === name)
  }

  memberGone(name: string): Promise<AppMessage> {
    return this.seen(m => m.type === 'memberDisappeared' && m.name === name)
  }

  keyIs(id: string, state: string): Promise<AppMessage> {
    return this.seen(m => m.type === 'keyChanged' && m.id === id && m.state === state)
  }

  logged(text: RegExp): Promise<AppMessage> {
    return this.seen(m => m.type === 'log' && text.test(m.message))
  }

  /** Forgets what was said, so that `seen` waits for something new. */
  forget(): void {
    this.messages.length = 0
  }

  async ask<T>(ask: string, fields: object = {}): Promise<T> {
    const number = ++this.#asked
    const answered = this.seen(
      (m): m is Extract<AppMessage, { type: 'answer' }> => m.type === 'answer' && m.number === number,
    )
    this.#child.send({ ask, number, ...fields })
    const answer = await answered
    this.messages.splice(this.messages.indexOf(answer), 1)
    return answer.value as T
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async ended(): Promise<number | null> {
    if (!this.hasExited) await once(this.#child, 'exit')
    return this.#child.exitCode
  }

  /** Ends it whatever state it is in. */
  async destroy(): Promise<void> {
    if (this.hasExited) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}
