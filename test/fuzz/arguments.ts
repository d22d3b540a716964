import { parseArgs } from 'node:util'

export interface FuzzArguments {
  /** For all targets together. */
  readonly seconds: number
  /** Inputs of each target; undefined: as many as the time allows. */
  readonly count: number | undefined
  readonly targets: readonly string[]
  readonly seed: number
  /** What reached new code, and what was found, goes into the corpus. */
  readonly keeps: boolean
  readonly isUnchanged: boolean
  readonly wantsHelp: boolean
}

export const USAGE = `npm run fuzz -- [options]

  --seconds N     for all targets together; default 60
  --count N       exactly so many inputs for each target, however long it takes
  --target a,b    some of the targets; default: all but those on sockets
  --seed N        default: another one each time, which is printed
  --unchanged     feed the seeds as they are: what a load of that size does by itself
  --keep          add what reached new code, and what was found, to test/fuzz/corpus
  --help          this text
`

/** Throws with a sentence about what is wrong. */
export function readArguments(
  args: readonly string[],
  known: readonly string[],
  byDefault: readonly string[],
): FuzzArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '60' },
      count: { type: 'string' },
      target: { type: 'string', default: byDefault.join(',') },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      unchanged: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  const targets = values.target.split(',')
  const unknown = targets.filter(name => !known.includes(name))
  if (unknown.length > 0) throw new Error(`unknown targets: ${unknown}; there are ${known.join(', ')}`)
  return {
    seconds: whole('--seconds', values.seconds),
    count: values.count === undefined ? undefined : whole('--count', values.count),
    targets,
    seed: whole('--seed', values.seed),
    keeps: values.keep,
    isUnchanged: values.unchanged,
    wantsHelp: values.help,
  }
}

function whole(name: string, text: string): number {
  const number = Number(text.replaceAll('_', ''))
  if (!Number.isInteger(number) || number < 0) throw new Error(`${name} ${text}: not a whole number`)
  return number
}
