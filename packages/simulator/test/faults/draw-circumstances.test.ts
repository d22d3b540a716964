import t from 'tap'
import { runPlan } from '../../src/run/judged-run.js'
import { drawPlan } from '../../src/schedule/draw-plan.js'

const SEEDS = 1_500

t.test('in a thousand general plans each set-up and each rare fault comes up, and in a calm one none', async t => {
  const plans = Array.from({ length: SEEDS }, (_, i) => drawPlan(i + 1, 'general'))
  const share = (fits: (plan: (typeof plans)[number]) => boolean) => plans.filter(fits).length / SEEDS
  for (const name of ['members', 'addresses', 'mtuBytes', 'maxActiveSessions', 'limits', 'differing'] as const)
    t.ok(share(({ circumstances }) => circumstances?.[name] !== undefined) > 0.025, name)
  for (const kind of ['app-throws', 'port-taken', 'other-cluster', 'outsider', 'probe', 'new-address'] as const)
    t.ok(share(({ faults }) => faults.some(fault => fault.kind === kind)) > 0.03, kind)
  t.ok(share(({ process }) => process.manager.maxInactiveInterval === 4) > 0.015, 'absences')
  t.strictSame(drawPlan(7, 'calm').circumstances, {})
})

t.test('where members are listed no port is taken, and a plan is plain data', async t => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const plan = drawPlan(seed)
    if (plan.circumstances?.members) t.notOk(plan.faults.some(({ kind }) => kind === 'port-taken'))
    const { physics: _, ...stored } = JSON.parse(JSON.stringify(plan))
    const { physics: __, ...drawn } = plan
    if (seed % 100 === 0) t.strictSame(stored, drawn)
  }
})

t.test('a plan that was stored is run as it was drawn, strangers, probes and set-up included', async t => {
  for (const seed of [16, 40, 45]) {
    const plan = drawPlan(seed, 'default', 20)

    const infinite = { bytesPerMs: Infinity, datagramMaxBytes: Infinity }
    const stored = JSON.parse(JSON.stringify(plan)) as typeof plan
    const again = { ...stored, physics: { ...stored.physics, ...infinite } }
    t.equal((await runPlan(again)).trace, (await runPlan(plan)).trace, `seed ${seed}`)
  }
})
