import { goalsText } from '../figures/goals-text.js'
import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { type Spread, spreadOf } from '../figures/spread.js'
import type { HttpRow } from './group-run.js'
import type { Arrangement, Work } from './http-case.js'
import type { HttpResults } from './http-family.js'
import { httpGoals } from './http-goals.js'
import { HttpRows, spreadOver, sumOver } from './http-rows.js'
import type { HttpRun } from './http-run.js'
import { PEERS_TEXT } from './peers-text.js'
import { sessionTitle } from './system.js'
import { trialsReport } from './trial/trials-report.js'

const WORK_TITLES: Record<Work, string> = {
  write: 'changes 200 B',
  read: 'reads',
  never: 'never looks',
  new: 'stores 1 KiB anew',
}

const ARRANGEMENT_TITLES: Record<Arrangement, string> = {
  one: 'one node',
  robin: 'round robin',
  nginx: 'nginx',
}

const HEADS = [
  'session',
  'request',
  'clients',
  'at',
  'requests/s',
  'p50 ms',
  'p99 ms',
  'CPU µs',
  'of which',
  'CPU added µs',
  'rate kept',
  'nginx µs',
  'load µs',
  'doubtful answers',
]

export function httpReport({ groups, trials, peers, missing }: HttpResults): string {
  return [
    `## Requests with a session (${peers.join(', ')})`,
    '',
    'Medians, in parentheses the lowest and the highest round; the systems of a group run at the same time and are measured in turns, case by case. CPU adds up all nodes and the store;',
    'beside it, node by node (and the store); nginx and the load generator apart. Added: against the same framework without a session (Tomcat: without a cluster) in the same case and round.',
    'Rate kept: against the sessions of one process only (Clowder not distributable; MemoryStore; Tomcat without a cluster). Half: evenly half as many requests a second as the same system',
    'answered at full load just before. One node: all clients at the first. Round robin: the requests of each client alternate; nginx: the same, by nginx. Sessions that live on one node need',
    'clients that stay, so there each client has a node of its own. Doubtful: _wrong_ counters, which are not what the client’s own requests lead to; _failed_; and what Clowder itself counts and marks,',
    '_stale_ answers from a copy older than what the client has seen, and _degraded_ changes, answered before another member had acknowledged them, because that took longer than `pullTimeout` or',
    '`acknowledgeTimeout` (50 ms).',
    '',
    goalsText(httpGoals({ groups, trials })),
    '',
    ...groups.flatMap(({ name, rows }) => [`### ${name}`, '', table(rows), '']),
    trialsReport(trials),
    '',
    PEERS_TEXT,
    ...(missing.length > 0 ? ['', ...missing.map(reason => `Missing: ${reason}`)] : []),
  ].join('\n')
}

function table(all: readonly HttpRow[]): string {
  const rows = new HttpRows(all)
  return markdownTable(
    HEADS,
    all.map(row => [
      sessionTitle(row.system),
      WORK_TITLES[row.work],
      row.isHalfLoad ? 'half' : `${row.clients}`,
      ARRANGEMENT_TITLES[row.arrangement],
      spreadText(
        spreadOver(row, run => run.perSecond),
        0,
      ),
      spreadText(
        spreadOver(row, run => run.p50Us / 1000),
        2,
      ),
      spreadText(
        spreadOver(row, run => run.p99Us / 1000),
        2,
      ),
      spreadText(
        spreadOver(row, run => run.cpuUsPerRequest),
        0,
      ),
      perProcessText(row.runs),
      optionalText(rows.added(row), 0),
      optionalText(rows.kept(row), 2),
      row.arrangement === 'nginx' ? medianText(row, run => run.nginxUsPerRequest) : '',
      medianText(row, run => run.loadUsPerRequest),
      doubtsText(row),
    ]),
  )
}

function perProcessText(runs: readonly HttpRun[]): string {
  const processes = runs[0]?.cpuUsPerRequestOf ?? []
  return processes.map((_, i) => numberText(spreadOf(runs.map(run => run.cpuUsPerRequestOf[i]!)).median, 0)).join(' + ')
}

function optionalText(spread: Spread | undefined, digits: number): string {
  return spread ? spreadText(spread, digits) : ''
}

function medianText(row: HttpRow, figure: (run: HttpRun) => number): string {
  return numberText(spreadOver(row, figure).median, 0)
}

function doubtsText(row: HttpRow): string {
  const requests = sumOver([row], run => run.requests)
  const counted = (['wrong', 'stale', 'degraded', 'failed'] as const).flatMap(name => {
    const total = sumOver([row], run => run[name])
    return total === 0 ? [] : [`${name} ${numberText(total, 0)} (${numberText((100 * total) / requests, 2)} %)`]
  })
  return counted.length === 0 ? '0' : counted.join(', ')
}
