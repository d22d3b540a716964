import t from 'tap'
import type { LifecycleOptions } from '../../src/checkers/lifecycle-checker.js'
import { HistoryBuilder } from './history-builder.js'

const changed = (answer = {}) =>
  new HistoryBuilder().ask('ann', 'a', 's', {
    ...{ session: 't', ended: ['s'], acknowledged: 'held', holders: ['a1', 'b1'] },
    ...answer,
  })
const violations = (h: HistoryBuilder, lifecycle: Partial<LifecycleOptions> = {}) =>
  h.violations('I7', { lifecycle: { isAllTold: true, ...lifecycle } }).filter(what => / is t now/.test(what))

t.test('a change of id is told by who made it, as its own doing, and by others as not theirs', async t => {
  const h = changed().told('a', 'id-changed', 't', { oldSession: 's' })
  h.told('b', 'id-changed', 't', { oldSession: 's', isLocal: false })
  t.strictSame(violations(h), [])
  t.match(h.check({ lifecycle: { isAllTold: true } }).figures, { idChangesChecked: 1 })
})

t.test('one that nobody tells of, or only others, or with another id before', async t => {
  const isUntold = /no process has told as its own doing that session s is t now \(request 1 on a\)/
  t.match(violations(changed()), [isUntold])
  t.match(violations(changed().told('b', 'id-changed', 't', { oldSession: 's', isLocal: false })), [isUntold])
  t.match(violations(changed().told('a', 'id-changed', 't', { oldSession: 'r' })), [isUntold])
  t.strictSame(violations(changed({ acknowledged: 'degraded' })), [])
  t.strictSame(violations(changed(), { isAllTold: false }), [], 'nobody listened')
  t.strictSame(violations(changed({ isStale: true })), [], 'it may have had nothing of the session before')
  t.strictSame(
    violations(changed().kill('a'), { mayLoseEvents: true }),
    [],
    'what it told may not have been written down',
  )
})

t.test('one that is told twice, or by two as their own doing', async t => {
  const told = () => changed().told('a', 'id-changed', 't', { oldSession: 's' })
  const again = told().told('a', 'id-changed', 't', { oldSession: 's', isLocal: false })
  t.match(violations(again), [/a told a second time that session s is t now/])
  const other = told().told('b', 'id-changed', 't', { oldSession: 's' })
  t.match(violations(other), [/b told as its own doing, as a has, that session s is t now/])
})
