import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { type Spread, spreadOf } from '../figures/spread.js'
import type { Panel } from '../plot/panel.js'
import type { Growing, ScalingResults, ScalingRow } from './scaling-family.js'
import type { WriteCost } from './write-cost.js'

const TITLES: Record<Growing, string> = {
  nodes: 'members of the cluster',
  sessions: 'sessions that are held',
  attributes: 'attributes of the session, of which one is written',
}

export function scalingReport({ rows }: ScalingResults): string {
  return [
    '## How the cost of a write grows',
    '',
    'One member writes texts of 200 bytes all over its sessions, as fast as another acknowledges (`backup`, TLS); CPU time of all members for each write. Against the first: how many',
    'times as much as in the first row of its kind, and how many times as much there is of what grows. To send to twice as many others may cost twice as much; more sessions, or',
    'more attributes beside the one that is written, are to cost nothing but what larger tables cost the processor’s caches.',
    '',
    markdownTable(
      [
        'what grows',
        'members',
        'sessions',
        'attributes',
        'CPU µs a write',
        'writes/s',
        'against the first',
        'of what grows',
      ],
      rows.map(row => rowCells(row, rows)),
    ),
  ].join('\n')
}

export function scalingPanels({ rows }: ScalingResults): Panel[] {
  return (['nodes', 'sessions', 'attributes'] as const).map(growing => ({
    title: `CPU of a write on all members, by ${TITLES[growing]}`,
    unit: 'µs',
    bars: rows
      .filter(row => row.growing === growing)
      .map(row => ({ label: numberText(row[growing], 0), kind: 'clowder' as const, spread: cost(row) })),
  }))
}

function rowCells(row: ScalingRow, rows: readonly ScalingRow[]): string[] {
  const first = rows.find(({ growing }) => growing === row.growing)!
  return [
    TITLES[row.growing],
    ...[row.nodes, row.sessions, row.attributes].map(count => numberText(count, 0)),
    spreadText(cost(row), 1),
    spreadText(spreadOf(row.runs.map(run => run.perSecond)), 0),
    `${numberText(cost(row).median / cost(first).median, 2)} ×`,
    `${numberText(row[row.growing] / first[row.growing], 0)} ×`,
  ]
}

function cost({ runs }: { readonly runs: readonly WriteCost[] }): Spread {
  return spreadOf(runs.map(run => run.cpuUs))
}
