import type { HistoryEvent, ProcessEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'

export interface InterferenceOptions {
  /** Every process that stands still is named in events of its own. Where it is not, any may have been, for as long as such a fault is open. @default false */
  readonly areStandstillsTold: boolean
}

/** A time in which a process did not run; until further notice, while it lasts. */
interface Standstill {
  readonly from: number
  to: number
}

/** Faults of these classes neither touch a connection nor stop a process. */
const HARMLESS = new Set([
  ...['F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F11', 'F14', 'F15'],
  ...['F20', 'F21', 'F22', 'F30', 'F32', 'F34', 'F38', 'F48', 'F49', 'F50'],
])
/** These stop processes. */
const STOPPING = ['F07', 'F08', 'F09', 'F10']

/** What has kept processes from talking with each other: faults that touch connections, and their own standing still. */
export class Interference {
  readonly #timeline: Timeline
  readonly #harmless: ReadonlySet<string>
  readonly #standstills = new Map<Process, Standstill[]>()
  #harmedAt = Number.NEGATIVE_INFINITY

  constructor(timeline: Timeline, { areStandstillsTold = false }: Partial<InterferenceOptions> = {}) {
    this.#timeline = timeline
    this.#harmless = areStandstillsTold ? new Set([...HARMLESS, ...STOPPING]) : HARMLESS
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process') this.#seeProcess(event)
    else if (event.kind === 'phase' && event.phase === 'healed') this.#harmedAt = event.at
    else if (event.kind === 'fault' && event.isOver && !this.#harmless.has(event.fault)) this.#harmedAt = event.at
  }

  /** Whether something has come between processes at or after `from`. */
  hasBeenSince(from: number): boolean {
    return this.#harmedAt > from || this.#timeline.isOpenBesides(this.#harmless)
  }

  /** How long a process did not run between the two. */
  stoodStillMs(process: Process, from: number, to: number): number {
    let ms = 0
    for (const still of this.#standstills.get(process) ?? [])
      ms += Math.max(0, Math.min(still.to, to) - Math.max(still.from, from))
    return ms
  }

  /** The last time that a process stood still and runs again since. */
  lastStandstill(process: Process): Standstill | undefined {
    return this.#standstills.get(process)?.findLast(({ to }) => to <= this.#timeline.nowMs)
  }

  #seeProcess({ at, incarnation, what }: ProcessEvent): void {
    const process = this.#timeline.process(incarnation)
    if (!process) return
    const stills = this.#standstills.get(process) ?? []
    const last = stills.at(-1)
    const isStill = last?.to === Number.POSITIVE_INFINITY
    if (what === 'resume' && isStill) last.to = at
    if ((what !== 'pause' && what !== 'stall') || isStill) return
    stills.push({ from: at, to: Number.POSITIVE_INFINITY })
    this.#standstills.set(process, stills)
  }
}
