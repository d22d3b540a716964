import { INVARIANTS } from '../checkers/violation.js'
import { nothingReached } from './reached.js'
import type { SeedReport } from './worker-messages.js'

/** What a search has found so far. */
export class Tally {
  seeds = 0
  failed = 0
  requests = 0
  answers = 0
  stale = 0
  turns = 0
  cpuMs = 0
  /** Of each promise, how many seeds broke it. */
  readonly violations: Record<string, number> = Object.fromEntries(INVARIANTS.map(invariant => [invariant, 0]))
  readonly reached: Record<string, number> = nothingReached()

  add({ violations, reached = {}, figures, cpuMs = 0 }: SeedReport): void {
    this.seeds++
    this.cpuMs += cpuMs
    if (violations.length > 0) this.failed++
    for (const invariant of new Set(violations.map(v => v.invariant)))
      this.violations[invariant] = (this.violations[invariant] ?? 0) + 1
    for (const [name, count] of Object.entries(reached)) this.reached[name] = (this.reached[name] ?? 0) + count
    if (!figures) return
    this.requests += figures.requests
    this.answers += figures.answers
    this.stale += figures.stale
    this.turns += figures.turns
  }

  get stalePercent(): number {
    return this.answers === 0 ? 0 : Math.round((10_000 * this.stale) / this.answers) / 100
  }
}
