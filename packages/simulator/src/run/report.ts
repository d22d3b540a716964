import type { RunOptions } from './run-options.js'
import type { Tally } from './tally.js'
import type { SeedReport } from './worker-messages.js'

const MOST_SHOWN = 5

/** A failing seed, as soon as it has failed: how to run it alone comes first. */
export function failureText({ seed, violations }: SeedReport, { profile, seconds }: RunOptions): string {
  const of = seconds === undefined ? '' : ` --seconds ${seconds}`
  const shown = violations
    .slice(0, MOST_SHOWN)
    .map(({ invariant, at, what }) => `  ${invariant} at ${Math.round(at)} ms: ${what}`)
  const more = violations.length > MOST_SHOWN ? [`  and ${violations.length - MOST_SHOWN} more`] : []
  const replay = `npm run simulate -- --seeds 1 --first ${seed} --profile ${profile}${of} --timeline`
  return [`seed ${seed} FAILS; alone: ${replay}`, ...shown, ...more].join('\n')
}

export function progressText(tally: Tally, options: RunOptions, elapsedMs: number): string {
  const perSecond = (tally.seeds / elapsedMs) * 1000
  const leftS = Math.round((options.seeds - tally.seeds) / perSecond)
  return `${tally.seeds} of ${options.seeds} seeds, ${perSecond.toFixed(1)} a second, ${tally.failed} failed, ${leftS} s left`
}

export function tableText(tally: Tally): string {
  const rows = [
    ['promise', 'seeds that broke it'],
    ...Object.entries(tally.violations).map(([invariant, count]) => [invariant, String(count)]),
    ['', ''],
    ['reached', 'times'],
    ...Object.entries(tally.reached).map(([name, count]) => [name, String(count)]),
  ]
  const width = Math.max(...rows.map(([name]) => name!.length))
  return rows.map(([name, count]) => `${name!.padEnd(width)}  ${count}`).join('\n')
}

/** One line for machines. */
export function jsonLine(tally: Tally, options: RunOptions, elapsedMs: number): string {
  const seconds = elapsedMs / 1000
  return JSON.stringify({
    seeds: tally.seeds,
    first: options.first,
    profile: options.profile,
    failed: tally.failed,
    violations: tally.violations,
    reached: tally.reached,
    requests: tally.requests,
    opsPerSecond: Math.round(tally.requests / seconds),
    schedulesPerSecond: Math.round((100 * tally.seeds) / seconds) / 100,
    schedulesPerCpuSecond: Math.round((100_000 * tally.seeds) / tally.cpuMs) / 100,
    stalePercent: tally.stalePercent,
    seconds: Math.round(seconds),
  })
}
