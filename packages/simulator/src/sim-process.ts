import type { Clock } from '@clowder/tribes'

/** paused: SIGSTOP, until it is resumed · stalled: its event loop is held up for a while. */
export type ProcessState = 'running' | 'paused' | 'stalled' | 'dead'

/** What waits for a frozen process: its event loop looks at timers first, as libuv does. */
export type TurnKind = 'timer' | 'io' | 'datagram'

const KERNEL_DATAGRAMS = 128

/** A simulated process: everything that happens to it passes here, so that it can be frozen and killed. */
export class SimProcess {
  /** Called when it runs again. */
  onAwake: () => void = () => {}
  readonly #clock: Clock
  #isDead = false
  #isPaused = false
  #stalledUntilMs = -1
  #isRunning = true
  #kept: { readonly kind: TurnKind; readonly turn: () => void }[] = []
  #keptDatagrams = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get state(): ProcessState {
    if (this.#isDead) return 'dead'
    if (this.#isPaused) return 'paused'
    return this.#isRunning ? 'running' : 'stalled'
  }

  get isRunning(): boolean {
    return this.#isRunning
  }

  /** Runs it now, keeps it for a frozen process, forgets it for a dead one. */
  run(kind: TurnKind, turn: () => void): void {
    if (this.#isRunning) turn()
    else if (!this.#isDead) this.#keep(kind, turn)
  }

  pause(): void {
    if (this.#isDead) return
    this.#isPaused = true
    this.#isRunning = false
  }

  /** Ends a pause, not a stall. */
  resume(): void {
    this.#isPaused = false
    this.#wake()
  }

  /** Its event loop is held up for `ms`; a second stall meanwhile lasts until the later end of the two. */
  stall(ms: number): void {
    if (this.#isDead) return
    this.#isRunning = false
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, this.#clock.now() + ms)
    this.#clock.setTimer(ms, () => this.#wake())
  }

  /** Ends pause and stall. */
  wake(): void {
    this.#isPaused = false
    this.#stalledUntilMs = -1
    this.#wake()
  }

  kill(): void {
    this.#isDead = true
    this.#isRunning = false
    this.#kept = []
  }

  #wake(): void {
    if (this.#isDead || this.#isRunning || this.#isPaused || this.#clock.now() < this.#stalledUntilMs) return
    this.#isRunning = true
    const kept = this.#kept
    this.#kept = []
    this.#keptDatagrams = 0
    for (const timers of [true, false]) {
      for (const { kind, turn } of kept)
        if ((kind === 'timer') === timers) this.#clock.setTimer(0, () => this.run(kind, turn))
    }
    this.onAwake()
  }

  /** A kernel holds only so many datagrams for a process that does not read them. */
  #keep(kind: TurnKind, turn: () => void): void {
    if (kind === 'datagram' && this.#keptDatagrams++ >= KERNEL_DATAGRAMS) return
    this.#kept.push({ kind, turn })
  }
}
