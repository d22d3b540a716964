import { spreadOf } from '../figures/spread.js'
import type { BarKind, Panel } from '../plot/panel.js'
import { SYSTEM_TITLES, type SystemName } from './systems.js'
import type { TribesResults, TribesRow } from './tribes-family.js'
import { isUsual } from './tribes-report.js'
import type { TribesRun } from './tribes-run.js'

const KINDS: Record<SystemName, BarKind> = { clowder: 'clowder', tls: 'clowder', tomcat: 'peer', floor: 'floor' }

export function tribesPanels({ rows }: TribesResults): Panel[] {
  const usual = rows.filter(isUsual)
  const panel = (
    title: string,
    unit: string,
    option: number,
    lanes: number,
    of: (run: TribesRun) => number,
  ): Panel => ({
    title,
    unit,
    bars: usual.filter(row => row.option === option && row.lanes === lanes).map(row => barOf(row, of)),
  })
  const cpu = (run: TribesRun) => run.cpuSecondsPer100k
  return [
    panel('CPU of both sides, 64 in flight, acknowledged when delivered', 's per 100,000', 6, 64, cpu),
    panel('The same, one at a time', 's per 100,000', 6, 1, cpu),
    panel('The same, asynchronous', 's per 100,000', 8, 64, cpu),
    panel('Messages, 64 in flight, acknowledged when delivered', 'a second', 6, 64, run => run.perSecond),
    panel('One at a time: p99', 'µs', 6, 1, run => run.roundTrip.p99Us),
  ]
}

function barOf(row: TribesRow, of: (run: TribesRun) => number) {
  return { label: SYSTEM_TITLES[row.system], kind: KINDS[row.system], spread: spreadOf(row.runs.map(of)) }
}
