import type { Mutant } from './mutant.js'
import { type MutantsOptions, readMutantsOptions, USAGE } from './mutants-options.js'
import { rowOf, summaryOf, tableHead } from './mutants-table.js'
import { Baseline, type Verdict, verdictOn } from './verdict.js'

// `npm run mutants`: plants one bug after the other and looks whether the checkers find it.

function options(): MutantsOptions {
  try {
    return readMutantsOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n${USAGE}\n`)
    process.exit(2)
  }
}

async function work(queue: Mutant[], baseline: Baseline): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const span = { firstSeed: given.first, seeds: given.seeds }
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const verdict = await verdictOn(mutant, span, baseline)
    process.stdout.write(`${rowOf(verdict)}\n`)
    verdicts.push(verdict)
  }
  return verdicts
}

const given = options()
const queue = [...given.mutants]
const baseline = new Baseline()
process.stdout.write(`${tableHead}\n`)
const workers = Array.from({ length: given.workers }, () => work(queue, baseline))
const verdicts = (await Promise.all(workers)).flat()
process.stdout.write(`${JSON.stringify(summaryOf(verdicts))}\n`)
process.exitCode = verdicts.every(v => v.result.kind === 'killed') ? 0 : 1
