import t from 'tap'
import { AcceptBudget } from '../../src/secure/accept-budget.js'

/** Of `count` that come at once, so many are let in. */
function admitted(budget: AcceptBudget, host: string, count: number, nowMs = 0): number {
  return Array.from({ length: count }, () => budget.admits(host, nowMs)).filter(Boolean).length
}

function budgetOf(maxStrangersPerSecond: number): AcceptBudget {
  return new AcceptBudget({ maxStrangersPerSecond })
}

t.test('a strange host has a third of what strange hosts have in all, in each twentieth of a second', async t => {
  const budget = budgetOf(120)
  t.strictSame(
    ['a', 'b', 'c', 'd'].map(host => admitted(budget, host, 5)),
    [2, 2, 2, 0],
  )
  t.equal(admitted(budget, 'd', 5, 49), 0)
  t.equal(admitted(budget, 'd', 5, 50), 2)
})

t.test('a host where a member was found has as much for itself, whatever comes from elsewhere', async t => {
  const budget = budgetOf(120)
  budget.proved('member')
  for (const host of ['a', 'b', 'c']) admitted(budget, host, 100)
  t.equal(admitted(budget, 'member', 100), 6)
  t.equal(admitted(budget, 'd', 1), 0)
})

t.test('who proves to be a member costs nobody anything, and makes its host known', async t => {
  const budget = budgetOf(120)
  t.equal(admitted(budget, 'many', 3), 2)
  budget.wasMember('many')
  t.equal(admitted(budget, 'many', 100), 5)
  t.strictSame(
    ['b', 'c', 'd'].map(host => admitted(budget, host, 5)),
    [2, 2, 1],
  )
})

t.test('however little is allowed, two of a host are heard', async t => {
  const budget = budgetOf(1)
  t.equal(admitted(budget, 'a', 5), 2)
  t.equal(admitted(budget, 'a', 5, 50), 2)
})

t.test('of hosts that were found a thousand are remembered, the latest', async t => {
  const budget = budgetOf(120)
  for (let i = 0; i < 1024; i++) budget.proved(`host ${i}`)
  budget.proved('host 0')
  budget.proved('one more')
  t.strictSame(
    ['host 0', 'one more', 'host 1'].map(host => admitted(budget, host, 5)),
    [5, 5, 2],
  )
})
