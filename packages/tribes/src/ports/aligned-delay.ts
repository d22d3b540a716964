import type { Clock } from './clock.js'

/**
 * How long until the wall clock is at a multiple of `periodMs`, and at least half a period: all that is done so often is done in one waking, and members whose clocks
 * agree hear each other's in one. A clock that is set anew makes one period shorter or longer, by half at most.
 */
export function alignedDelayMs(clock: Pick<Clock, 'wallTime'>, periodMs: number): number {
  const leftMs = periodMs - (clock.wallTime() % periodMs)
  return leftMs < periodMs / 2 ? leftMs + periodMs : leftMs
}
