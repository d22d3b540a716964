import { numberText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { Panel } from '../plot/panel.js'
import type { StateResults, StateRow, StateRun } from './state-family.js'

export function statePanels({ rows }: StateResults): Panel[] {
  return rows.flatMap(row => [
    {
      title: `A member joins ${numberText(row.sessions, 0)} sessions of 1 KiB`,
      unit: 'ms',
      bars: [
        bar(row, 'Clowder serves', run => run.serveMs),
        bar(row, 'Clowder has all', run => run.completeMs),
        ...row.tomcat.map(({ readyMs, sessions }) => ({
          label: `Tomcat is ready, with ${numberText(sessions, 0)}`,
          kind: 'peer' as const,
          spread: spreadOf([readyMs]),
        })),
        bar(row, 'Clowder has healed 1,000 changes', run => run.healMs),
      ],
    },
  ])
}

function bar(row: StateRow, label: string, of: (run: StateRun) => number) {
  return { label, kind: 'clowder' as const, spread: spreadOf(row.runs.map(of)) }
}
