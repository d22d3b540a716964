import { type LineProcess, nodeScript } from '../process/line-process.js'
import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type HttpCase, type HttpRun, httpRun } from './http-run.js'
import { RedisProcess } from './redis-process.js'
import { needsRedis, type RunningSystem, startSystem } from './running-system.js'
import { arrangementsOf, HTTP_SYSTEMS, type HttpSystem, systemTitle, type Work } from './system.js'

export interface HttpOptions {
  readonly rounds: number
  readonly secondsPerRun: number
  /** Part of a system's title. */
  readonly only: string | undefined
  readonly nodeOptions: readonly string[]
}

export interface HttpRow extends HttpSystem, HttpCase {
  readonly runs: readonly HttpRun[]
}

export interface HttpResults {
  readonly rows: readonly HttpRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
  readonly redis: string
  /** What is not in the rows, and why. */
  readonly missing: readonly string[]
}

interface MeasuredRow extends HttpCase {
  readonly system: RunningSystem
  readonly runs: HttpRun[]
}

const WARM_UP_REQUESTS = 3000
const MAX_WARM_UP_RUNS = 2
const WORKS: readonly Work[] = ['write', 'read']

/** Requests with a session: Clowder, express-session, and the same work without any, in turns. */
export async function runHttp(options: HttpOptions, progress: Progress): Promise<HttpResults> {
  const missing: string[] = []
  const redis = await RedisProcess.start(text => progress.note(text))
  if (typeof redis === 'string') missing.push(`connect-redis: ${redis}`)
  const load = nodeScript('http/load-generator.js', [])
  const systems: RunningSystem[] = []
  try {
    await load.ready()
    await startSystems(systems, redis, { options, progress, missing })
    const measured = await measure(systems, load, options, progress)
    return { ...measured, redis: typeof redis === 'string' ? 'none' : `Redis ${redis.version}`, missing }
  } finally {
    await Promise.all([load, ...systems.flatMap(system => system.nodes)].map(process => process.stop()))
    if (typeof redis !== 'string') await redis.stop()
  }
}

interface Starting {
  readonly options: HttpOptions
  readonly progress: Progress
  readonly missing: string[]
}

async function startSystems(
  systems: RunningSystem[],
  redis: RedisProcess | string,
  { options, progress, missing }: Starting,
): Promise<void> {
  for (const system of HTTP_SYSTEMS.filter(one => systemTitle(one).includes(options.only ?? ''))) {
    progress.tell('http: starting two nodes of each system', systemTitle(system))
    const store = needsRedis(system.session) ? redis : undefined
    if (typeof store === 'string') continue
    try {
      systems.push(await startSystem(system, store, options.nodeOptions))
    } catch (error) {
      missing.push(`${systemTitle(system)}: ${(error as Error).message}`)
    }
  }
}

async function measure(
  systems: readonly RunningSystem[],
  load: LineProcess,
  { rounds, secondsPerRun }: HttpOptions,
  progress: Progress,
): Promise<Pick<HttpResults, 'rows' | 'otherLoad'>> {
  const rows = WORKS.flatMap(work => systems.flatMap(system => rowsOf(system, work)))
  const tell = (stage: string, { system, arrangement, work }: MeasuredRow) =>
    progress.tell(`http: ${stage}`, `${systemTitle(system)}, ${arrangement}, ${work}`)
  for (const row of rows) {
    tell('warming up', row)
    await warmUp(load, row, secondsPerRun)
  }
  const pids = [load.pid, ...systems.flatMap(system => system.pids)]
  const otherLoad: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const others = new OtherLoad(pids)
    for (const row of rows) {
      tell(`round ${round} of ${rounds}`, row)
      row.runs.push(await httpRun(load, row.system, row, secondsPerRun))
    }
    otherLoad.push(others.shareSince())
  }
  return { rows: rows.map(({ system: { framework, session }, ...row }) => ({ framework, session, ...row })), otherLoad }
}

/** By requests rather than by time, because it is calls that make code hot; but not for ever on a slow machine. */
async function warmUp(load: LineProcess, row: MeasuredRow, secondsPerRun: number): Promise<void> {
  let left = WARM_UP_REQUESTS
  for (let run = 0; run < MAX_WARM_UP_RUNS && left > 0; run++) {
    const { requests } = await httpRun(load, row.system, row, secondsPerRun)
    left -= requests
  }
}

function rowsOf(system: RunningSystem, work: Work): MeasuredRow[] {
  return arrangementsOf(system).map(arrangement => ({ system, arrangement, work, runs: [] }))
}
