import type { ScenarioReport, ScheduleReport } from '../bed/bed-job.js'

/** Collects what the beds report and tells it: a line each while they work, a table and one line of JSON at the end. */
export class TortureReport {
  readonly #schedules: ScheduleReport[] = []
  readonly #scenarios: ScenarioReport[] = []
  readonly #tell: (line: string) => void
  readonly #beganMs = performance.now()

  constructor(tell: (line: string) => void) {
    this.#tell = tell
  }

  schedule(report: ScheduleReport): void {
    this.#schedules.push(report)
    if (isGood(report)) this.#tell(`seed ${report.seed}: ${summaryOf(report)}`)
    else this.#tellFailure(report)
  }

  scenario(report: ScenarioReport): void {
    this.#scenarios.push(report)
    if (report.error) this.#tell(`NOT DONE ${report.name}: ${report.error}`)
    for (const { what, figure, limit, isKept } of report.lines)
      this.#tell(`${isKept ? 'ok    ' : 'NOT OK'} ${report.name}: ${what}: ${figure} (${limit})`)
  }

  /** Nothing was done wrong, and something was done. */
  get isGood(): boolean {
    const scenariosGood = this.#scenarios.every(
      s => !s.error && s.lines.length > 0 && s.lines.every(line => line.isKept),
    )
    return this.#schedules.length + this.#scenarios.length > 0 && this.#schedules.every(isGood) && scenariosGood
  }

  end(): void {
    const reached = this.#reached()
    if (this.#schedules.length > 0) this.#tellTable(reached)
    this.#tell(JSON.stringify(this.#totals(reached)))
  }

  #tellFailure(report: ScheduleReport): void {
    const { seed, error, violations, historyFile } = report
    this.#tell(`SEED ${seed} FAILED: ${summaryOf(report)}`)
    if (error) this.#tell(`  ${error}`)
    for (const { invariant, what } of violations) this.#tell(`  ${invariant}: ${what}`)
    for (const fault of report.faults) this.#tell(`  fault: ${fault}`)
    if (historyFile) this.#tell(`  history: ${historyFile}`)
    this.#tell(`  alone: npm run torture -- --first ${seed} --schedules 1`)
  }

  #tellTable(reached: Readonly<Record<string, number>>): void {
    const width = Math.max(...Object.keys(reached).map(name => name.length))
    this.#tell('')
    for (const [name, count] of Object.entries(reached)) this.#tell(`  ${name.padEnd(width)}  ${count}`)
    this.#tell('')
  }

  #totals(reached: Readonly<Record<string, number>>): object {
    const convergedMs = this.#schedules.flatMap(s => s.convergedMs ?? []).sort((a, b) => a - b)
    return {
      schedules: this.#schedules.length,
      failed: this.#schedules.filter(s => !isGood(s)).map(s => s.seed),
      violations: this.#violations(),
      reached,
      requests: this.#schedules.reduce((sum, s) => sum + s.requests, 0),
      convergedMsMax: convergedMs.at(-1),
      scenarios: this.#scenarios.length,
      scenariosNotKept: this.#scenarios.flatMap(s =>
        s.error ? [s.name] : s.lines.filter(line => !line.isKept).map(line => `${s.name}: ${line.what}`),
      ),
      seconds: Math.round((performance.now() - this.#beganMs) / 1000),
    }
  }

  #violations(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { invariant } of this.#schedules.flatMap(s => s.violations))
      counts[invariant] = (counts[invariant] ?? 0) + 1
    return counts
  }

  #reached(): Record<string, number> {
    const sums = new Map<string, number>()
    for (const { reached } of this.#schedules)
      for (const [name, count] of Object.entries(reached)) sums.set(name, (sums.get(name) ?? 0) + count)
    return Object.fromEntries([...sums].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

function isGood({ violations, error }: ScheduleReport): boolean {
  return violations.length === 0 && error === undefined
}

function summaryOf({ nodes, faults, requests, convergedMs }: ScheduleReport): string {
  const classes = [...new Set(faults.map(fault => fault.split(' ')[0]))].join(' ')
  const converged = convergedMs === undefined ? 'never the same' : `the same ${convergedMs} ms after the heal`
  return `${nodes} nodes, ${requests} requests, ${classes}, ${converged}`
}
