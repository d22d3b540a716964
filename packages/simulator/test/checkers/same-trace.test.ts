import t from 'tap'
import { Reached } from '../../src/checkers/reached.js'
import { sameTrace } from '../../src/checkers/same-trace.js'
import { HistoryBuilder } from './history-builder.js'

t.test('equal traces have no difference', async t => {
  t.equal(sameTrace(['a', { at: 1 }], ['a', { at: 1 }]), undefined)
})

t.test('the first difference is told, also where one trace has ended', async t => {
  t.strictSame(sameTrace(['a', 'b', 'c'], ['a', 'x', 'y']), { index: 1, a: 'b', b: 'x' })
  t.strictSame(sameTrace(['a'], ['a', 'b']), { index: 1, a: undefined, b: 'b' })
  t.strictSame(sameTrace(['a', 'b'], ['a']), { index: 1, a: 'b', b: undefined })
})

t.test('a history in which nobody was answered proves nothing', async t => {
  t.match(new HistoryBuilder().violations('I15'), [/not one request was answered/])
  t.strictSame(new HistoryBuilder().ask('ann', 'a', 's').violations('I15'), [])
})

t.test('counters and fault classes are added up, and what was never reached is named', async t => {
  const h = new HistoryBuilder().fault('F23').fault('F23', true).fault('F01')
  h.add({ kind: 'counters', ...h.of('a'), counters: { pulls: 2, resets: 0 } } as never)
  h.add({ kind: 'counters', ...h.of('b'), counters: { pulls: 3 } } as never)
  const { reached } = h.check()
  t.strictSame(reached, { F01: 1, F23: 1, pulls: 5, resets: 0 })
  const suite = new Reached().add(reached).add({ pulls: 1, F40: 2 })
  t.strictSame(suite.unreached(['pulls', 'resets', 'F40', 'F99']), ['resets', 'F99'])
})
