// `npm run torture`: real processes under real faults. See docs/torture.md.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BedJob, type BedReport, lifeOf, undoneOf } from './bed/bed-job.js'
import { BedProcess } from './bed/bed-process.js'
import { readArguments, type TortureArguments, USAGE } from './cli/arguments.js'
import { missingRequirement } from './cli/requirements.js'
import { TortureReport } from './cli/torture-report.js'
import { SCENARIO_NAMES } from './scenarios/all-scenarios.js'

const CANNOT = 2
/** As shells say it. */
const INTERRUPTED = 130

process.exitCode = await main()

async function main(): Promise<number> {
  const usage = `${USAGE}\nScenarios: ${SCENARIO_NAMES.join(', ')}`
  const given = argumentsOr(text => tell(`${text}\n\n${usage}`))
  if (!given) return CANNOT
  if (given.wantsHelp) {
    tell(usage)
    return 0
  }
  const missing = missingRequirement(tell)
  if (missing) {
    tell(missing)
    return CANNOT
  }
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), 'clowder-torture-'))
  mkdirSync(folder, { recursive: true })
  // The beds end with this process.
  process.once('SIGINT', () => {
    tell(`Interrupted. Histories and logs: ${folder}`)
    process.exit(INTERRUPTED)
  })
  const report = new TortureReport(tell)
  await runAll(given, folder, report)
  report.end()
  if (report.isGood && !given.keepsAll) rmSync(folder, { recursive: true })
  else tell(`Histories and logs: ${folder}`)
  return report.isGood ? 0 : 1
}

function argumentsOr(complain: (text: string) => void): TortureArguments | undefined {
  try {
    return readArguments(process.argv.slice(2), SCENARIO_NAMES)
  } catch (error) {
    complain((error as Error).message)
    return undefined
  }
}

/** Each bed takes the next job when it is free. The scenarios come last and one by one: their figures are times. */
async function runAll(given: TortureArguments, folder: string, report: TortureReport): Promise<void> {
  const schedules = scheduleJobs(given)
  const scenarios = given.scenarios.map((name): BedJob => ({ kind: 'scenario', name, isSmall: given.isSmall }))
  const beds = Math.min(given.beds, schedules.length)
  await Promise.all(Array.from({ length: beds }, (_, i) => workOff(schedules, join(folder, `bed-${i + 1}`), report)))
  await workOff(scenarios, join(folder, 'scenarios'), report)
}

function scheduleJobs({ first, schedules, nodesMin, nodesMax, isLong, keepsAll }: TortureArguments): BedJob[] {
  const seeds = Array.from({ length: schedules }, (_, i) => first + i)
  const lives = new Map<number, number[]>()
  for (const seed of seeds) lives.set(lifeOf(seed), [...(lives.get(lifeOf(seed)) ?? []), seed])
  return Array.from(lives.values(), group => ({
    kind: 'schedules',
    seeds: group,
    nodesMin,
    nodesMax,
    isLong,
    keepsAll,
  }))
}

async function workOff(jobs: BedJob[], folder: string, report: TortureReport): Promise<void> {
  if (jobs.length === 0) return
  mkdirSync(folder, { recursive: true })
  let bed = new BedProcess(folder)
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const told: BedReport[] = []
    try {
      await bed.work(job, of => {
        told.push(of)
        pass(of, report)
      })
    } catch (error) {
      for (const undone of undoneOf(job, told, (error as Error).message)) pass(undone, report)
      bed = new BedProcess(folder)
    }
  }
  await bed.close()
}

function pass(told: BedReport, report: TortureReport): void {
  if (told.kind === 'schedule') report.schedule(told)
  if (told.kind === 'scenario') report.scenario(told)
}

function tell(text: string): void {
  process.stdout.write(`${text}\n`)
}
