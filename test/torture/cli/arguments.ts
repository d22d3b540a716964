import { parseArgs } from 'node:util'

export interface TortureArguments {
  /** How many schedules of drawn faults. */
  readonly schedules: number
  /** The first seed; the others follow it. */
  readonly first: number
  readonly nodesMin: number
  readonly nodesMax: number
  /** Labs at work at a time. */
  readonly beds: number
  readonly isLong: boolean
  /** Names of scenarios; empty: none. */
  readonly scenarios: readonly string[]
  /** Fewer rounds and smaller tables in the scenarios. */
  readonly isSmall: boolean
  /** Where histories and logs go. */
  readonly folder: string | undefined
  /** Histories of schedules without violations are kept too. */
  readonly keepsAll: boolean
  /** Only tell what there is to ask for. */
  readonly wantsHelp: boolean
}

export const USAGE = `npm run torture -- [options]

  --schedules N     schedules of drawn faults; default 30, or 0 with --scenarios
  --first N         the first seed; default 1
  --nodes 3..5      how many processes a cluster has
  --long            schedules of twice the length, with more faults
  --scenarios a,b   named scenarios, or all
  --small           scenarios with fewer rounds and smaller tables
  --beds N          clusters at work side by side; default 2
  --keep FOLDER     where histories and logs are kept, also of what went well
`

/** Throws with a sentence about what is wrong. */
export function readArguments(args: readonly string[], scenarioNames: readonly string[]): TortureArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      schedules: { type: 'string' },
      first: { type: 'string', default: '1' },
      nodes: { type: 'string', default: '3..5' },
      beds: { type: 'string', default: '2' },
      long: { type: 'boolean', default: false },
      scenarios: { type: 'string', default: '' },
      small: { type: 'boolean', default: false },
      keep: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const scenarios = readScenarios(values.scenarios, scenarioNames)
  const [nodesMin, nodesMax] = readRange(values.nodes)
  return {
    schedules: whole('--schedules', values.schedules ?? (scenarios.length > 0 ? '0' : '30')),
    first: whole('--first', values.first),
    nodesMin,
    nodesMax,
    beds: Math.max(1, whole('--beds', values.beds)),
    isLong: values.long,
    scenarios,
    isSmall: values.small,
    folder: values.keep,
    keepsAll: values.keep !== undefined,
    wantsHelp: values.help,
  }
}

function readScenarios(text: string, known: readonly string[]): readonly string[] {
  const asked = text === 'all' ? known : text.split(',').filter(name => name !== '')
  const unknown = asked.filter(name => !known.includes(name))
  if (unknown.length > 0) throw new Error(`unknown scenarios: ${unknown}; there are ${known.join(', ')}`)
  return asked
}

function readRange(text: string): [number, number] {
  const [least = Number.NaN, most = least] = text.split('..').map(Number)
  if (!(least >= 2 && most >= least && most <= 9))
    throw new Error(`--nodes ${text}: a number from 2 to 9, or a range such as 3..5`)
  return [least, most]
}

function whole(name: string, text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new Error(`${name} ${text}: not a whole number`)
  return number
}
