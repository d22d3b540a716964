import { runSeed } from './judged-run.js'
import type { SeedOrder, SeedReport } from './worker-messages.js'

// One of the processes of a search: runs the seed that it is told, tells what came out, and waits for the next one.

/** An error that nobody caught belongs to the seed that runs. */
let uncaught: string[] = []
process.on('unhandledRejection', error => uncaught.push(textOf(error)))
process.on('uncaughtException', error => uncaught.push(textOf(error)))
process.on('disconnect', () => process.exit(0))

process.on('message', async (order: SeedOrder) => {
  uncaught = []
  const report = await run(order)
  process.send!(report)
})

async function run({ seed, profile, seconds, isTwice }: SeedOrder): Promise<SeedReport> {
  const before = process.cpuUsage()
  const options = { profile, ...(seconds !== undefined && { seconds }) }
  try {
    const { history: _, ...first } = await runSeed(seed, options)
    const again = isTwice ? await runSeed(seed, options) : undefined
    // What was rejected is told of at the end of a turn of the real event loop.
    await new Promise(resolve => setImmediate(resolve))
    const violations = [...first.violations]
    for (const what of uncaught) violations.push({ invariant: 'I10', at: 0, what })
    if (again && again.trace !== first.trace)
      violations.push({ invariant: 'I14', at: 0, what: `trace ${first.trace}, then ${again.trace}` })
    return { ...first, violations, cpuMs: cpuMsSince(before) / (isTwice ? 2 : 1) }
  } catch (error) {
    return { seed, violations: [{ invariant: 'I10', at: 0, what: `the run broke off: ${textOf(error)}` }] }
  }
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function textOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
