import t from 'tap'
import { runPlan } from '../../src/run/judged-run.js'
import { TimelineText } from '../../src/run/timeline-text.js'
import { drawPlan } from '../../src/schedule/draw-plan.js'
import { Schedule } from '../../src/schedule/schedule.js'
import type { SchedulePlan } from '../../src/schedule/schedule-plan.js'

const SECONDS = 20

t.test('the same seed gives the same trace, with and without somebody who listens', async t => {
  const plan = drawPlan(12, 'default', SECONDS)
  const first = await runPlan(plan)
  t.equal((await runPlan(plan)).trace, first.trace)
  const timeline = new TimelineText()
  t.equal((await runPlan(plan, timeline)).trace, first.trace)
  t.match(timeline.text, /════ faults ════[\s\S]*DELTA[\s\S]*answer \d+: ok[\s\S]*════ settled ════/)
  t.not((await runPlan(drawPlan(13, 'default', SECONDS))).trace, first.trace)
})

t.test('without faults every request is answered, and all copies are equal', async t => {
  const { violations, figures, history } = await runPlan(drawPlan(2, 'calm', SECONDS))
  t.strictSame(violations, [])
  t.ok(figures.requests > 50)
  const outcomes = new Set(history.map(event => (event.kind === 'response' ? event.outcome : 'ok')))
  t.notOk(outcomes.has('failed') || outcomes.has('lost') || outcomes.has('refused'))
})

t.test('a run tells its phases, its faults and the copies of every process that lives', async t => {
  const plan = drawPlan(3, 'partition', SECONDS)
  const { history } = await new Schedule(plan).run()
  const phases = history.flatMap(event => (event.kind === 'phase' ? event.phase : []))
  t.strictSame(phases, ['faults', 'healed', 'settled'])
  const begun = history.filter(event => event.kind === 'fault' && !event.isOver && / for \d+ ms /.test(event.what))
  t.equal(begun.length, plan.faults.length)
  t.equal(
    history.filter(event => event.kind === 'copies').length,
    2 * plan.nodes.length,
    'after the heal, and at the end',
  )
  t.equal(history[0]?.kind, 'run')
})

t.test('a process that wakes finds questions that came just before', async t => {
  const drawn = drawPlan(2, 'calm', SECONDS)
  const node = drawn.nodes[0]!.name
  const plan: SchedulePlan = {
    ...drawn,
    clients: { ...drawn.clients, count: 12, wakeCalls: 3 },
    faults: [{ kind: 'pause', nodes: [node], atMs: 4_000, forMs: 3_000 }],
  }
  const { history } = await new Schedule(plan).run()
  const calls = history.filter(event => event.kind === 'request' && event.at === 6_998 && event.node === node)
  t.ok(calls.length > 0 && calls.length <= 3, `${calls.length} calls`)
})
