import { failureText, jsonLine, progressText, tableText } from './report.js'
import type { RunOptions } from './run-options.js'
import { Tally } from './tally.js'
import type { SeedOrder, SeedReport } from './worker-messages.js'
import { WorkerPool } from './worker-pool.js'

const PROGRESS_EVERY_MS = 5_000
/** Every so manieth seed is run twice (I14). */
const TWICE_EVERY = 50

/** Runs many seeds; resolves with whether every promise was kept. */
export async function search(options: RunOptions): Promise<boolean> {
  const tally = new Tally()
  const begunMs = performance.now()
  const elapsedMs = () => performance.now() - begunMs
  const progress = setInterval(() => {
    process.stderr.write(`${progressText(tally, options, elapsedMs())}\n`)
  }, PROGRESS_EVERY_MS)
  const reported = (report: SeedReport) => {
    tally.add(report)
    if (report.violations.length > 0) process.stdout.write(`${failureText(report, options)}\n`)
  }
  await new WorkerPool(options.workers).run(orders(options), reported)
  clearInterval(progress)
  process.stdout.write(`${tableText(tally)}\n${jsonLine(tally, options, elapsedMs())}\n`)
  return tally.failed === 0
}

function* orders({ first, seeds, profile, seconds }: RunOptions): Generator<SeedOrder> {
  for (let seed = first; seed < first + seeds; seed++)
    yield { seed, profile, seconds, isTwice: seed % TWICE_EVERY === 0 }
}
