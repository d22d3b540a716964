// `npm run fuzz`: mutated inputs for everything that takes bytes of others. See docs/fuzzing.md.
import { LIVE_TARGETS, TARGETS, type TargetMaker } from './all-targets.js'
import { type FuzzArguments, readArguments, USAGE } from './arguments.js'
import { keepInCorpus, readCorpus } from './corpus.js'
import { isGood, reportOf } from './fuzz-report.js'
import { Fuzzer, type FuzzResult } from './fuzzer.js'

process.exitCode = await main()

async function main(): Promise<number> {
  const all = new Map([...TARGETS, ...LIVE_TARGETS])
  const names = [...all.keys()]
  let given: FuzzArguments
  try {
    given = readArguments(process.argv.slice(2), names, [...TARGETS.keys()])
  } catch (error) {
    tell(`${(error as Error).message}\n\n${usageWith(names)}`)
    return 2
  }
  if (given.wantsHelp) {
    tell(usageWith(names))
    return 0
  }
  tell(`seed ${given.seed}`)
  const results: FuzzResult[] = []
  for (const name of given.targets) results.push(await fuzz(name, all.get(name)!, given))
  tell(reportOf(results, given.seed))
  return results.every(isGood) ? 0 : 1
}

function usageWith(names: readonly string[]): string {
  return `${USAGE}\nTargets: ${names.join(', ')}`
}

async function fuzz(
  name: string,
  make: TargetMaker,
  { seed, count, seconds, targets, keeps, isUnchanged }: FuzzArguments,
): Promise<FuzzResult> {
  const target = await make()
  const kept = (bytes: Uint8Array) => (keeps ? keepInCorpus(name, bytes) : undefined)
  const plan = { seed, count, seconds: seconds / targets.length, isUnchanged, kept, progress: tell }
  const result = await new Fuzzer(target, readCorpus(name), plan).run()
  if (keeps) for (const { bytes, message } of result.findings) keepInCorpus(name, bytes, message)
  return result
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`)
}
