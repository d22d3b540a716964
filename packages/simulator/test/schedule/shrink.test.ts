import t from 'tap'
import { drawPlan } from '../../src/schedule/draw-plan.js'
import { shrunk } from '../../src/schedule/shrink.js'

t.test('what has nothing to do with a failure is left out', async t => {
  const plan = drawPlan(3)
  const culprit = plan.faults[Math.floor(plan.faults.length / 2)]!
  let attempts = 0
  const smallest = await shrunk(plan, async ({ faults, clients }) => {
    attempts++
    const isThere = faults.some(fault => fault.atMs === culprit.atMs && fault.kind === culprit.kind)
    return isThere && clients.count >= 2
  })
  t.equal(smallest.faults.length, 1)
  t.match(smallest.faults[0], { kind: culprit.kind, atMs: culprit.atMs })
  t.equal(smallest.clients.count, 2)
  t.ok(attempts < 200, `${attempts} attempts`)
})

t.test('when nothing can be left out the plan stays as it was', async t => {
  const plan = drawPlan(4)
  t.equal(await shrunk(plan, async () => false), plan)
})
