import { setTimeout as delay } from 'node:timers/promises'
import { nowMs } from '../history/monotonic.js'
import type { LabNetwork } from '../network/lab-network.js'
import type { AppMessage } from './app-message.js'
import { NodeProcess, type NodeProcessOptions } from './node-process.js'
import type { WallClocks } from './wall-clocks.js'

/** How often a state that is waited for is looked at: nobody tells when digests have become equal. */
const LOOK_MS = 50

export interface LifeListener {
  told(process: NodeProcess, message: AppMessage): void
  /** `at` on the monotonic clock. */
  processChanged(process: NodeProcess, what: ProcessChange, at: number): void
}

export type ProcessChange = 'start' | 'ready' | 'stop' | 'kill' | 'off' | 'pause' | 'resume' | 'stall'

/** The application processes of one lab: a name keeps its host; the process behind it is replaced each time it dies. */
export class ClusterLife {
  readonly names: readonly string[]
  readonly #network: LabNetwork
  readonly #listener: LifeListener
  readonly #options: Omit<NodeProcessOptions, 'environment'>
  readonly #processes = new Map<string, NodeProcess>()
  readonly #counts = new Map<string, number>()
  readonly #clocks: WallClocks

  constructor(
    components: { network: LabNetwork; listener: LifeListener; clocks: WallClocks },
    options: Omit<NodeProcessOptions, 'environment'>,
  ) {
    this.names = components.network.hosts.map(host => host.name)
    this.#network = components.network
    this.#listener = components.listener
    this.#clocks = components.clocks
    this.#options = options
  }

  process(name: string): NodeProcess | undefined {
    return this.#processes.get(name)
  }

  /** Those that exist and are not stopped by a signal. */
  get running(): readonly NodeProcess[] {
    return [...this.#processes.values()].filter(p => p.isRunning)
  }

  /** Resolves when it serves. */
  async start(name: string): Promise<NodeProcess> {
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    const process = new NodeProcess(
      this.#network.host(name),
      count,
      { ...this.#options, environment: this.#clocks.environment(name) },
      (p, message) => this.#told(p, message),
    )
    this.#processes.set(name, process)
    this.#changed(process, 'start')
    await process.ready
    return process
  }

  /** Kills all of these at once. */
  async kill(names: readonly string[]): Promise<void> {
    const victims = this.#existing(names)
    await Promise.all(
      victims.map(victim => {
        this.#changed(victim, 'kill')
        return victim.kill()
      }),
    )
  }

  /** SIGTERM; resolves with whether it ended as it should. One that somebody else kills meanwhile did. */
  async terminate(name: string): Promise<boolean> {
    const [victim] = this.#existing([name])
    if (!victim) return true
    // Before that it has nothing to say goodbye to, and no handler of the signal.
    await victim.ready.catch(() => {})
    if (victim.hasExited) return true
    const hasEndedWell = await victim.terminate(15_000)
    this.#changed(victim, victim.hasEndedWell ? 'stop' : 'kill')
    return hasEndedWell
  }

  pause(name: string): void {
    const [victim] = this.#existing([name])
    if (!victim) return
    this.#changed(victim, 'pause')
    victim.pause()
  }

  resume(name: string): void {
    const [victim] = this.#existing([name])
    if (!victim || victim.isRunning) return
    victim.resume()
    this.#changed(victim, 'resume')
  }

  async stall(name: string, ms: number): Promise<void> {
    const victim = this.#processes.get(name)
    if (!victim?.isRunning) return
    this.#changed(victim, 'stall')
    await victim.ask('stall', { ms }).catch(() => {})
    // One that was stopped meanwhile goes on when it is told to.
    if (victim.isRunning) this.#changed(victim, 'resume')
  }

  /** The host's wall clock is so far off from now on, also for processes that come later. */
  async shiftClock(name: string, ms: number): Promise<void> {
    const [process] = this.#existing([name])
    // One that is stopped hears of it when it goes on; one that dies meanwhile needs no telling.
    await this.#clocks.shift(name, ms, process).catch(() => {})
  }

  wallShiftMs(name: string): number {
    return this.#clocks.shiftMs(name)
  }

  /** Resolves with how long it took until every running node saw all others and all held the same; undefined: it did not happen in time. */
  async becomesWhole(withinMs: number): Promise<number | undefined> {
    const beganMs = nowMs()
    while (nowMs() - beganMs < withinMs) {
      if (await this.isWhole()) return nowMs() - beganMs
      await delay(LOOK_MS)
    }
    return undefined
  }

  async isWhole(): Promise<boolean> {
    const { running, names } = this
    if (running.length < names.length) return false
    const views = await Promise.all(running.map(p => p.ask<string[]>('members').catch(() => [])))
    if (views.some(view => view.length !== names.length - 1)) return false
    const digests = await Promise.all(running.map(p => p.ask<string>('digest').catch(() => p.incarnation)))
    return new Set(digests).size === 1
  }

  /** Ends all of them, whatever state they are in. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#processes.values()].map(p => p.kill()))
  }

  #existing(names: readonly string[]): NodeProcess[] {
    return names.flatMap(name => this.#processes.get(name) ?? []).filter(p => !p.hasExited)
  }

  #told(process: NodeProcess, message: AppMessage): void {
    if (message.type === 'ready') this.#listener.processChanged(process, 'ready', message.at)
    this.#listener.told(process, message)
  }

  #changed(process: NodeProcess, what: ProcessChange): void {
    this.#listener.processChanged(process, what, nowMs())
  }
}
