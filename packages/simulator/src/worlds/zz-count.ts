import { Explorer } from '/work/main/packages/simulator/src/worlds/explorer.js'
import { programsOf, programText } from '/work/main/packages/simulator/src/worlds/operation.js'

const [nodes, ops, fresh, pert, kinds] = [
  Number(process.argv[2]),
  Number(process.argv[3]),
  process.argv[4] === 'fresh',
  process.argv[5] === 'p',
  process.argv[6],
]
const ex = new Explorer({ nodes, skewsMs: [0, 30, -30], perturbations: pert ? ['lost', 'doubled', 'delayed'] : [] })
const t0 = Date.now()
let n = 0,
  max = 0,
  maxP = ''

import { shortestOfEachKind, worldText } from './world-text.js'

for (const p of programsOf({
  kinds: (kinds ?? 'set,add,remove,destroy,regenerate,touch').split(',') as any,
  nodes,
  operations: ops,
  isFresh: fresh,
})) {
  const before = ex.worlds
  n++
  await ex.explore(p)
  if (ex.worlds - before > max) {
    max = ex.worlds - before
    maxP = programText(p)
  }
}
console.log(
  process.argv.slice(2).join(' '),
  'programs',
  n,
  'worlds',
  ex.worlds,
  'perturbed',
  ex.perturbed,
  'steps',
  ex.steps,
  'broken',
  ex.broken.length,
  's',
  (Date.now() - t0) / 1000,
  'cpu',
  process.cpuUsage().user / 1e6,
  'max',
  max,
  maxP,
)
for (const [kind, { world, times }] of shortestOfEachKind(ex.broken))
  console.log(`${times} × ${kind}\n${worldText(world)}`)
