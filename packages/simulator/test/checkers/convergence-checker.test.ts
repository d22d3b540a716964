import t from 'tap'
import type { Removals } from '../../src/history/history-event.js'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const written = (run = {}) => new HistoryBuilder(ALL, run).writes('ann', 'a', 's', { x: [1, null] })

t.test('equal copies everywhere converged', async t => {
  const report = written()
    .end(ALL, { s: { x: 1 } })
    .check()
  t.strictSame(report.violations, [])
  t.match(report.figures, { processesCompared: 3, sessionsCompared: 1 })
})

t.test('copies that differ are told with their values', async t => {
  const h = written().writes('bob', 'b', 's', { x: [2, null] })
  h.end(['a', 'b'], { s: { x: 2 } }).copies('c', { s: { x: 1 } })
  t.match(h.violations('I1'), [/copies of session s differ: a, b: \{"x":2\}; c: \{"x":1\}/])
})

t.test('equal values in unequal bytes have not converged', async t => {
  const h = written().end(['a', 'b'], { s: { x: 1 } })
  h.copies('c', { s: { x: 1 } }, { state: 'other' })
  t.match(h.violations('I1'), [/copies of session s differ/])
})

t.test('live here and dead there has not converged', async t => {
  const h = written()
    .end(['a', 'b'], { s: { x: 1 } })
    .copies('c', { s: 'dead' })
  t.match(h.violations('I1'), [/session s is live on a, b and dead on c/])
})

t.test('a copy that is missing on one has not converged, unless the session may be expiring', async t => {
  const missing = (h: HistoryBuilder) => h.end(['a', 'b'], { s: { x: 1 } }).copies('c', {})
  t.match(missing(written()).violations('I1'), [/session s is on a, b only \(2 of 3 copies\), and not on c/])
  t.strictSame(missing(written().after(1_790_000)).check().violations, [])
})

t.test('with two copies of each, two equal ones are enough, one is too few and three are too many', async t => {
  const two = written({ copies: 2 })
    .end(['a', 'b'], { s: { x: 1 } })
    .copies('c', {})
  t.strictSame(two.check().violations, [])
  const one = written({ copies: 2 })
    .end(['a'], { s: { x: 1 } })
    .copies('b', {})
    .copies('c', {})
  t.match(one.violations('I1'), [/on a only \(1 of 2 copies\)/])
  const three = written({ copies: 2 }).end(ALL, { s: { x: 1 } })
  t.match(three.violations('I1'), [/session s is on a, b, c: 3 copies, where 2 are to be/])
  const last = written({ copies: 2 })
    .kill('b')
    .kill('c')
    .agree('a')
    .end(['a'], { s: { x: 1 } })
  t.strictSame(last.check().violations, [], 'one process can hold one copy')
})

t.test('a gap that is left at the end has not converged', async t => {
  const h = written().end(['a', 'b'], { s: { x: 1 } })
  h.copies('c', { s: { x: 1 } }, { hasGap: true })
  t.match(h.violations('I1'), [/session s still lacks commits on c/])
})

t.test('removals that are just being forgotten are no difference', async t => {
  const differing = (mine: Partial<Removals>, theirs: Partial<Removals>) => {
    const removals = (of: Partial<Removals>) => ({ removals: { stamps: {}, floor: 0, rest: 'the same', ...of } })
    const h = written()
      .phase('settled')
      .copies('a', { s: { x: 1 } }, { state: 'with it', ...removals(mine) })
    for (const node of ['b', 'c']) h.copies(node, { s: { x: 1 } }, { state: 'without', ...removals(theirs) })
    return h.violations('I1')
  }
  const stamps = { y: 5 }
  t.strictSame(differing({ stamps }, { floor: 5 }), [])
  for (const [mine, theirs] of [
    [{ stamps }, { floor: 4 }],
    [{ stamps }, { floor: 5, rest: 'other' }],
    [{ stamps: { y: 6 } }, { stamps, floor: 4 }],
  ])
    t.match(differing(mine!, theirs!), [/copies of session s differ/], JSON.stringify([mine, theirs]))
  const without = written()
    .phase('settled')
    .copies('a', { s: { x: 1 } }, { state: 'with it', removals: { stamps, floor: 0, rest: '' } })
  t.match(
    without
      .copies('b', { s: { x: 1 } })
      .copies('c', { s: { x: 1 } })
      .violations('I1'),
    [/differ/],
  )
})

t.test('a certificate that some have and some have not is no convergence while it is young', async t => {
  const ended = () => written().logout('ann', 'a', 's').told('a', 'destroyed', 's')
  const uneven = (h: HistoryBuilder) => h.end(['a', 'b'], { s: 'dead' }).copies('c', {})
  t.match(uneven(ended()).violations('I1'), [/the death of session s is known on a, b and not on c/])
  t.strictSame(uneven(ended()).violations('I1', { convergence: { areCertificatesCapped: true } }), [])
  t.strictSame(uneven(ended().after(2_000_000)).violations('I1'), [], 'it may have been collected')
})

t.test('certificates of one death that differ are no convergence while they are young', async t => {
  const ended = () => written().logout('ann', 'a', 's').told('a', 'destroyed', 's')
  const differing = (h: HistoryBuilder) =>
    h.end(['a', 'b'], { s: 'dead' }).copies('c', { s: 'dead' }, { state: 'dead otherwise' })
  t.match(differing(ended()).violations('I1'), [/session s has died differently: a, b; c/])
  t.strictSame(differing(ended()).violations('I1', { convergence: { areCertificatesCapped: true } }), [])
  t.strictSame(differing(ended().after(2_000_000)).violations('I1'), [], 'they are not compared any more')
})

t.test('equal tables with unequal digests are told', async t => {
  const h = written().end(['a', 'b'], { s: { x: 1 } })
  const sessions = { s: { standing: 'live', state: '{"x":1}', values: { x: 1 } } } as const
  h.add({ kind: 'copies', ...h.of('c'), digest: 'other', sessions } as never)
  t.match(h.violations('I1'), [/the tables are equal and their digests differ/])
})

t.test(
  'a certificate that is compared by one process still, and by another no more, makes their tables unequal',
  async t => {
    const h = written().logout('ann', 'a', 's').after(2_000_000).end(['a', 'b'], { s: 'dead' })
    const sessions = { s: { standing: 'dead', state: 'dead', isUnlisted: true } } as const
    h.add({ kind: 'copies', ...h.of('c'), digest: 'without it', sessions } as never)
    t.strictSame(h.violations('I1'), [])
  },
)

t.test('a process that lives and does not tell what it holds is told', async t => {
  const h = written().end(['a', 'b'], { s: { x: 1 } })
  t.match(h.violations('I1'), [/c live at the end and have not told/])
})

t.test('of a history that never settled nothing is claimed', async t => {
  const h = written()
    .copies('a', { s: { x: 1 } })
    .copies('b', {})
  t.strictSame(h.check().violations, [])
})
