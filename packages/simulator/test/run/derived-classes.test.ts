import t from 'tap'
import type { HistoryEvent } from '../../src/history/history-event.js'
import { DerivedClasses } from '../../src/run/derived-classes.js'
import { drawPlan } from '../../src/schedule/draw-plan.js'
import type { SchedulePlan } from '../../src/schedule/schedule-plan.js'

function plan(manager: SchedulePlan['process']['manager'], faults: SchedulePlan['faults'] = []): SchedulePlan {
  const drawn = drawPlan(1, 'calm')
  return { ...drawn, faults, process: { ...drawn.process, manager } }
}

function counted(of: SchedulePlan, events: readonly Omit<HistoryEvent, never>[]): Readonly<Record<string, number>> {
  const classes = new DerivedClasses(of)
  for (const event of events) classes.see(event as HistoryEvent)
  return classes.counts
}

const of = (node: string) => ({ node, incarnation: `${node}#1` })

t.test('a pause is past the memory of the others when it is longer than it', async t => {
  const pause = { kind: 'pause', nodes: ['a'], atMs: 1, forMs: 9_000 } as const
  t.equal(counted(plan({ retention: 8, maxInactiveInterval: 4 }, [pause]), []).F08, 1)
  t.equal(counted(plan({ retention: 8, maxInactiveInterval: 5 }, [pause]), []).F08, 0)
})

t.test('a start while another one joins, and none while nobody does', async t => {
  const start = (node: string, at: number) => ({ kind: 'process', what: 'start', at, ...of(node) }) as const
  const ready = (node: string, at: number) => ({ kind: 'process', what: 'ready', at, ...of(node) }) as const
  t.equal(counted(plan({}), [start('a', 1), start('b', 2), ready('a', 3), ready('b', 3), start('c', 4)]).F41, 1)
})

t.test('an end that somebody hears of after it has been forgotten elsewhere', async t => {
  const end = (node: string, at: number) =>
    ({ kind: 'session', event: 'destroyed', session: 's', isLocal: false, at, ...of(node) }) as const
  t.equal(
    counted(plan({ retention: 8, maxInactiveInterval: 4 }), [end('a', 0), end('b', 8_000), end('c', 9_001)]).F53,
    1,
  )
})

t.test('a write while owners are chosen from different views', async t => {
  const view = (node: string, members: string[]) => ({ kind: 'view', members, at: 1, ...of(node) }) as const
  const wrote = [{ name: 'cart', version: 1, base: null }]
  const answer = { kind: 'response', request: 1, outcome: 'ok', wrote, at: 2 } as const
  const events = [view('a', ['b']), view('b', ['a']), answer, view('b', []), answer]
  t.equal(counted(plan({ copies: 2 }), events).F55, 1)
  t.equal(counted(plan({}), events).F55, 0)
})
