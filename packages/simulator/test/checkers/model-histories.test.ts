import t from 'tap'
import type { Invariant } from '../../src/checkers/violation.js'
import { type Breakage, ModelCluster } from './model-cluster.js'

const SEEDS = 300

t.test('no history of a perfect cluster breaks a promise', async t => {
  const sum: Record<string, number> = {}
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { violations, figures } = new ModelCluster(seed).run().check()
    const [first] = violations
    if (first) t.fail(`seed ${seed}: ${first.invariant}: ${first.what}`)
    if (first) break
    for (const [name, figure] of Object.entries(figures)) sum[name] = (sum[name] ?? 0) + figure
  }
  const names = [
    'acknowledgedWritesChecked',
    'acknowledgedRemovalsChecked',
    'lostWithHolders',
    'logoutsChecked',
  ] as const
  const more = ['readsChecked', 'answersStale', 'concurrentLosersChecked', 'heldChecked', 'sessionsCompared'] as const
  for (const name of [...names, ...more]) t.ok(sum[name]! > 20, `${name}: ${sum[name]}`)
})

const BROKEN: Readonly<Record<keyof Breakage, Invariant>> = {
  ignoresToken: 'I5',
  forgetsAfterFlag: 'I5',
  revivesDead: 'I3',
  staysDiverged: 'I1',
  lastJoinWins: 'I2',
  hidesConflicts: 'I6',
  dropsRemovals: 'I4',
  boasts: 'I2',
}

for (const [broken, invariant] of Object.entries(BROKEN)) {
  t.test(`a cluster that ${broken} is noticed, by ${invariant}`, async t => {
    t.match(firstFound({ [broken]: true }, invariant), /^seed/)
  })
}

function firstFound(broken: Breakage, invariant: Invariant): string {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const [found] = new ModelCluster(seed, broken).run().violations(invariant)
    if (found !== undefined) return `seed ${seed}: ${found}`
  }
  return 'not noticed'
}
