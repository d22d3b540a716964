import t from 'tap'
import type { SeedReport } from '../../src/run/worker-messages.js'
import { WorkerPool } from '../../src/run/worker-pool.js'

t.test('processes share the seeds, and each is reported once, with the same trace when it is run twice', async t => {
  const reports: SeedReport[] = []
  const orders = [1, 2, 3, 4].map(seed => ({ seed, profile: 'calm', seconds: 5, isTwice: seed === 4 }))
  await new WorkerPool(2).run(orders.values(), report => reports.push(report))
  t.strictSame(reports.map(report => report.seed).sort(), [1, 2, 3, 4])
  t.strictSame(
    reports.flatMap(report => report.violations),
    [],
  )
})
