import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { type Spread, spreadOf, spreadOfPairs } from '../figures/spread.js'
import type { HttpResults, HttpRow } from './http-family.js'
import type { HttpRun } from './http-run.js'
import { type Arrangement, SESSION_TITLES, type SessionKind, type Work } from './system.js'

const ARRANGEMENT_TITLES: Record<Arrangement, string> = {
  one: 'one node',
  robin: 'round robin',
  halves: 'half each',
}

const WORK_TITLES: Record<Work, string> = {
  write: 'changes 200 bytes',
  read: 'reads only',
}

/** What a replicated session is compared with: the same code with the sessions of one process only. */
const LOCAL_COUNTERPART: Partial<Record<SessionKind, SessionKind>> = {
  'clowder-async': 'clowder-local',
  'clowder-backup': 'clowder-local',
  redis: 'memory',
}

export function httpReport({ rows, redis, missing }: HttpResults): string {
  return [
    `## Requests with a session, 64 clients, two nodes (peers: express-session, ${redis})`,
    '',
    'Medians, in parentheses the lowest and the highest round. CPU adds up both nodes and Redis, without the load generator; beside it, node by node',
    '(and Redis). Added: against the same framework without a session in the same arrangement. Rate kept: against the sessions of one process only',
    '(Clowder not distributable; MemoryStore). Wrong: answers whose counter is not the one that the client’s own requests lead to. One node: all',
    'clients at the first. Round robin: the requests of each client alternate. Half each: sessions that live on one node need clients that stay.',
    'Stale and degraded are what Clowder counts and marks itself: answers from a copy older than what the client has seen, and changes answered',
    'before another member had acknowledged them, because that took longer than `pullTimeout` or `acknowledgeTimeout` (50 ms). A node that answers one by',
    'one pays for waking the load generator each time; `backup` answers in batches, which is why it may cost less than what is not replicated.',
    '',
    ...(['write', 'read'] as const).flatMap(work => [
      `### A request that ${WORK_TITLES[work]}`,
      '',
      table(rows, work),
      '',
    ]),
    ...missing.map(reason => `Missing: ${reason}`),
  ].join('\n')
}

function table(all: readonly HttpRow[], work: Work): string {
  const heads = [
    'framework',
    'session',
    'clients at',
    'requests/s',
    'p50 ms',
    'p99 ms',
    'CPU µs',
    'of which',
    'CPU added µs',
    'rate kept',
    'wrong',
    'stale',
    'degraded',
    'failed',
  ]
  const rows = all.filter(row => row.work === work)
  return markdownTable(
    heads,
    rows.map(row => [
      row.framework,
      SESSION_TITLES[row.session],
      ARRANGEMENT_TITLES[row.arrangement],
      spreadText(spreadOf(row.runs.map(run => run.perSecond)), 0),
      spreadText(spreadOf(row.runs.map(run => run.p50Us / 1000)), 1),
      spreadText(spreadOf(row.runs.map(run => run.p99Us / 1000)), 1),
      spreadText(spreadOf(row.runs.map(run => run.cpuUsPerRequest)), 0),
      perProcessText(row.runs),
      addedText(rows, row),
      keptText(rows, row),
      countText(row.runs, run => run.wrong),
      countText(row.runs, run => run.stale),
      countText(row.runs, run => run.degraded),
      countText(row.runs, run => run.failed),
    ]),
  )
}

function perProcessText(runs: readonly HttpRun[]): string {
  const processes = runs[0]?.cpuUsPerRequestOf ?? []
  return processes.map((_, i) => numberText(spreadOf(runs.map(run => run.cpuUsPerRequestOf[i]!)).median, 0)).join(' + ')
}

function addedText(rows: readonly HttpRow[], row: HttpRow): string {
  const bare = counterpart(rows, row, 'none')
  if (!bare || bare === row) return ''
  const added = (a: HttpRun, b: HttpRun) => a.cpuUsPerRequest - b.cpuUsPerRequest
  return spreadText(pairs(row, bare, added), 0)
}

function keptText(rows: readonly HttpRow[], row: HttpRow): string {
  const session = LOCAL_COUNTERPART[row.session]
  const local = session && counterpart(rows, row, session)
  return local
    ? spreadText(
        pairs(row, local, (a, b) => a.perSecond / b.perSecond),
        2,
      )
    : ''
}

function pairs(row: HttpRow, other: HttpRow, combine: (a: HttpRun, b: HttpRun) => number): Spread {
  const indices = row.runs.map((_, i) => i)
  return spreadOfPairs(indices, indices, (a, b) => combine(row.runs[a]!, other.runs[b]!))
}

/** The same number of nodes loaded. */
function counterpart(rows: readonly HttpRow[], row: HttpRow, session: SessionKind): HttpRow | undefined {
  return rows.find(
    other =>
      other.framework === row.framework &&
      other.session === session &&
      (other.arrangement === 'one') === (row.arrangement === 'one'),
  )
}

function countText(runs: readonly HttpRun[], count: (run: HttpRun) => number): string {
  const total = runs.reduce((sum, run) => sum + count(run), 0)
  const requests = runs.reduce((sum, run) => sum + run.requests, 0)
  return total === 0 ? '0' : `${numberText(total, 0)} (${numberText((100 * total) / requests, 2)} %)`
}
