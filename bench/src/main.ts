import { existsSync } from 'node:fs'
import { type BenchArguments, readArguments, USAGE } from './arguments.js'
import type { AnyFamily } from './family.js'
import { pinnedVersions, thisMachine } from './machine.js'
import { slowerThan } from './micro/micro-check.js'
import type { MicroResults } from './micro/micro-family.js'
import { Progress } from './process/progress.js'
import { type Results, readResults, reportOf, saveResults, type Taken } from './results.js'

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
  const isWhole = args.nodeOptions.length === 0 && args.only === undefined && !args.isCheck
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

/** Of single operations: the process fails when one has become slower than it was. */
function check(recorded: Results, measured: Results): void {
  const before = recorded.micro?.results as MicroResults | undefined
  const problems = before ? slowerThan(before, measured.micro!.results as MicroResults) : ['nothing is recorded']
  process.stderr.write(problems.length === 0 ? 'No operation is slower than recorded.\n' : `${problems.join('\n')}\n`)
  if (problems.length > 0) process.exitCode = 1
}

const args = argumentsOrExit()
if (args.wantsHelp) {
  process.stdout.write(`${USAGE}\n`)
  process.exit(0)
}
if (args.isRender) {
  saveResults({})
  process.exit(0)
}
if (!existsSync('/proc/self/stat')) {
  process.stderr.write('The benchmarks read CPU time from /proc, so they need Linux.\n')
  process.exit(1)
}
const recorded = readResults()
const measured = await measure(args)
process.stdout.write(`${reportOf(measured)}\n`)
if (args.isCheck) check(recorded, measured)
