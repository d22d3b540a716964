import type { Random } from '../ports/random.js'

const FIRST_DELAY_MS = 50
const LONGEST_DELAY_MS = 1000

/**
 * How long to wait after `failures` failed dials in a row: doubling from 50 ms up to 1 s, and between half of that and all of it, so that
 * members that lost each other at the same moment do not come back in step.
 */
export function backOffMs(failures: number, random: Random): number {
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 10))
  return delayMs / 2 + random.below(delayMs / 2 + 1)
}
