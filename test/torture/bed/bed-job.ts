/** What a bed is asked to do: some schedules on one cluster, or one scenario. */
export type BedJob =
  | {
      readonly kind: 'schedules'
      readonly seeds: readonly number[]
      readonly nodesMin: number
      readonly nodesMax: number
      readonly isLong: boolean
      /** Histories of what went well stay, too. */
      readonly keepsAll: boolean
    }
  | { readonly kind: 'scenario'; readonly name: string; readonly isSmall: boolean }

/** What it tells while it works. */
export type BedReport = ScheduleReport | ScenarioReport | { readonly kind: 'free' }

export interface ScheduleReport {
  readonly kind: 'schedule'
  readonly seed: number
  readonly nodes: number
  readonly faults: readonly string[]
  readonly requests: number
  /** From the heal, clients still at work for a while, to equal digests; absent: never. */
  readonly convergedMs?: number
  readonly violations: readonly { readonly invariant: string; readonly what: string }[]
  readonly reached: Readonly<Record<string, number>>
  /** Kept because of a violation, or because everything is. */
  readonly historyFile?: string
  /** The schedule could not be done at all. */
  readonly error?: string
}

export interface ScenarioReport {
  readonly kind: 'scenario'
  readonly name: string
  readonly lines: readonly ScenarioLine[]
  readonly error?: string
}

/** One thing that was looked at: what it should be, what it was. */
export interface ScenarioLine {
  readonly what: string
  readonly figure: string
  readonly limit: string
  readonly isKept: boolean
}

/** Seeds that live on the same cluster, one after the other; what the cluster is made of follows from the group, so that each seed can be run alone. */
const SEEDS_PER_LIFE = 5

export function lifeOf(seed: number): number {
  return Math.floor(seed / SEEDS_PER_LIFE)
}

/** What is told in place of a bed that has ended in the midst of its job: of all that it has not told of by then, or of the last, when it ended after that. */
export function undoneOf(job: BedJob, told: readonly BedReport[], error: string): (ScheduleReport | ScenarioReport)[] {
  if (job.kind === 'scenario') return [{ kind: 'scenario', name: job.name, lines: [], error }]
  const isTold = (seed: number) => told.some(report => report.kind === 'schedule' && report.seed === seed)
  const nothing = { nodes: 0, faults: [], requests: 0, violations: [], reached: {} }
  const open = job.seeds.filter(seed => !isTold(seed))
  return (open.length > 0 ? open : job.seeds.slice(-1)).map(seed => ({ kind: 'schedule', seed, ...nothing, error }))
}
