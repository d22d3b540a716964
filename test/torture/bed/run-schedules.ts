import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryEvent } from '@clowder/simulator'
import { writeHistory } from '../history/history-recorder.js'
import { judged } from '../history/judged.js'
import { Dice } from '../schedule/dice.js'
import { drawPlan } from '../schedule/schedule-plan.js'
import { ScheduleRun } from '../schedule/schedule-run.js'
import { Bed } from './bed.js'
import { type BedJob, type BedReport, lifeOf, type ScheduleReport } from './bed-job.js'

type SchedulesJob = Extract<BedJob, { kind: 'schedules' }>

const NEVER_THE_SAME = 'the nodes did not come to see each other and to hold the same in time'

/** What a life's clusters are made of. */
interface Life {
  readonly names: readonly string[]
  readonly acknowledge: 'async' | 'backup' | 'all'
  readonly whenStale: 'serve' | 'refuse'
  readonly skewMs: (name: string) => number
}

/** Runs the seeds on one cluster after the other: on a new one after a violation, whose traces could be found again by the next seed. */
export async function runSchedules(job: SchedulesJob, folder: string, report: (r: BedReport) => void): Promise<void> {
  let bed: Bed | undefined
  for (const seed of job.seeds) {
    const life = drawLife(job)
    try {
      bed ??= await Bed.open({
        names: life.names,
        skewMs: life.skewMs,
        cluster: clusterOptions(life),
        folder: join(folder, `life-${seed}`),
      })
      const done = await runSchedule(bed, seed, life, job, folder)
      report(done)
      if (done.violations.length === 0 && done.error === undefined) continue
    } catch (error) {
      report(couldNotRun(seed, life, error as Error))
    }
    await bed?.close()
    bed = undefined
  }
  await bed?.close()
}

function drawLife({ seeds, nodesMin, nodesMax }: SchedulesJob): Life {
  const dice = new Dice(lifeOf(seeds[0]!) ^ 0x11fe)
  const names = Array.from({ length: dice.between(nodesMin, nodesMax) }, (_, i) => `n${i + 1}`)
  const isSkewed = dice.chance(0.5)
  const skews = new Map(names.map(name => [name, isSkewed ? dice.between(-5_000, 5_000) : 0]))
  return {
    names,
    acknowledge: dice.pick(['backup', 'backup', 'backup', 'all', 'async']),
    whenStale: dice.chance(0.7) ? 'serve' : 'refuse',
    skewMs: name => skews.get(name) ?? 0,
  }
}

function clusterOptions({ acknowledge, whenStale }: Life): Record<string, unknown> {
  return { manager: { acknowledge }, valve: { whenStale } }
}

async function runSchedule(
  bed: Bed,
  seed: number,
  life: Life,
  job: SchedulesJob,
  folder: string,
): Promise<ScheduleReport> {
  const plan = drawPlan(seed, life.names, job.isLong)
  const run = new ScheduleRun(bed, plan, life.acknowledge === 'async')
  bed.listener = run
  const { history, convergedMs } = await run.run()
  bed.listener = undefined
  const historyFile = join(folder, `seed-${seed}.jsonl`)
  writeHistory(historyFile, history)
  const { violations, reached } = judged(history)
  if (violations.length === 0 && !job.keepsAll) rmSync(historyFile)
  return {
    kind: 'schedule',
    seed,
    nodes: life.names.length,
    faults: plan.faults.map(({ fault, what }) => `${fault} ${what}`),
    requests: count(history, 'request'),
    ...(convergedMs === undefined ? { error: NEVER_THE_SAME } : { convergedMs: Math.round(convergedMs) }),
    violations,
    reached,
    historyFile,
  }
}

function couldNotRun(seed: number, life: Life, error: Error): ScheduleReport {
  const told = { seed, nodes: life.names.length, faults: [], requests: 0, violations: [], reached: {} }
  return { kind: 'schedule', ...told, error: String(error.stack ?? error) }
}

function count(history: readonly HistoryEvent[], kind: HistoryEvent['kind']): number {
  return history.reduce((sum, event) => sum + (event.kind === kind ? 1 : 0), 0)
}
