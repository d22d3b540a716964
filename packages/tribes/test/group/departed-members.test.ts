import t from 'tap'
import { DepartedMembers } from '../../src/group/departed-members.js'

t.test('who has said goodbye is remembered for a minute, and of thousands in a minute the last 4096', async t => {
  const departed = new DepartedMembers({ retentionMs: 60_000 })
  departed.add('a', 0)
  departed.add('b', 30_000)
  departed.add('a', 40_000)
  departed.add('c', 90_000)
  t.strictSame(
    ['a', 'b', 'c'].map(id => departed.has(id)),
    [true, false, true],
  )
  for (let i = 0; i < 5000; i++) departed.add(`${i}`, 100_000)
  t.strictSame(
    ['c', '903', '904', '4999'].map(id => departed.has(id)),
    [false, false, true, true],
  )
})
