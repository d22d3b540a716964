import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { spreadOf, spreadOfPairs } from '../figures/spread.js'
import type { StateResults, StateRow, StateRun } from './state-family.js'

export function stateReport({ rows, peer, missing }: StateResults): string {
  return [
    `## A member joins, or has stood still (peer: ${peer})`,
    '',
    'Two processes under TLS, medians, in parentheses the lowest and the highest round. To serve: from the start of a joiner that does not wait for its sessions to',
    'its first answer about one that it has to ask for; waiting for others to announce themselves included. Complete: from the start of one that does wait. Share:',
    'of what a bare socket moves of the same payload, one way, without TLS. Event loop: of the member that gives, while it does. CPU: of both. Healed:',
    'from the moment at which a member that stood still while others changed sessions goes on, to its showing all of them.',
    '',
    markdownTable(
      [
        'sessions',
        'bytes each',
        'to serve ms',
        'complete ms',
        'MB/s',
        'share',
        'CPU s / 100,000',
        'donor’s event loop p99 ms',
        'worst ms',
        'changes missed',
        'healed ms',
      ],
      rows.map(cellsOf),
    ),
    '',
    'The same with Tomcat’s DeltaManager by default: from the start of a second Tomcat to its saying that it is ready, and how many sessions it has then.',
    '',
    markdownTable(['sessions', 'ready ms', 'sessions then'], tomcatRows(rows)),
    ...missing.map(reason => `\nMissing: ${reason}`),
  ].join('\n')
}

function tomcatRows(rows: readonly StateRow[]): string[][] {
  return rows.flatMap(row =>
    row.tomcat.map(join => [row.sessions, join.readyMs, join.sessions].map(n => numberText(n, 0))),
  )
}

function cellsOf({ sessions, bytes, differences, runs, floorMbPerSecond }: StateRow): string[] {
  const figure = (of: (run: StateRun) => number, digits: number) => spreadText(spreadOf(runs.map(of)), digits)
  const rates = runs.map(run => run.payloadMbPerSecond)
  return [
    numberText(sessions, 0),
    numberText(bytes, 0),
    figure(run => run.serveMs, 0),
    figure(run => run.completeMs, 0),
    figure(run => run.payloadMbPerSecond, 0),
    spreadText(
      spreadOfPairs(rates, floorMbPerSecond, (rate, floor) => rate / floor),
      2,
    ),
    figure(run => run.cpuSeconds, 2),
    figure(run => run.donorP99Ms, 1),
    figure(run => run.donorMaxMs, 1),
    numberText(Math.min(differences, sessions), 0),
    figure(run => run.healMs, 0),
  ]
}
