import type { HistoryEvent } from '../history/history-event.js'
import type { Timeline } from './timeline.js'

/** Clocks that are wrong, heartbeats that are lost, reads that are split: nothing that a request would notice. */
const UNNOTICED = new Set(['F11', 'F14', 'F15', 'F20', 'F30', 'F32', 'F34', 'F48', 'F49', 'F50'])
/** Orderly ends. */
const ORDERLY = new Set(['F05', 'F06'])
const UNNOTICED_OR_ORDERLY = new Set([...UNNOTICED, ...ORDERLY])

/**
 * Since when nothing has been wrong that a request could notice: no process has come, gone or stood still, and no fault was open other than those that only wrong
 * clocks or take heartbeats. More of a run is calm in this sense than is quiet in the timeline's, to which any fault is one.
 */
export class Calm {
  readonly #timeline: Timeline
  #since = 0
  #isOrderly = true
  /** The network is slow from beginning to end: answers may take longer than is waited for. */
  #isSlow = false

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process') {
      this.#since = event.at
      if (['kill', 'off', 'pause', 'stall', 'new-incarnation'].includes(event.what)) this.#isOrderly = false
    } else if (event.kind === 'fault') {
      if (event.fault === 'F22' && event.at === 0) this.#isSlow = true
      if (!UNNOTICED.has(event.fault)) this.#since = event.at
      if (!UNNOTICED_OR_ORDERLY.has(event.fault)) this.#isOrderly = false
    } else if (event.kind === 'phase' && event.phase === 'healed') this.#since = event.at
  }

  /** Up to now processes have ended by saying goodbye, if at all, and nothing has come between them. */
  get isOrderly(): boolean {
    return this.#isOrderly
  }

  /** Whether it has been calm from `ms` before `at` until now. */
  hasLasted(ms: number, at: number): boolean {
    return !this.#isSlow && this.#since + ms <= at && !this.#timeline.isOpenBesides(UNNOTICED)
  }
}
