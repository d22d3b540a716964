import t from 'tap'
import { listsOf } from '../../src/manager/bucket-rows.js'
import { BUCKETS } from '../../src/manager/digest.js'
import { SessionTable } from '../../src/manager/session-table.js'
import { emptyState } from '../../src/state/session-state.js'

const ALL = Array.from({ length: BUCKETS }, (_, bucket) => bucket)

t.test('however many sessions are listed, a message has some thousand, and one names many buckets', t => {
  for (const [sessions, messages] of [
    [0, 1],
    [1_000, 1],
    [10_000, 3],
  ] as const) {
    const table = new SessionTable()
    for (let n = 0; n < sessions; n++) table.put(`session-${n}`, emptyState, 0)
    const sent = [...listsOf(table, ALL)]
    t.strictSame(
      sent.map(({ isLast }) => isLast),
      Array.from({ length: messages }, (_, n) => n === messages - 1),
      `${sessions} sessions`,
    )
    const lists = sent.flatMap(message => message.lists)
    t.strictSame(
      lists.map(({ bucket }) => bucket),
      ALL,
    )
    t.equal(lists.flatMap(({ rows }) => rows).length, sessions)
  }
  t.end()
})
