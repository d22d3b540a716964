import type { LineProcess } from '../process/line-process.js'
import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { casesOf, type HttpCase, isFullLoadOf } from './http-case.js'
import type { HttpEffort } from './http-effort.js'
import { type HttpRun, type HttpTarget, httpRun } from './http-run.js'
import { NginxProcess } from './nginx-process.js'
import { RunningSystem, type SystemTools } from './running-system.js'
import { type HttpSystem, isLocal, systemTitle } from './system.js'
import type { SystemGroup } from './system-group.js'
import { warmUp } from './warm-up.js'

export interface HttpRow extends HttpCase {
  readonly system: HttpSystem
  readonly runs: HttpRun[]
}

export interface GroupResults {
  readonly name: string
  readonly rows: readonly HttpRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
}

export interface GroupTools extends SystemTools {
  readonly load: LineProcess
  readonly hasNginx: boolean
  readonly effort: HttpEffort
  readonly progress: Progress
  readonly missing: string[]
}

interface MeasuredRow extends HttpRow {
  readonly target: HttpTarget
}

/** Starts the systems of a group, warms them up, measures all of them in turns, and ends them. */
export async function runGroup(group: SystemGroup, tools: GroupTools): Promise<GroupResults> {
  const systems: RunningSystem[] = []
  let nginx: NginxProcess | undefined
  try {
    await startSystems(systems, group, tools)
    nginx = tools.hasNginx && systems.length > 0 ? await NginxProcess.start(systems.flatMap(upstreamsOf)) : undefined
    const targets = targetsOf(systems, nginx)
    for (const target of targets) {
      const title = systemTitle(target.running.system)
      tools.progress.tell(`http, ${group.name}: warming up`, title)
      const problem = await warmUp(tools.load, target, tools.effort)
      if (problem) tools.missing.push(`${title}: ${problem}`)
    }
    return { name: group.name, ...(await measure(group.name, targets, tools)) }
  } finally {
    await Promise.all(systems.map(system => system.stop()))
    await nginx?.stop()
  }
}

async function startSystems(systems: RunningSystem[], group: SystemGroup, tools: GroupTools): Promise<void> {
  for (const system of group.systems) {
    tools.progress.tell(`http, ${group.name}: starting`, systemTitle(system))
    try {
      systems.push(await RunningSystem.start(system, tools))
    } catch (error) {
      tools.missing.push(`${systemTitle(system)}: ${reasonOf(error)}`)
    }
  }
}

/** Where sessions live on one node, a port of nginx for each, because its clients must stay. */
function upstreamsOf(running: RunningSystem): number[][] {
  return isLocal(running.system) ? running.httpPorts.map(port => [port]) : [running.httpPorts]
}

function targetsOf(systems: readonly RunningSystem[], nginx: NginxProcess | undefined): HttpTarget[] {
  let taken = 0
  return systems.map(running => {
    const from = taken
    taken += upstreamsOf(running).length
    return { running, nginx, nginxPorts: nginx?.ports.slice(from, taken) ?? [] }
  })
}

async function measure(
  name: string,
  targets: readonly HttpTarget[],
  { load, hasNginx, effort, progress }: GroupTools,
): Promise<Omit<GroupResults, 'name'>> {
  const rows = caseByCase(targets.map(target => rowsOf(target, effort, hasNginx)))
  const pids = [load.pid, ...targets.flatMap(({ running, nginx }) => [...running.pids, ...(nginx?.pids ?? [])])]
  const otherLoad: number[] = []
  for (let round = 1; round <= effort.rounds; round++) {
    const others = new OtherLoad([...new Set(pids)])
    for (const row of rows) {
      progress.tell(`http, ${name}: round ${round} of ${effort.rounds}`, rowTitle(row))
      const seconds = row.clients === 1 ? effort.loneSeconds : effort.seconds
      row.runs.push(await httpRun(load, row.target, row, { seconds, perSecond: perSecondOf(row, rows) }))
    }
    otherLoad.push(others.shareSince())
  }
  return { rows: rows.map(({ target, ...row }) => row), otherLoad }
}

function rowsOf(target: HttpTarget, effort: HttpEffort, hasNginx: boolean): MeasuredRow[] {
  return casesOf(target.running.system, effort.isQuick)
    .filter(({ arrangement }) => arrangement !== 'nginx' || hasNginx)
    .map(one => ({ ...one, system: target.running.system, target, runs: [] }))
}

/** The first case of every system, then the second: so that what is compared is measured close together. */
function caseByCase(rows: readonly (readonly MeasuredRow[])[]): MeasuredRow[] {
  const cases = [...new Set(rows.flat().map(caseKey))]
  return cases.flatMap(key => rows.flat().filter(row => caseKey(row) === key))
}

function caseKey({ work, clients, arrangement, isHalfLoad }: HttpCase): string {
  return `${work} ${clients} ${arrangement} ${isHalfLoad}`
}

function perSecondOf(row: MeasuredRow, rows: readonly MeasuredRow[]): number | undefined {
  if (!row.isHalfLoad) return undefined
  const full = rows.find(one => one.target === row.target && isFullLoadOf(row, one))
  return full!.runs.at(-1)!.perSecond / 2
}

function rowTitle({ system, arrangement, work, clients }: HttpRow): string {
  return `${systemTitle(system)}, ${work}, ${clients} at ${arrangement}`
}

/** What happened, and the first line of what the process wrote about it. */
export function reasonOf(error: unknown): string {
  return (error as Error).message.trim().split('\n').slice(0, 2).join(': ')
}
