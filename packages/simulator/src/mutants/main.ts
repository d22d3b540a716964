import { parseArgs } from 'node:util'
import { allMutants } from './all-mutants.js'
import type { Mutant } from './mutant.js'
import { rowOf, summaryOf, tableHead } from './mutants-table.js'
import { Baseline, type Verdict, verdictOn } from './verdict.js'

// `npm run mutants [-- --only name,name --seeds 1000 --first 1 --workers 2 --profile name]`: plants one bug after the other and looks whether the checkers find it.

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    profile: { type: 'string' },
  },
})

function chosen(): Mutant[] {
  const names = values.only?.split(',')
  const unknown = names?.filter(name => !allMutants.some(mutant => mutant.name === name)) ?? []
  if (unknown.length > 0) throw new Error(`no such mutant: ${unknown.join(', ')}`)
  const { profile } = values
  return allMutants
    .filter(({ name }) => !names || names.includes(name))
    .map(mutant => (profile ? { ...mutant, profile } : mutant))
}

async function work(queue: Mutant[], baseline: Baseline): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const span = { firstSeed: Number(values.first), seeds: Number(values.seeds) }
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const verdict = await verdictOn(mutant, span, baseline)
    process.stdout.write(`${rowOf(verdict)}\n`)
    verdicts.push(verdict)
  }
  return verdicts
}

const queue = chosen()
const baseline = new Baseline()
process.stdout.write(`${tableHead}\n`)
const workers = Array.from({ length: Number(values.workers) }, () => work(queue, baseline))
const verdicts = (await Promise.all(workers)).flat()
process.stdout.write(`${JSON.stringify(summaryOf(verdicts))}\n`)
process.exitCode = verdicts.every(v => v.result.kind === 'killed') ? 0 : 1
