import type { FaultEvent, HistoryEvent, PhaseEvent, ProcessEvent, RunBegan } from '../history/history-event.js'

/** One process from its start to its end. */
export interface Process {
  readonly node: string
  /** Under which it goes now: a process that was cloned takes a new one. */
  incarnation: string
  readonly startedAt: number
  readyAt: number | undefined
  /** When it was told to end, where an onlooker can know it. */
  stoppingAt: number | undefined
  ended: ProcessEnd | undefined
  isPaused: boolean
  /** When it last was paused, resumed or stalled. */
  impairedAt: number
}

export interface ProcessEnd {
  readonly at: number
  /** `replaced`: nobody saw its end, but another process has its place. */
  readonly how: 'stop' | 'kill' | 'off' | 'replaced'
  /** The goodbye was said while nothing stood in its way: what this process had, these others have. */
  readonly heirs: readonly Process[]
}

/** The end of a process that left what it had to nobody. */
export interface Death {
  readonly at: number
  /** Sessions of which it had something that nobody else had, where an onlooker can know it. */
  readonly tookAlong: readonly string[]
}

/** Faults of these classes end processes, move clocks, or lose heartbeats: they do not come between a process that says goodbye and the others. */
const DO_NOT_CUT = new Set([
  ...['F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F11', 'F14', 'F15'],
  ...['F20', 'F21', 'F30', 'F38', 'F48', 'F49', 'F50'],
])
/** Of these it is told which process stands still: the others can talk with each other all the same. */
const STANDSTILLS = new Set(['F07', 'F08'])
/** For so long the ways must have been open before a goodbye counts as a handing over, and an heir must have been serving. */
const HANDOVER_MS = 2_000
/** After so much quiet every session has as many copies again as it should have. */
const CALM_MS = 10_000

/**
 * Who was there when, and which faults were open: what every checker needs in order to know what may be demanded. A fault is open from its event until the
 * one with `isOver` (same class and text, else the oldest of the class), at the latest until `healed`. A fault whose end nobody tells of is open until then.
 */
export class Timeline {
  run: RunBegan | undefined
  nowMs = 0
  phase: PhaseEvent['phase'] | undefined
  healedAt: number | undefined
  settledAt: number | undefined
  /** Anything out of the ordinary has happened: a fault, or a process that did not end by itself. */
  hadFaults = false
  readonly faultClasses = new Map<string, number>()
  /** Processes that took with them what they had, by the time of their end. */
  readonly deaths: Death[] = []
  /** When periods of calm ended that were long enough for all copies to have been made again. */
  readonly calms: number[] = []
  /** When the last process ended that there was: nothing can be left of what was before. */
  emptiedAt = Number.NEGATIVE_INFINITY
  readonly #processes = new Map<string, Process>()
  readonly #byNode = new Map<string, Process>()
  readonly #open: FaultEvent[] = []
  #disturbedAt = 0
  #cutAt = Number.NEGATIVE_INFINITY
  /** When a process last came or went. */
  #processAt = 0
  #live: readonly Process[] | undefined

  see(event: HistoryEvent): void {
    this.nowMs = Math.max(this.nowMs, event.at)
    if (event.kind === 'run') this.run = event
    if (event.kind === 'fault') this.#seeFault(event)
    if (event.kind === 'phase') this.#seePhase(event)
    if (event.kind === 'process') this.#seeProcess(event)
  }

  /** For how long nothing has been wrong: no fault open, no process paused, none come or gone. 0 while something is. */
  get quietMs(): number {
    return this.isDisturbed ? 0 : this.nowMs - this.#disturbedAt
  }

  get isDisturbed(): boolean {
    return this.#open.length > 0 || this.live().some(process => process.isPaused)
  }

  /** When something last began or ended. */
  get disturbedAt(): number {
    return this.#disturbedAt
  }

  isOpen(...classes: readonly string[]): boolean {
    return this.#open.some(({ fault }) => classes.includes(fault))
  }

  /** Whether a fault of any other class is open. */
  isOpenBesides(classes: ReadonlySet<string>): boolean {
    return this.#open.some(({ fault }) => !classes.has(fault))
  }

  /** Started and not ended. */
  live(): readonly Process[] {
    this.#live ??= [...this.#byNode.values()].filter(process => !process.ended)
    return this.#live
  }

  /** By any incarnation that it ever had. */
  process(incarnation: string): Process | undefined {
    return this.#processes.get(incarnation)
  }

  /** The latest process of this name. */
  processOf(node: string): Process | undefined {
    return this.#byNode.get(node)
  }

  #seeFault(event: FaultEvent): void {
    this.#disturbed(event.at)
    if (!event.isOver) {
      this.hadFaults = true
      this.faultClasses.set(event.fault, (this.faultClasses.get(event.fault) ?? 0) + 1)
      this.#open.push(event)
      return
    }
    if (!DO_NOT_CUT.has(event.fault)) this.#cutAt = event.at
    const same = this.#open.findIndex(open => open.fault === event.fault && open.what === event.what)
    const index = same >= 0 ? same : this.#open.findIndex(open => open.fault === event.fault)
    if (index >= 0) this.#open.splice(index, 1)
  }

  #seePhase({ at, phase }: PhaseEvent): void {
    this.phase = phase
    if (phase === 'faults') return
    if (phase === 'settled') this.settledAt = at
    else this.#healed(at)
  }

  #healed(at: number): void {
    this.healedAt = at
    this.#open.length = 0
    this.#cutAt = at
    this.#disturbed(at)
  }

  #seeProcess(event: ProcessEvent): void {
    const { at, what, node, incarnation } = event
    if (what === 'start') return void this.#start(event)
    if (what === 'new-incarnation') return this.#renamed(node, incarnation)
    const process = this.#processes.get(incarnation) ?? this.#start(event)
    if (what === 'ready') process.readyAt = at
    else if (what === 'stopping') this.#stopping(process, at)
    else if (what === 'stop' || what === 'kill' || what === 'off') this.#end(process, at, what, event.tookAlong)
    else this.#impaired(process, at, what)
  }

  #start({ at, node, incarnation }: ProcessEvent): Process {
    const before = this.#byNode.get(node)
    if (before && !before.ended) this.#end(before, at, 'replaced')
    const process: Process = {
      node,
      incarnation,
      startedAt: at,
      readyAt: undefined,
      stoppingAt: undefined,
      ended: undefined,
      isPaused: false,
      impairedAt: Number.NEGATIVE_INFINITY,
    }
    this.#processes.set(incarnation, process)
    this.#byNode.set(node, process)
    this.#processAt = at
    this.#disturbed(at)
    return process
  }

  /** The same process, with all that it holds. */
  #renamed(node: string, incarnation: string): void {
    const process = this.#byNode.get(node)
    if (!process) return
    process.incarnation = incarnation
    this.#processes.set(incarnation, process)
    this.#disturbed(this.nowMs)
  }

  #stopping(process: Process, at: number): void {
    process.stoppingAt = at
    this.#disturbed(at)
  }

  #end(process: Process, at: number, how: ProcessEnd['how'], tookAlong: readonly string[] = []): void {
    if (process.ended) return
    if (how !== 'stop') this.hadFaults = true
    if (!this.#isCut(at, CALM_MS) && at - this.#processAt >= CALM_MS) this.calms.push(at)
    this.#processAt = at
    this.#disturbed(at)
    process.isPaused = false
    const heirs = how === 'stop' ? this.#heirsOf(process, at) : []
    if (heirs.length === 0) this.deaths.push({ at, tookAlong })
    process.ended = { at, how, heirs }
    this.#live = undefined
    if (this.live().length === 0) this.emptiedAt = at
  }

  /**
   * To whom this process has left what it had; nobody when something was in its way at any time since it was told to end, or when those that were there then had only just begun: it
   * gives what it has to whom it sees when it begins to leave.
   */
  #heirsOf(process: Process, at: number): readonly Process[] {
    const leftAt = process.stoppingAt ?? at
    const withinMs = at - leftAt + HANDOVER_MS
    const settled = this.live().filter(other => other !== process && isSettled(other, leftAt))
    if (!this.#isCut(at, withinMs)) return settled
    // Where copies move, they may be meant for just the one that stands still.
    const isInTheWay =
      this.run?.copies !== undefined || this.#areWaysCut(at, withinMs) || hasStoodStill(process, at, withinMs)
    return isInTheWay ? [] : settled.filter(other => !hasStoodStill(other, at, withinMs))
  }

  /** Within the last while something came between the processes, or some of them stood still. */
  #isCut(at: number, withinMs: number): boolean {
    return (
      this.#areWaysCut(at, withinMs) ||
      this.#open.some(({ fault }) => STANDSTILLS.has(fault)) ||
      this.live().some(process => hasStoodStill(process, at, withinMs))
    )
  }

  #areWaysCut(at: number, withinMs: number): boolean {
    const isTold = this.live().some(process => process.isPaused)
    const isCut = ({ fault }: FaultEvent) => !DO_NOT_CUT.has(fault) && !(isTold && STANDSTILLS.has(fault))
    return this.#open.some(isCut) || at - this.#cutAt < withinMs
  }

  #impaired(process: Process, at: number, what: 'pause' | 'resume' | 'stall'): void {
    this.hadFaults = true
    process.impairedAt = at
    if (what !== 'stall') process.isPaused = what === 'pause'
    this.#disturbed(at)
  }

  #disturbed(at: number): void {
    this.#disturbedAt = at
    this.#live = undefined
  }
}

function hasStoodStill({ isPaused, impairedAt }: Process, at: number, withinMs: number): boolean {
  return isPaused || at - impairedAt < withinMs
}

function isSettled(process: Process, at: number): boolean {
  return process.readyAt !== undefined && at - process.readyAt >= HANDOVER_MS
}
