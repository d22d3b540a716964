import { parseArgs } from 'node:util'
import { FAMILIES } from './families.js'
import type { AnyFamily, Effort } from './family.js'

export interface BenchArguments extends Effort {
  readonly families: readonly AnyFamily[]
  readonly jsonFile: string | undefined
  readonly wantsHelp: boolean
  /** Only the texts and pictures of what has been measured. */
  readonly isRender: boolean
  /** Against what is recorded, instead of recording. */
  readonly isCheck: boolean
}

const NAMES = FAMILIES.map(({ name }) => name)

export const USAGE = `npm run bench -- [${NAMES.join('|')}] [--quick] [--only TEXT] [--json FILE] [--cpu-prof FOLDER] [--check]

${FAMILIES.map(({ name, about }) => `  ${name.padEnd(18)}${about}`).join('\n')}
  --quick           fewer and shorter rounds: under six minutes for everything
  --only TEXT       only systems whose title contains it, e.g. 'express: Clowder' (nothing is saved)
  --json FILE       the figures of every round (default: bench/results.json)
  --cpu-prof FOLDER a CPU profile of each Clowder process (slows them down: nothing is saved)
  --check           of micro: fails when the best round of an operation takes over 1.5 times the loops that bench/results.json says (nothing is saved)
  --render          measures nothing: writes texts and pictures anew from bench/results.json
  --help            this text

Without a family all are measured. What is not there (Java, Tomcat, Redis, memcached, nginx) is installed where this runs as root on Debian; else its rows are missing, and the report says so.`

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
      check: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const unknown = positionals.find(word => !NAMES.includes(word))
  if (unknown !== undefined) throw new Error(`'${unknown}' is none of: ${NAMES.join(', ')}`)
  if (values.check && positionals.join() !== 'micro') throw new Error('--check is for micro alone: micro --check')
  const folder = values['cpu-prof']
  return {
    families: FAMILIES.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    isQuick: values.quick ?? false,
    jsonFile: values.json,
    only: values.only,
    nodeOptions: folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`],
    wantsHelp: values.help ?? false,
    isRender: values.render ?? false,
    isCheck: values.check ?? false,
  }
}
