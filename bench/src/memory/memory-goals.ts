import type { Goal } from '../figures/goal.js'
import { numberText, spreadText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { LoopFigures } from '../process/loop-watch.js'
import type { MemoryResults, SizeRow } from './memory-family.js'
import { KEEPER_TITLES, NAMES_BYTES } from './memory-report.js'

const MOST_BYTES = 250
const MOST_MS = [
  [200_000, 5],
  [1_000_000, 10],
] as const

/** P13 and P14. */
export function memoryGoals({ sizes, residents }: MemoryResults): Goal[] {
  return [
    ...sizes.filter(({ keeper }) => keeper === 'clowder').map(row => sizeGoal(row, sizes)),
    ...MOST_MS.flatMap(([sessions, most]) => {
      const run = residents.find(one => one.sessions === sessions)
      const loop = (of: (figures: LoopFigures) => number, phase: 'resting' | 'paced' | 'churning') =>
        run && Math.max(of(run[phase].writer), of(run[phase].replica)) - of(run.idle)
      return (['resting', 'paced', 'churning'] as const).map(phase =>
        loopGoal(
          sessions,
          PHASES[phase],
          loop(figures => figures.p99Ms, phase),
          most,
        ),
      )
    }),
  ]
}

const PHASES = {
  resting: 'at rest',
  paced: '1,000 changes a second',
  churning: 'as many changes as one member can make',
}

function sizeGoal(row: SizeRow, all: readonly SizeRow[]): Goal {
  const over = ({ bytes, runs }: SizeRow) => spreadOf(runs.map(run => run.held - bytes - NAMES_BYTES))
  const peers = all.filter(({ keeper, bytes }) => keeper !== 'clowder' && bytes === row.bytes)
  return {
    id: 'P13',
    what: `bytes over text, id and name of an idle replica of ${numberText(row.bytes, 0)} bytes`,
    measured: spreadText(over(row), 0),
    goal: `≤ ${MOST_BYTES}`,
    isMet: over(row).median <= MOST_BYTES,
    peers: peers.map(peer => `${KEEPER_TITLES[peer.keeper]} ${spreadText(over(peer), 0)}`).join('; '),
  }
}

function loopGoal(sessions: number, phase: string, ms: number | undefined, most: number): Goal {
  return {
    id: 'P14',
    what: `event-loop delay p99 over an idle process’s, ${numberText(sessions, 0)} sessions, ${phase}`,
    measured: ms === undefined ? '–' : `${numberText(ms, 1)} ms`,
    goal: `≤ ${most} ms`,
    isMet: ms === undefined ? undefined : ms <= most,
    peers: '–',
  }
}
