import { writeFileSync } from 'node:fs'
import { drawPlan } from '../schedule/draw-plan.js'
import type { SchedulePlan } from '../schedule/schedule-plan.js'
import { shrunk } from '../schedule/shrink.js'
import { type JudgedRunWithHistory, runPlan } from './judged-run.js'
import { failureText, jsonLine } from './report.js'
import type { RunOptions } from './run-options.js'
import { Tally } from './tally.js'
import { TimelineText } from './timeline-text.js'

/** Runs one seed alone, in this process, and says its trace hash; resolves with whether every promise was kept. */
export async function replay(options: RunOptions): Promise<boolean> {
  const plan = planOf(options)
  const begunMs = performance.now()
  const run = await judged(plan, options)
  const elapsedMs = performance.now() - begunMs
  const isClean = run.violations.length === 0
  if (options.history) writeFileSync(options.history, run.history.map(event => `${JSON.stringify(event)}\n`).join(''))
  const tally = new Tally()
  tally.add({ ...run, cpuMs: elapsedMs })
  if (!isClean && options.shrink) await shrink(plan, run, options)
  process.stdout.write(`seed ${plan.seed} trace ${run.trace}\n${jsonLine(tally, options, elapsedMs)}\n`)
  return isClean
}

/** Of a seed, or the one that a shrinker has written. */
function planOf({ plan, first, profile, seconds }: RunOptions): SchedulePlan {
  return plan ?? drawPlan(first, profile, seconds)
}

async function judged(plan: SchedulePlan, options: RunOptions, suffix = ''): Promise<JudgedRunWithHistory> {
  const timeline = options.timeline ? new TimelineText() : undefined
  const run = await runPlan(plan, timeline)
  if (run.violations.length > 0) process.stdout.write(`${failureText(run, options)}\n`)
  if (timeline) write(`seed-${plan.seed}${suffix}.timeline`, timeline.text)
  return run
}

/** Smaller and smaller, as long as one of the same promises is broken. */
async function shrink(plan: SchedulePlan, run: JudgedRunWithHistory, options: RunOptions): Promise<void> {
  const broken = new Set(run.violations.map(violation => violation.invariant))
  const smallest = await shrunk(plan, async candidate => {
    const { violations } = await runPlan(candidate)
    return violations.some(violation => broken.has(violation.invariant))
  })
  const { faults, nodes, clients, durationMs } = smallest
  process.stdout.write(
    `shrunk: ${faults.length} of ${plan.faults.length} faults, ${nodes.length} nodes, ${clients.count} clients, ${durationMs / 1000} s\n`,
  )
  for (const fault of faults) process.stdout.write(`  ${JSON.stringify(fault)}\n`)
  const file = `seed-${plan.seed}.plan.json`
  write(file, `${JSON.stringify(smallest, null, 2)}\n`)
  process.stdout.write(`run it with: npm run simulate -- --plan ${file} --timeline\n`)
  await judged(smallest, options, '-shrunk')
}

function write(file: string, text: string): void {
  writeFileSync(file, text)
  process.stdout.write(`written: ${file}\n`)
}
