import { Dice } from '../faults/dice.js'
import { SeededRandom } from '../seeded-random.js'

/** The profile of which each seed has another one. */
export const MIXTURE = 'default'

/** Sets the draw of the profile apart from those of its plan. */
const SALT = 0x5eed

/** How often a seed of the mixture has each profile: those with long schedules seldom, since a search is as good as the number of its schedules. */
const SHARES: Readonly<Record<string, number>> = {
  general: 34,
  moving: 3,
  calm: 1,
  one: 1,
  skewed: 4,
  partition: 6,
  windows: 1,
  locks: 2,
  churn: 6,
  restarts: 5,
  datagrams: 5,
  waking: 4,
  races: 5,
  strangers: 2,
  writers: 5,
  queues: 4,
  uncompared: 2,
  readers: 5,
  expiry: 3,
  copies: 5,
  clones: 3,
  'long-cut': 2,
  apart: 1,
  memory: 1,
  overtaken: 1,
  forgetful: 3,
  folding: 1,
}

/** Which profile this seed has: a seed of the mixture is the same seed of the profile that it draws, so that either name runs it again. */
export function profileOf(seed: number, profile: string): string {
  return profile === MIXTURE ? new Dice(new SeededRandom(seed ^ SALT)).weighted(SHARES) : profile
}
