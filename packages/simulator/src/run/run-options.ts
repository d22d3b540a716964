import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { profileOf } from '../schedule/mixture.js'
import { optionsOf } from '../schedule/profiles.js'
import type { SchedulePlan } from '../schedule/schedule-plan.js'
import { wholeNumber } from './whole-number.js'

export interface RunOptions {
  readonly seeds: number
  readonly first: number
  readonly workers: number
  readonly profile: string
  /** Of simulated time. */
  readonly seconds: number | undefined
  readonly timeline: boolean
  readonly shrink: boolean
  /** A file for the history of a single seed. */
  readonly history: string | undefined
  /** A plan of its own instead of a seed's. */
  readonly plan: SchedulePlan | undefined
}

export const USAGE =
  'npm run simulate -- [--seeds 100] [--first 1] [--workers 2] [--profile default] [--seconds 60] [--timeline] [--history file] [--shrink] [--plan file]'

/** Throws with a sentence for whoever typed it. */
export function readRunOptions(args: readonly string[]): RunOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seeds: { type: 'string', default: '100' },
      first: { type: 'string', default: '1' },
      workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
      profile: { type: 'string', default: 'default' },
      seconds: { type: 'string' },
      timeline: { type: 'boolean', default: false },
      shrink: { type: 'boolean', default: false },
      history: { type: 'string' },
      plan: { type: 'string' },
    },
  })
  optionsOf(profileOf(1, values.profile))
  const plan =
    values.plan === undefined ? undefined : (JSON.parse(readFileSync(values.plan, 'utf8'), numbers) as SchedulePlan)
  const seeds = plan ? 1 : wholeNumber('seeds', values.seeds)
  return {
    seeds,
    first: wholeNumber('first', values.first),
    workers: Math.min(seeds, wholeNumber('workers', values.workers)),
    profile: values.profile,
    seconds: values.seconds === undefined ? undefined : wholeNumber('seconds', values.seconds),
    timeline: values.timeline,
    shrink: values.shrink,
    history: values.history,
    plan,
  }
}

/** JSON knows no infinity: where the physics of a network have none, null stands. */
function numbers(key: string, value: unknown): unknown {
  return value === null && (key === 'bytesPerMs' || key === 'datagramMaxBytes') ? Infinity : value
}
