import t from 'tap'
import { Expiry } from '../../src/manager/expiry.js'
import type { SessionCopy } from '../../src/manager/session-copy.js'
import { SessionTable } from '../../src/manager/session-table.js'
import { emptyState } from '../../src/state/session-state.js'

const ends: Record<string, (table: SessionTable, copy: SessionCopy) => void> = {
  'has ended': table => table.put('id', { kind: 'dead', reason: 'invalidated', stamp: 1 }, 1_500),
  'has been dropped': (table, copy) => table.remove(copy),
}

for (const [what, end] of Object.entries(ends)) {
  t.test(`what others were asked for because it is about to expire, and ${what}, is looked at once more`, t => {
    const table = new SessionTable()
    const copy = table.put('id', emptyState, 0)
    copy.idleLimitMs = 1_000
    const peers = { members: () => [], send() {} }
    const expiry = new Expiry({ clock: { now: () => 1_500 }, peers, replicas: { table } } as never)
    const looks = () => {
      let count = 0
      expiry.lookAgain(() => ++count === 0)
      return count
    }
    expiry.hurry([copy])
    t.strictSame([looks(), looks()], [1, 1])
    end(table, copy)
    t.strictSame([looks(), looks()], [1, 0])
    t.end()
  })
}
