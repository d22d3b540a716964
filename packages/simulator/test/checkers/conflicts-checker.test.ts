import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const concurrent = () =>
  new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .writes('bob', 'b', 's', { x: [3, 1] })

t.test('a concurrent write that lost and was told of is as it should be', async t => {
  const h = concurrent().told('c', 'conflict', 's', { name: 'x', kept: 3, dropped: 2 })
  const report = h.end(ALL, { s: { x: 3 } }).check()
  t.strictSame(report.violations, [])
  t.match(report.figures, { conflictEvents: 1, concurrentLosersChecked: 1, falseConflicts: 0 })
})

t.test('a concurrent write that lost in silence is told', async t => {
  const h = concurrent().end(ALL, { s: { x: 3 } })
  t.match(h.violations('I6'), [/the write 2 of x in session s \(ann, .*\) lost against 3, .* no conflict event/])
  t.strictSame(h.violations('I6', { conflicts: { events: 'counted' } }), [])
  t.match(h.check().figures, { silentConflicts: 1 })
})

t.test('a conflict event of another name or session does not do', async t => {
  const h = concurrent()
    .told('c', 'conflict', 's', { name: 'y', kept: 3, dropped: 2 })
    .told('c', 'conflict', 't', { name: 'x', kept: 3, dropped: 2 })
  t.equal(h.end(ALL, { s: { x: 3 } }).violations('I6').length, 1)
})

t.test('a loser that somebody had replaced knowingly needs no event of its own', async t => {
  const h = concurrent().writes('ann', 'a', 's', { x: [4, 2] })
  h.told('c', 'conflict', 's', { name: 'x', kept: 3, dropped: 4 })
  t.strictSame(h.end(ALL, { s: { x: 3 } }).check().violations, [])
})

t.test('a loser whose holders have died never met the winner', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
    .writes('bob', 'c', 's', { x: [2, null] })
    .kill('a')
    .kill('b')
    .agree('c')
  t.strictSame(h.end(['c'], { s: { x: 2 } }).check().violations, [])
})

t.test('an event that names as dropped what the kept one had replaced is false', async t => {
  const ended = (told: { kept: number; dropped: number }, acknowledged: 'held' | 'degraded' = 'held') =>
    new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] }, { acknowledged })
      .writes('ann', 'a', 's', { x: [2, 1] })
      .kill('b')
      .told('c', 'conflict', 's', { name: 'x', ...told })
      .end(['a', 'c'], { s: { x: 2 } })
  const h = ended({ kept: 2, dropped: 1 })
  t.match(h.violations('I6'), [/c says that the write 1 of x in session s lost against 2, which had replaced it/])
  t.strictSame(h.violations('I6', { conflicts: { events: 'counted' } }), [])
  t.match(h.check().figures, { falseConflicts: 1 })
  t.match(ended({ kept: 1, dropped: 2 }).check().figures, { falseConflicts: 0 })
  t.equal(ended({ kept: 2, dropped: 1 }, 'degraded').violations('I6').length, 1, 'whatever may have been lost')
})

t.test('of whoever has been gone for the retention nobody can say any more that it had been seen', async t => {
  const told = (afterMs: number, retentionMs?: number) =>
    new HistoryBuilder(ALL, retentionMs === undefined ? {} : { retentionMs })
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'b', 's', { x: [2, 1] })
      .kill('a')
      .after(afterMs)
      .told('c', 'conflict', 's', { name: 'x', kept: 2, dropped: 1 })
      .end(['b', 'c'], { s: { x: 2 } })
      .violations('I6').length
  t.equal(told(10_000, 5_000), 0)
  t.equal(told(1_000, 5_000), 1)
  t.equal(told(10_000), 1)
})

t.test('a removal that lost in silence is told', async t => {
  const removed = (run = {}) =>
    new HistoryBuilder(ALL, run)
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [null, 1] })
      .writes('bob', 'b', 's', { x: [2, 1] })
  const h = removed().end(ALL, { s: { x: 2 } })
  t.match(h.violations('I6'), [/a removal of x in session s \(ann, .*\) lost against 2, .* no conflict event/])
  const told = removed().told('c', 'conflict', 's', { name: 'x', kept: 2, dropped: null })
  t.strictSame(told.end(ALL, { s: { x: 2 } }).check().violations, [])
  t.strictSame(
    removed({ retentionMs: 100 })
      .after(200)
      .end(ALL, { s: { x: 2 } })
      .violations('I6'),
    [],
    'it is forgotten',
  )
})

t.test('a removal that somebody has seen, or may have, has not lost', async t => {
  const removed = () =>
    new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }).writes('ann', 'a', 's', { x: [null, 1] })
  t.strictSame(removed().end(ALL, { s: {} }).check().violations, [])
  const refilled = removed().writes('bob', 'b', 's', { x: [2, null] })
  t.strictSame(refilled.end(ALL, { s: { x: 2 } }).check().violations, [])
  const refilledBeside = removed()
    .writes('bob', 'b', 's', { x: [2, 1] })
    .writes('cid', 'c', 's', { x: [3, null] })
  t.strictSame(
    refilledBeside
      .end(ALL, { s: { x: 2 } })
      .violations('I6')
      .filter(what => what.includes('removal')),
    [],
  )
})
