import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import type { AppMessage, AppOrder, ClusterView, LogLevel } from './app-message.js'

export type NodeState =
  | { readonly kind: 'down' }
  | { readonly kind: 'starting'; readonly child: ChildProcess }
  | { readonly kind: 'ready'; readonly child: ChildProcess; readonly port: number; readonly isCut: boolean }
  | { readonly kind: 'stopping'; readonly child: ChildProcess }

export interface NodeProcessOptions {
  readonly name: string
  /** The module to run. */
  readonly modulePath: string
  readonly env: NodeJS.ProcessEnv
}

interface NodeProcessEvents {
  state: [state: NodeState]
  log: [level: LogLevel, text: string]
  memberAdded: [member: string]
  memberDisappeared: [member: string]
  view: [view: ClusterView]
}

/** Longer than a stop may take; whoever needs more is killed. */
const STOP_TIMEOUT_MS = 10_000

/** One app process: at most one child at a time, started and ended by its own process id. */
export class NodeProcess extends EventEmitter<NodeProcessEvents> {
  readonly name: string
  readonly #options: NodeProcessOptions
  #state: NodeState = { kind: 'down' }

  constructor(options: NodeProcessOptions) {
    super()
    this.name = options.name
    this.#options = options
  }

  get state(): NodeState {
    return this.#state
  }

  /** Resolves when the app answers requests. Rejects when it ends before that. Nothing happens unless it is down. */
  start(): Promise<void> {
    if (this.#state.kind !== 'down') return Promise.resolve()
    const child = fork(this.#options.modulePath, {
      env: this.#options.env,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#enter({ kind: 'starting', child })
    child.on('message', message => this.#messageReceived(child, message as AppMessage))
    child.on('error', error => this.emit('log', 'error', error.message))
    child.stderr!.on('data', (bytes: Buffer) => this.emit('log', 'error', bytes.toString().trimEnd()))
    child.once('exit', (code, signal) => this.#exited(code, signal))
    return this.#readyOrDown(child)
  }

  /** kill -9. Resolves when the process is gone. */
  kill(): Promise<void> {
    if (this.#state.kind === 'down') return Promise.resolve()
    const { child } = this.#state
    child.kill('SIGKILL')
    return exit(child)
  }

  /** SIGTERM: it finishes its requests and says goodbye. Resolves when the process is gone. */
  async stop(): Promise<void> {
    if (this.#state.kind === 'down') return
    const { child } = this.#state
    if (this.#state.kind === 'stopping') return exit(child)
    this.#enter({ kind: 'stopping', child })
    child.kill('SIGTERM')
    const patience = setTimeout(() => {
      this.emit('log', 'error', `did not stop within ${STOP_TIMEOUT_MS} ms, killed`)
      child.kill('SIGKILL')
    }, STOP_TIMEOUT_MS)
    await exit(child)
    clearTimeout(patience)
  }

  /** Cuts the cluster's network of this process, or makes it whole. Its HTTP side is not touched. */
  setCut(isCut: boolean): void {
    if (this.#state.kind !== 'ready' || this.#state.isCut === isCut) return
    const order: AppOrder = { kind: isCut ? 'cut' : 'reconnect' }
    this.#state.child.send(order)
    this.#enter({ ...this.#state, isCut })
  }

  #enter(state: NodeState): void {
    this.#state = state
    this.emit('state', state)
  }

  #readyOrDown(child: ChildProcess): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (state: NodeState) => {
        if (state.kind === 'starting') return
        this.off('state', settle)
        if (state.kind === 'ready') resolve()
        else reject(new Error(`${this.name} (pid ${child.pid}) ended before it was ready`))
      }
      this.on('state', settle)
    })
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    const level = this.#state.kind === 'stopping' && code === 0 ? 'info' : 'warn'
    this.emit('log', level, `process ended (${signal ?? `exit ${code}`})`)
    this.#enter({ kind: 'down' })
  }

  #messageReceived(child: ChildProcess, message: AppMessage): void {
    switch (message.kind) {
      case 'ready':
        if (this.#state.kind === 'starting') this.#enter({ kind: 'ready', child, port: message.port, isCut: false })
        return
      case 'log':
        this.emit('log', message.level, message.text)
        return
      case 'memberAdded':
      case 'memberDisappeared':
        this.emit(message.kind, message.member)
        return
      case 'view':
        this.emit('view', message.view)
    }
  }
}

function exit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => child.once('exit', () => resolve()))
}
