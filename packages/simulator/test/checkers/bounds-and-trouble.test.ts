import t from 'tap'
import type { HistoryEvent } from '../../src/history/history-event.js'
import { HistoryBuilder } from './history-builder.js'

const load = (h: HistoryBuilder, node: string, figures: Record<string, number>) =>
  h.add({ kind: 'load', ...h.of(node), figures } as Omit<HistoryEvent, 'at'>)
const trouble = (h: HistoryBuilder, what: string, ms?: number) =>
  h.add({ kind: 'trouble', ...h.of('a'), trouble: what, what: 'boom', ms } as Omit<HistoryEvent, 'at'>)
const bounded = () => new HistoryBuilder(['a', 'b', 'c'], { bounds: { timers: 10, queuedBytes: 1_000 } })

t.test('figures within their bounds, and nothing left at the end', async t => {
  const h = load(bounded(), 'a', { timers: 10, queuedBytes: 900, other: 1e9 })
  load(h.phase('settled'), 'a', { timers: 6, queuedBytes: 0 })
  t.strictSame(h.violations('I9'), [])
})

t.test('a figure above its bound is told once', async t => {
  const h = load(load(bounded(), 'a', { timers: 11 }), 'a', { timers: 12 })
  t.match(h.violations('I9'), [/timers of a is 11, above its bound: 10/])
})

t.test('less than none is told once', async t => {
  const h = load(load(bounded(), 'a', { queuedBytes: -1 }), 'a', { queuedBytes: -2 })
  t.match(h.violations('I9'), [/queuedBytes of a is -1, less than none/])
})

t.test('what is left at the end is told, of processes that are there', async t => {
  const timers = load(bounded().phase('settled'), 'a', { timers: 7 })
  t.match(timers.violations('I9'), [/timers of a is 7, above what may be left at the end: 6/])
  const h = load(load(bounded(), 'a', { queuedBytes: 5 }).phase('settled'), 'a', { queuedBytes: 7 })
  t.match(h.violations('I9'), [/queuedBytes of a is 7, above what may be left at the end: 0/])
  t.strictSame(h.violations('I9', { bounds: { baseline: { queuedBytes: 7 } } }), [])
  t.strictSame(h.kill('a').violations('I9'), [])
})

t.test('trouble is told, unless the schedule made it', async t => {
  for (const what of ['uncaught', 'logged-error', 'listener-threw'])
    t.match(trouble(new HistoryBuilder(), what).violations('I10'), [`${what} on a: boom`])
  const isExpected = () => true
  t.strictSame(trouble(new HistoryBuilder(), 'listener-threw').violations('I10', { trouble: { isExpected } }), [])
})

t.test('an event loop that the cluster holds up is told; one that was stalled from outside is not', async t => {
  const delayed = trouble(new HistoryBuilder(), 'loop-delay', 80)
  t.match(delayed.violations('I11'), [/the event loop of a was held up for 80 ms \(boom\)/])
  t.strictSame(delayed.violations('I10'), [])
  t.strictSame(trouble(new HistoryBuilder(), 'loop-delay', 40).violations('I11'), [])
  t.strictSame(trouble(new HistoryBuilder().process('a', 'stall'), 'loop-delay', 900).violations('I11'), [])
})

t.test('at rest nobody is behind, and there is one connection to each of the others', async t => {
  const rest = (figures: Record<string, number>) => load(bounded().phase('settled'), 'a', figures).violations('I9')
  t.strictSame(rest({ sockets: 2, laggingMembers: 0, membersBehind: 0, openPulls: 0 }), [])
  t.match(rest({ sockets: 3 }), [/sockets of a is 3, above what may be left at the end: 2/])
  for (const name of [
    'laggingMembers',
    'membersBehind',
    'openPulls',
    'openExchanges',
    'unsentBytes',
    'locksAsked',
    'locksHeld',
  ])
    t.equal(rest({ [name]: 1 }).length, 1, name)
})

t.test('a death certificate that outlives its time is told, unless its session was never seen created', async t => {
  const ended = (retentionMs: number, isKnown = true) => {
    const h = new HistoryBuilder(['a', 'b'], { retentionMs })
    if (isKnown) h.told('a', 'created', 's')
    return h.told('a', 'destroyed', 's').after(20_000).end(['a', 'b'], { s: 'dead' }).violations('I9')
  }
  t.match(ended(5_000), [/a still has the certificate of session s, 20010 ms after its end; 5000 ms is how long/])
  t.strictSame(ended(6_000), [])
  t.strictSame(ended(5_000, false), [])
  const blind = (goes: (h: HistoryBuilder) => HistoryBuilder, who = 'b') => {
    const h = new HistoryBuilder(['a', 'b', 'c'], { retentionMs: 5_000 }).told('a', 'created', 's')
    const over = goes(h.told(who, 'destroyed', 's').told('a', 'destroyed', 's')).after(20_000)
    return over.end(['a', 'b'], { s: 'dead' }).violations('I9').length
  }
  t.equal(
    blind(h => h.kill('c')),
    0,
    'b does not know what it ended, and c may come back',
  )
  t.equal(
    blind(h => h),
    1,
    'nobody is to come back',
  )
  t.equal(
    blind(h => h.kill('c'), 'a'),
    1,
    'a knows',
  )
  const loggedOut = (node: string, holders: readonly string[], { ms = 20_000, wasWhole = false } = {}) => {
    const h = new HistoryBuilder(['a', 'b'], { retentionMs: 5_000 }).told('a', 'created', 's')
    if (!wasWhole) h.fault('F24')
    h.logout('ann', node, 's').told('a', 'destroyed', 's').after(ms)
    return h.end(holders, { s: 'dead' }).violations('I9').length
  }
  t.equal(loggedOut('b', ['a', 'b']), 0, 'b, which did not know the session, has ended it, and remembers that')
  t.equal(loggedOut('b', ['a', 'b'], { wasWhole: true }), 1, 'b has heard of it')
  t.equal(loggedOut('b', ['a', 'b'], { ms: 3 * 86_400_000 }), 1, 'nobody is awaited for so long')
  t.equal(loggedOut('b', ['a']), 1, 'b has forgotten it')
  t.equal(loggedOut('a', ['a', 'b']), 1, 'a, which knew the session, has ended it')
  const adopted = (h: HistoryBuilder) => h.told('a', 'expired', 's').told('a', 'destroyed', 's')
  const anew = adopted(new HistoryBuilder(['a', 'b'], { retentionMs: 5_000 }).told('a', 'created', 's'))
  t.strictSame(
    anew.after(20_000).end(['a'], { s: 'dead' }).violations('I9'),
    [],
    'it has let it expire: it knows it no more',
  )
})
