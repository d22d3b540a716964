import t from 'tap'
import { LockTable } from '../../src/lock/lock-table.js'
import { SessionLock } from '../../src/lock/session-lock.js'
import { DeltaSession } from '../../src/session/delta-session.js'
import { LockCrowd } from '../support/lock-crowd.js'

/** More of them: `LOCK_SEEDS=1000 npx tsx packages/ha/test/lock/lock-seeds.test.ts`. */
const SEEDS = Number(process.env.LOCK_SEEDS ?? 6)
const RUN_MS = 60_000
/** One of so many shows a planted bug. */
const MOST_SEEDS = 40

t.test('whatever is killed, suspended, lost or doubled: one holder at a time, in the order of the fences', async t => {
  const sums = { granted: 0, lost: 0, timedOut: 0, kills: 0, suspensions: 0 }
  for (let seed = 1; seed <= SEEDS; seed++) {
    const crowd = await LockCrowd.start(seed)
    await crowd.run(RUN_MS)
    const { ledger, nodes, ids } = crowd
    t.strictSame(ledger.violations, [], `seed ${seed}`)
    for (const id of ids) {
      const values = nodes.map(node => node.read(id))
      t.ok(Number((values[0] as { n: number }).n) >= ledger.acknowledgedOf(id), `seed ${seed}: nothing is missing`)
      for (const value of values) t.strictSame(value, values[0], `seed ${seed}: the same everywhere`)
    }
    for (const node of nodes) t.match(node.manager.inspect().locks, { own: { held: 0, waiting: 0 } }, `seed ${seed}`)
    for (const key of ['granted', 'lost', 'timedOut'] as const) sums[key] += ledger[key]
    sums.kills += crowd.kills
    sums.suspensions += crowd.suspensions
  }
  t.comment(JSON.stringify({ seeds: SEEDS, ...sums }))
  t.ok(sums.kills >= SEEDS / 2 && sums.suspensions >= SEEDS && sums.lost > 0, 'something did happen to them')
})

/** What is done to the product, and how what it does shows. */
const PLANTED: Readonly<Record<string, { readonly plant: () => () => void; readonly shows: RegExp }>> = {
  'a lease that never ends for its holder': {
    plant: () => replaced(SessionLock.prototype, 'isHeld', { get: () => true }),
    shows: /held by .* at once/,
  },
  'a commit that does not look whether its lock is lost': {
    plant: () => replaced(DeltaSession.prototype, 'assertLocked', { value: () => {} }),
    shows: /was read after|was written twice/,
  },
  'a holder that does not say what it has left': {
    plant: () => replaced(SessionLock.prototype, 'wrote', { value: () => {} }),
    shows: /was read after|was written twice/,
  },
  'a fence that is not above the one before': {
    plant: () => {
      const { grantNext } = LockTable.prototype
      return replaced(LockTable.prototype, 'grantNext', {
        value(this: LockTable, ...[id, nowMs, terms]: Parameters<typeof grantNext>) {
          return grantNext.call(this, id, nowMs, { ...terms, fenceAbove: () => 1 })
        },
      })
    },
    shows: /fence 1 after 1/,
  },
}

for (const [what, { plant, shows }] of Object.entries(PLANTED))
  t.test(`the same would notice ${what}`, async t => {
    const mend = plant()
    t.teardown(mend)
    const seen: string[] = []
    let seed = 0
    while (seen.length === 0 && ++seed <= MOST_SEEDS) {
      const crowd = await LockCrowd.start(seed)
      await crowd.run(RUN_MS)
      seen.push(...crowd.ledger.violations)
    }
    t.match(seen[0], shows)
    t.comment(`in seed ${seed}`)
  })

/** Returns what puts back what was there. */
function replaced(of: object, name: string, by: PropertyDescriptor): () => void {
  const before = Object.getOwnPropertyDescriptor(of, name)!
  Object.defineProperty(of, name, { configurable: true, ...by })
  return () => Object.defineProperty(of, name, before)
}
