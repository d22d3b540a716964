import type { Goal } from '../figures/goal.js'
import { numberText, spreadText } from '../figures/markdown.js'
import type { Spread } from '../figures/spread.js'
import type { HttpRow } from './group-run.js'
import type { Arrangement, Work } from './http-case.js'
import { type HttpRows, sumOver, type WantedRow } from './http-rows.js'
import type { HttpRun } from './http-run.js'
import { type Framework, isClowder, type SessionKind, sessionTitle } from './system.js'

const ARRANGEMENTS = { one: 'one node loaded', robin: 'round robin', nginx: 'through nginx' } as const
const PEERS: Record<Framework, readonly SessionKind[]> = {
  'node:http': ['map'],
  fastify: ['memory', 'redis'],
  express: ['memory', 'redis', 'memcached'],
  Tomcat: ['tomcat-8', 'tomcat-6'],
}

/** How one row is judged. */
interface Measure {
  readonly figure: (row: HttpRow) => Spread | undefined
  readonly digits: number
  readonly unit: string
}

interface Limit {
  readonly limit: number
  readonly isFloor?: boolean
}

/** Of the rows: P5 to P10, and P19. */
export function requestGoals(rows: HttpRows): Goal[] {
  const added: Measure = { figure: row => rows.added(row), digits: 0, unit: ' µs' }
  const kept: Measure = { figure: row => rows.kept(row), digits: 2, unit: '' }
  const cpu = (id: string, work: Work, what: string, limits: Partial<Record<Arrangement, number>>, nodes = 2) =>
    (['node:http', 'fastify'] as const).flatMap(framework =>
      Object.entries(limits).map(([arrangement, limit]) =>
        judged(
          rows,
          { id, what },
          { framework, session: 'clowder-backup', work, nodes, arrangement: arrangement as Arrangement },
          added,
          { limit },
        ),
      ),
    )
  return [
    ...cpu('P5', 'write', 'CPU that a changed session adds', { one: 35, robin: 80 }),
    ...cpu('P6', 'read', 'CPU that a read adds', { one: 15, robin: 15 }),
    ...cpu('P7', 'never', 'CPU of a request that never looks', { one: 2 }),
    ...keptGoals(rows, kept),
    ...latencyGoals(rows),
    wrongAnswers(rows),
    ...fourNodes(rows, added, kept),
  ]
}

function keptGoals(rows: HttpRows, kept: Measure): Goal[] {
  const limits = { express: 0.85, fastify: 0.65, 'node:http': 0.55 } as const
  return (['express', 'fastify', 'node:http'] as const).map(framework =>
    judged(
      rows,
      { id: 'P8', what: 'rate kept' },
      { framework, session: 'clowder-backup', arrangement: 'nginx' },
      kept,
      {
        limit: limits[framework],
        isFloor: true,
      },
    ),
  )
}

function latencyGoals(rows: HttpRows): Goal[] {
  const p50: Measure = { figure: row => rows.addedUs(row, run => run.p50Us), digits: 0, unit: ' µs' }
  const p99: Measure = { figure: row => rows.addedUs(row, run => run.p99Us), digits: 0, unit: ' µs' }
  const wanted: WantedRow = { framework: 'node:http', session: 'clowder-backup' }
  return [
    judged(rows, { id: 'P9', what: 'p50 added to a lone request' }, { ...wanted, clients: 1 }, p50, { limit: 110 }),
    judged(rows, { id: 'P9', what: 'p99 added to a lone request' }, { ...wanted, clients: 1 }, p99, { limit: 1000 }),
    judged(rows, { id: 'P9', what: 'p99 added at half load' }, { ...wanted, clients: 16, isHalfLoad: true }, p99, {
      limit: 1000,
    }),
  ]
}

function wrongAnswers(rows: HttpRows): Goal {
  const wrong = (isWanted: (row: HttpRow) => boolean) => {
    const some = rows.all.filter(isWanted)
    const sum = (figure: (run: HttpRun) => number) => sumOver(some, figure)
    return { some, total: sum(run => run.wrong), stale: sum(run => run.stale), requests: sum(run => run.requests) }
  }
  const safe = wrong(({ system }) => system.session === 'clowder-backup' || system.session === 'clowder-all')
  const others = (['clowder-async', 'redis', 'memcached', 'tomcat-8', 'tomcat-6'] as const).flatMap(session => {
    const { some, total, requests } = wrong(({ system }) => system.session === session)
    const first = some[0]
    if (!first) return []
    const name = isClowder(session)
      ? 'async'
      : `${first.system.framework === 'Tomcat' ? 'Tomcat ' : ''}${sessionTitle({ ...first.system, framework: 'Tomcat' })}`
    return [`${name} ${numberText(total, 0)} of ${numberText(requests, 0)}`]
  })
  return {
    id: 'P10',
    what: 'wrong answers, all cases, backup and all',
    measured: `${numberText(safe.total, 0)} of ${numberText(safe.requests, 0)}${safe.stale > 0 ? `; ${safe.stale} marked as stale` : ''}`,
    goal: '0',
    isMet: safe.some.length === 0 ? undefined : safe.total === 0,
    peers: others.join(' · '),
  }
}

function fourNodes(rows: HttpRows, added: Measure, kept: Measure): Goal[] {
  const wanted: WantedRow = { framework: 'node:http', session: 'clowder-backup', nodes: 4 }
  const cpuAdded = { id: 'P19', what: 'four nodes: CPU added' }
  const rateKept = { id: 'P19', what: 'four nodes: rate kept' }
  return [
    judged(rows, cpuAdded, wanted, added, { limit: 60 }),
    judged(rows, cpuAdded, { ...wanted, arrangement: 'robin' }, added, { limit: 220 }),
    judged(rows, rateKept, wanted, kept, { limit: 0.6, isFloor: true }),
    judged(rows, rateKept, { ...wanted, arrangement: 'robin' }, kept, { limit: 0.35, isFloor: true }),
  ]
}

/** One row against a limit, and beside it the same of the framework's own peers and of Tomcat. */
function judged(
  rows: HttpRows,
  { id, what }: Pick<Goal, 'id' | 'what'>,
  wanted: WantedRow,
  { figure, digits, unit }: Measure,
  { limit, isFloor = false }: Limit,
): Goal {
  const row = rows.find(wanted)
  const spread = row && figure(row)
  const peers = [wanted.framework, 'Tomcat' as const].flatMap(framework =>
    PEERS[framework].flatMap(session => {
      const peer = rows.find({ ...wanted, framework, session })
      const its = peer && figure(peer)
      if (!its) return []
      const name = `${framework === 'Tomcat' ? 'Tomcat ' : ''}${sessionTitle(peer.system)}`
      return [`${name} ${numberText(its.median, digits)}${unit}`]
    }),
  )
  return {
    id,
    what: `${what}: ${wanted.framework}, ${ARRANGEMENTS[wanted.arrangement ?? 'one']}`,
    measured: spread ? `${spreadText(spread, digits)}${unit}` : '',
    goal: `${isFloor ? '≥' : '≤'} ${limit}${unit}`,
    isMet: spread && (isFloor ? spread.median >= limit : spread.median <= limit),
    peers: peers.join(' · '),
  }
}
