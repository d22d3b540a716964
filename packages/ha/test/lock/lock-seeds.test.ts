import t from 'tap'
import { LockCrowd } from '../support/lock-crowd.js'

/** More of them: `LOCK_SEEDS=1000 npx tsx packages/ha/test/lock/lock-seeds.test.ts`. */
const SEEDS = Number(process.env.LOCK_SEEDS ?? 6)
const RUN_MS = 60_000

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
