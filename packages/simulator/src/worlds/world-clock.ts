import type { Clock, Timer } from '@clowder/tribes'

const EPOCH_MS = Date.UTC(2026, 0, 1)

interface Alarm {
  readonly atMs: number
  readonly delayMs: number
  readonly fire: () => void
}

/** The clock of one node: it stands still until it is told to go on, whatever the others' do. */
export class WorldClock implements Clock {
  readonly #skewMs: number
  #nowMs = 0
  /** Earliest first; those of one moment in the order in which they were set. */
  #alarms: Alarm[] = []
  #endOfTurn: (() => void)[] = []

  /** `skewMs`: how far its wall clock is ahead. */
  constructor(skewMs: number) {
    this.#skewMs = skewMs
  }

  now(): number {
    return this.#nowMs
  }

  wallTime(): number {
    return EPOCH_MS + this.#skewMs + Math.floor(this.#nowMs)
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    const alarm = { atMs: this.#nowMs + Math.max(0, delayMs), delayMs, fire }
    let at = this.#alarms.length
    while (at > 0 && this.#alarms[at - 1]!.atMs > alarm.atMs) at--
    this.#alarms.splice(at, 0, alarm)
    return { cancel: () => void (this.#alarms = this.#alarms.filter(a => a !== alarm)) }
  }

  endOfTurn(fire: () => void): void {
    this.#endOfTurn.push(fire)
  }

  /** When the first timer set for at most `longestMs` is due; undefined when there is none. */
  dueAtMs(longestMs = Number.POSITIVE_INFINITY): number | undefined {
    return this.#alarms.find(alarm => alarm.delayMs <= longestMs)?.atMs
  }

  /** Goes on until `atMs`, firing what is due on the way. */
  advanceTo(atMs: number): void {
    for (let alarm = this.#alarms[0]; alarm && alarm.atMs <= atMs; alarm = this.#alarms[0]) {
      this.#alarms.shift()
      this.#nowMs = Math.max(this.#nowMs, alarm.atMs)
      alarm.fire()
      this.endTurn()
    }
    this.#nowMs = Math.max(this.#nowMs, atMs)
  }

  /** What was left for the end of the turn is done. */
  endTurn(): void {
    while (this.#endOfTurn.length > 0) for (const fire of this.#endOfTurn.splice(0)) fire()
  }
}
