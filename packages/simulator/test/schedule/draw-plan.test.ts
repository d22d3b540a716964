import t from 'tap'
import { drawPlan } from '../../src/schedule/draw-plan.js'
import { profiles } from '../../src/schedule/profiles.js'
import { phasesOf } from '../../src/schedule/schedule-plan.js'

t.test('a seed has one plan, and another seed another one', async t => {
  t.strictSame(drawPlan(7), drawPlan(7))
  t.notSame(drawPlan(7).faults, drawPlan(8).faults)
})

t.test('every profile draws plans whose faults end before everything heals', async t => {
  for (const profile of Object.keys(profiles)) {
    for (let seed = 1; seed <= 30; seed++) {
      const plan = drawPlan(seed, profile)
      const { healMs, quietMs } = phasesOf(plan)
      const late = plan.faults.filter(({ atMs, forMs }) => atMs + forMs > healMs + 1)
      t.strictSame(late, [], `${profile} ${seed}`)
      t.ok(quietMs > healMs && plan.durationMs > quietMs)
      const names = new Set(plan.nodes.map(node => node.name))
      for (const fault of plan.faults) if ('nodes' in fault) t.ok(fault.nodes.every(name => names.has(name)))
    }
  }
})

t.test('in a thousand seeds every kind of fault and every number of nodes comes up', async t => {
  const plans = Array.from({ length: 1000 }, (_, i) => drawPlan(i + 1))
  const kinds = new Set(plans.flatMap(plan => plan.faults.map(fault => fault.kind)))
  t.ok(kinds.size >= 19, [...kinds].join(' '))
  t.strictSame(new Set(plans.map(plan => plan.nodes.length)), new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]))
})

t.test('a profile that does not exist is refused with those that do', async t => {
  t.throws(() => drawPlan(1, 'clam'), /no such profile: clam; there are default, general, calm/)
})

t.test('a shorter run has the same nodes', async t => {
  t.strictSame(drawPlan(7, 'default', 10).nodes, drawPlan(7).nodes)
  t.equal(drawPlan(7, 'default', 10).durationMs, 10_000)
})
