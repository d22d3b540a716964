import type { DeltaManager } from '@clowder/ha'
import { latestIn } from './latest-stamp.js'
import { stampedAtMs } from './stamped-at.js'

export interface ClockOnlooker {
  /** By this process's clock, epoch ms. */
  wallTime(): number
  broken(what: string): void
}

/** Stamps that are so far ahead of this process's clock when they come need not be followed, ms. */
const FAR_AHEAD_MS = 50_000

/** Whatever is in a copy, this process's clock has followed: what it writes next, to whichever session, is stamped above it. */
export function watchClock(manager: DeltaManager, { wallTime, broken }: ClockOnlooker): void {
  /** The latest that came from so far ahead, or was written here just above that: later it need not be so far any more. */
  let farAhead = 0
  manager.attach(({ hybridClock }) => ({
    joined: (copy, _, local) => {
      const latest = latestIn(copy.peek())
      if (latest <= Math.max(hybridClock.last, farAhead)) return
      const isAbove = local && latest === farAhead + 1
      if (isAbove || stampedAtMs(latest) >= wallTime() + FAR_AHEAD_MS) farAhead = latest
      else broken(`session ${copy.id} has stamps that the clock has not followed`)
    },
  }))
}
