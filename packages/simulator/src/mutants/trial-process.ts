import { allMutants } from './all-mutants.js'
import { PlantedMutant } from './planted-mutant.js'
import type { TrialOrder, TrialReport } from './trial-report.js'

// The process of one trial: plants the mutant, then loads the simulator, so that every module of the cluster is loaded with the bug in it.

const order = JSON.parse(process.argv[2]!) as TrialOrder
const mutant = allMutants.find(({ name }) => name === order.mutant)
if (order.mutant !== undefined && !mutant) throw new Error(`no such mutant: ${order.mutant}`)
const planted = mutant && PlantedMutant.plant(mutant)
const { judge } = await import('./judged-seed.js')

function report(what: TrialReport): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

for (let seed = order.firstSeed; seed < order.firstSeed + order.seeds; seed++) {
  report({ kind: 'begun', seed })
  const { invariants, first } = await judge(seed, order.profile)
  if (invariants.length === 0) continue
  report({ kind: 'violated', seed, invariants, first })
  break
}
report({ kind: 'ended', untouched: planted?.untouchedFiles() ?? [] })
process.exit(0)
