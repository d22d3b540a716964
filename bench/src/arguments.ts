import { parseArgs } from 'node:util'

type Family = 'tribes' | 'http' | 'state' | 'micro'

export interface BenchArguments {
  readonly families: readonly Family[]
  readonly isQuick: boolean
  readonly jsonFile: string | undefined
  /** Systems whose title contains this; absent: all. */
  readonly only: string | undefined
  /** Handed to Clowder's processes, e.g. for a profile. */
  readonly nodeOptions: readonly string[]
}

const FAMILIES: readonly Family[] = ['tribes', 'http', 'state', 'micro']

export const USAGE = `npm run bench -- [tribes|http|state|micro] [--quick] [--only TEXT] [--json FILE] [--cpu-prof FOLDER]

  tribes            group messages between two processes, against Tomcat's group channel
  http              requests with a session, against express-session
  state             a member joins, or catches up, where others hold many sessions
  micro             single operations, in units of a fixed loop
  --quick           fewer and shorter rounds: under three minutes for everything
  --only TEXT       only systems whose title contains it, e.g. 'express: Clowder' (nothing is saved)
  --json FILE       the figures of every round (default: bench/results.json)
  --cpu-prof FOLDER a CPU profile of each Clowder process (slows them down: nothing is saved)`

/** Throws with a sentence for people when an argument is not understood. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      json: { type: 'string' },
      only: { type: 'string' },
      'cpu-prof': { type: 'string' },
    },
  })
  const unknown = positionals.find(word => !FAMILIES.includes(word as Family))
  if (unknown !== undefined) throw new Error(`'${unknown}' is none of: ${FAMILIES.join(', ')}`)
  const folder = values['cpu-prof']
  return {
    families: positionals.length === 0 ? FAMILIES : (positionals as Family[]),
    isQuick: values.quick ?? false,
    jsonFile: values.json,
    only: values.only,
    nodeOptions: folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  }
}
