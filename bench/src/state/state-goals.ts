import type { Goal } from '../figures/goal.js'
import { numberText, spreadText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { StateResults, StateRow, StateRun } from './state-family.js'

interface Limit {
  readonly id: string
  readonly what: string
  readonly sessions: number
  readonly most: number
  readonly unit: string
  of(run: StateRun): number
  theirs?(row: StateRow): string
}

const LIMITS: readonly Limit[] = [
  { id: 'P11', what: 'to serve', sessions: 100_000, most: 200, unit: 'ms', of: run => run.serveMs },
  {
    id: 'P11',
    what: 'complete',
    sessions: 100_000,
    most: 2_000,
    unit: 'ms',
    of: run => run.completeMs,
    theirs: ({ tomcat }) =>
      tomcat
        .map(run => `Tomcat ${numberText(run.readyMs, 0)} ms, with ${numberText(run.sessions, 0)} sessions`)
        .join('; '),
  },
  { id: 'P12', what: 'complete', sessions: 1_000_000, most: 25_000, unit: 'ms', of: run => run.completeMs },
  {
    id: 'P12',
    what: 'giver’s event loop meanwhile, p99',
    sessions: 1_000_000,
    most: 5,
    unit: 'ms',
    of: run => run.donorP99Ms,
  },
  {
    id: 'P17',
    what: '1,000 sessions that differ found and healed',
    sessions: 100_000,
    most: 2_000,
    unit: 'ms',
    of: run => run.healMs,
  },
]

export function stateGoals({ rows }: StateResults): Goal[] {
  return LIMITS.map(({ id, what, sessions, most, unit, of, theirs }) => {
    const row = rows.find(row => row.sessions === sessions)
    const spread = row && spreadOf(row.runs.map(of))
    return {
      id,
      what: `a member joins ${numberText(sessions, 0)} sessions of 1 KiB: ${what}`,
      measured: spread ? `${spreadText(spread, 0)} ${unit}` : '–',
      goal: `≤ ${numberText(most, 0)} ${unit}`,
      isMet: spread && spread.median <= most,
      peers: (row && theirs?.(row)) || '–',
    }
  })
}
