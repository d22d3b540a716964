import { existsSync } from 'node:fs'
import { type BenchArguments, readArguments, USAGE } from './arguments.js'
import type { AnyFamily } from './family.js'
import { pinnedVersions, thisMachine } from './machine.js'
import { Progress } from './process/progress.js'
import { type Results, reportOf, saveResults, type Taken } from './results.js'

function argumentsOrExit(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    process.exit(2)
  }
}

function takenBy(family: AnyFamily, args: BenchArguments): Taken {
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    versions: pinnedVersions(family.packages),
    rounds: family.rounds(args),
    secondsPerRun: family.secondsPerRun?.(args) ?? 0,
    isQuick: args.isQuick,
  }
}

/** What one family has measured is saved before the next one begins. */
async function measure(args: BenchArguments): Promise<Results> {
  const isWhole = args.nodeOptions.length === 0 && args.only === undefined
  const progress = new Progress()
  let measured: Results = {}
  for (const family of args.families) {
    const results = await family.measure(args, progress)
    measured = { ...measured, [family.name]: { taken: takenBy(family, args), results } }
    if (isWhole) saveResults(measured, args.jsonFile)
  }
  progress.done()
  return measured
}

const args = argumentsOrExit()
if (args.wantsHelp) {
  process.stdout.write(`${USAGE}\n`)
  process.exit(0)
}
if (!existsSync('/proc/self/stat')) {
  process.stderr.write('The benchmarks read CPU time from /proc, so they need Linux.\n')
  process.exit(1)
}
process.stdout.write(`${reportOf(await measure(args))}\n`)
