import { parseArgs } from 'node:util'
import { wholeNumber } from '../run/whole-number.js'
import { profileOf } from '../schedule/mixture.js'
import { optionsOf } from '../schedule/profiles.js'
import { allMutants } from './all-mutants.js'
import type { Mutant } from './mutant.js'

export interface MutantsOptions {
  readonly mutants: readonly Mutant[]
  readonly seeds: number
  readonly first: number
  readonly workers: number
}

export const USAGE = 'npm run mutants -- [--only name,name] [--seeds 1000] [--first 1] [--workers 2] [--profile name]'

/** Throws with a sentence for whoever typed it. */
export function readMutantsOptions(args: readonly string[]): MutantsOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      seeds: { type: 'string', default: '1000' },
      first: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      profile: { type: 'string' },
    },
  })
  return {
    mutants: chosen(values.only?.split(','), values.profile),
    seeds: wholeNumber('seeds', values.seeds),
    first: wholeNumber('first', values.first),
    workers: wholeNumber('workers', values.workers),
  }
}

function chosen(names: readonly string[] | undefined, profile: string | undefined): Mutant[] {
  const unknown = names?.filter(name => !allMutants.some(mutant => mutant.name === name)) ?? []
  const all = allMutants.map(mutant => mutant.name).join(', ')
  if (unknown.length > 0) throw new Error(`no such mutant: ${unknown.join(', ')}; there are ${all}`)
  if (profile) optionsOf(profileOf(1, profile))
  return allMutants
    .filter(({ name }) => !names || names.includes(name))
    .map(mutant => (profile ? { ...mutant, profile } : mutant))
}
