import { type Spread, spreadOf, spreadOfPairs } from '../figures/spread.js'
import type { HttpRow } from './group-run.js'
import { CROWD, type HttpCase } from './http-case.js'
import type { HttpRun } from './http-run.js'
import type { Framework, SessionKind } from './system.js'

/** Which row, in words: what is left out is what most rows have. */
export interface WantedRow extends Partial<HttpCase> {
  readonly framework: Framework
  readonly session: SessionKind
  readonly nodes?: number
}

const USUAL = { work: 'write', arrangement: 'one', clients: CROWD, isHalfLoad: false, nodes: 2 } as const

/** What a session is added to. Tomcat has none without sessions. */
const BARE: Record<Framework, SessionKind> = {
  'node:http': 'none',
  fastify: 'none',
  express: 'none',
  Tomcat: 'tomcat-local',
}

/** The same code with the sessions of one process only. */
const LOCAL_COUNTERPART: Partial<Record<SessionKind, SessionKind>> = {
  'clowder-async': 'clowder-local',
  'clowder-backup': 'clowder-local',
  'clowder-all': 'clowder-local',
  redis: 'memory',
  memcached: 'memory',
  'tomcat-8': 'tomcat-local',
  'tomcat-6': 'tomcat-local',
}

/** The rows of all groups, and how they compare. */
export class HttpRows {
  readonly all: readonly HttpRow[]

  constructor(all: readonly HttpRow[]) {
    this.all = all
  }

  find(wanted: WantedRow): HttpRow | undefined {
    const { framework, session, nodes, ...one } = { ...USUAL, ...wanted }
    return this.all.find(
      row =>
        row.system.framework === framework &&
        row.system.session === session &&
        row.system.nodes === nodes &&
        row.work === one.work &&
        row.arrangement === one.arrangement &&
        row.clients === one.clients &&
        row.isHalfLoad === one.isHalfLoad,
    )
  }

  /** CPU of all nodes and the store. */
  added(row: HttpRow): Spread | undefined {
    return this.#against(row, BARE[row.system.framework], (a, b) => a.cpuUsPerRequest - b.cpuUsPerRequest)
  }

  kept(row: HttpRow): Spread | undefined {
    const local = LOCAL_COUNTERPART[row.system.session]
    return local && this.#against(row, local, (a, b) => a.perSecond / b.perSecond)
  }

  /** `latency`: of one run. Against the same code with the sessions of one process only. */
  addedUs(row: HttpRow, latency: (run: HttpRun) => number): Spread | undefined {
    const local = LOCAL_COUNTERPART[row.system.session]
    return local && this.#against(row, local, (a, b) => latency(a) - latency(b))
  }

  #against(row: HttpRow, session: SessionKind, combine: (a: HttpRun, b: HttpRun) => number): Spread | undefined {
    const { system, runs, ...one } = row
    const base = this.find({ ...one, framework: system.framework, session, nodes: system.nodes })
    if (!base || base === row) return undefined
    const rounds = runs.map((_, i) => i)
    return spreadOfPairs(rounds, rounds, (a, b) => combine(runs[a]!, base.runs[b]!))
  }
}

export function spreadOver(row: HttpRow, figure: (run: HttpRun) => number): Spread {
  return spreadOf(row.runs.map(figure))
}

export function sumOver(rows: readonly HttpRow[], figure: (run: HttpRun) => number): number {
  return rows.flatMap(row => row.runs).reduce((sum, run) => sum + figure(run), 0)
}
