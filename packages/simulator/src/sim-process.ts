import type { Clock } from '@clowder/tribes'

export type ProcessState = 'running' | 'paused' | 'dead'

/** What waits for a frozen process: its event loop looks at timers first, as libuv does. */
export type TurnKind = 'timer' | 'io' | 'datagram'

const KERNEL_DATAGRAMS = 128

/** A simulated process: everything that happens to it passes here, so that it can be frozen and killed. */
export class SimProcess {
  readonly #clock: Clock
  #state: ProcessState = 'running'
  #kept: { readonly kind: TurnKind; readonly turn: () => void }[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get state(): ProcessState {
    return this.#state
  }

  get isRunning(): boolean {
    return this.#state === 'running'
  }

  /** Runs it now, keeps it for a frozen process, forgets it for a dead one. */
  run(kind: TurnKind, turn: () => void): void {
    if (this.#state === 'running') turn()
    else if (this.#state === 'paused') this.#keep(kind, turn)
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused'
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    const kept = this.#kept
    this.#kept = []
    for (const timers of [true, false]) {
      for (const { kind, turn } of kept)
        if ((kind === 'timer') === timers) this.#clock.setTimer(0, () => this.run(kind, turn))
    }
  }

  kill(): void {
    this.#state = 'dead'
    this.#kept = []
  }

  /** A kernel holds only so many datagrams for a process that does not read them. */
  #keep(kind: TurnKind, turn: () => void): void {
    if (kind === 'datagram' && this.#kept.filter(kept => kept.kind === 'datagram').length >= KERNEL_DATAGRAMS) return
    this.#kept.push({ kind, turn })
  }
}
