import t from 'tap'
import { NOTICED_WITHIN_MS } from './node/wall-clocks.js'
import { drawPlan } from './schedule/schedule-plan.js'

t.test('a clock that jumps stays there until its process must have looked', async t => {
  const plans = Array.from({ length: 500 }, (_, seed) => drawPlan(seed, ['n1', 'n2', 'n3']))
  const jumps = plans.flatMap(({ faults, faultsMs }) =>
    faults.filter(({ deed }) => deed.do === 'clock').map(({ atMs, lastsMs }) => Math.min(lastsMs, faultsMs - atMs)),
  )
  t.ok(jumps.length > 50)
  t.ok(Math.min(...jumps) > NOTICED_WITHIN_MS, `${Math.min(...jumps)} ms`)
})
