import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { spreadOf, spreadOfPairs } from '../figures/spread.js'
import type { SendOption } from './lanes.js'
import type { LatencyFigures } from './latencies.js'
import { SYSTEM_TITLES, type SystemName } from './systems.js'
import type { TribesResults, TribesRow } from './tribes-family.js'
import type { TribesRun } from './tribes-run.js'

const OPTION_TITLES: Record<SendOption, string> = {
  8: 'asynchronous',
  2: 'use-ack',
  6: 'synchronized-ack',
}

export function tribesReport({ rows, peer, missing }: TribesResults): string {
  const usual = rows.filter(isUsual)
  return [
    `## Group messages (peer: ${peer})`,
    '',
    'Medians, in parentheses the lowest and the highest round. Latency is the round trip where something is acknowledged, one way where nothing is.',
    'In flight: messages sent and not yet acknowledged; in Tomcat as many threads. Asynchronous: that many per turn of the event loop, in Tomcat as',
    'many threads that do not wait. Out of order: messages that came right behind a later one of the same stream. The bare socket is no peer: it shows what',
    'the machine allows.',
    '',
    'Of 1 KiB, between two processes, as fast as it goes:',
    '',
    systemTable(usual),
    '',
    'Of other sizes, at a given pace, and to three others at once, acknowledged when delivered (CPU of all processes, per message sent):',
    '',
    otherTable(rows.filter(row => !usual.includes(row))),
    '',
    'Clowder against Tomcat, round by round:',
    '',
    ratioTable(usual),
    '',
    'What TLS costs: Clowder with a secret against Clowder without one, round by round:',
    '',
    tlsTable(usual),
    ...missing.map(reason => `\nMissing: ${reason}`),
  ].join('\n')
}

function systemTable(rows: readonly TribesRow[]): string {
  const heads = [
    'option',
    'in flight',
    'system',
    'messages/s',
    'p50 µs',
    'p99 µs',
    'CPU s / 100,000',
    'out of order',
    'lost',
  ]
  return markdownTable(
    heads,
    rows.map(row => [OPTION_TITLES[row.option], `${row.lanes}`, ...figureCells(row)]),
  )
}

function otherTable(rows: readonly TribesRow[]): string {
  const heads = [
    'bytes',
    'processes',
    'pace',
    'system',
    'messages/s',
    'p50 µs',
    'p99 µs',
    'CPU s / 100,000',
    'out of order',
    'lost',
  ]
  return markdownTable(
    heads,
    rows.map(row => [
      numberText(row.bytes, 0),
      `${row.members}`,
      row.perSecond ? `${numberText(row.perSecond, 0)} a second` : `${row.lanes} in flight`,
      ...figureCells(row),
    ]),
  )
}

function figureCells(row: TribesRow): string[] {
  const figure = (of: (run: TribesRun) => number, digits: number) => spreadText(spreadOf(row.runs.map(of)), digits)
  return [
    SYSTEM_TITLES[row.system],
    figure(run => run.perSecond, 0),
    figure(run => latencyOf(row, run).p50Us, 0),
    figure(run => latencyOf(row, run).p99Us, 0),
    figure(run => run.cpuSecondsPer100k, 2),
    shareText(row.runs, run => run.outOfOrder),
    shareText(row.runs, run => run.lost + run.failures),
  ]
}

/** Of 1 KiB, between two processes, as fast as it goes. */
export function isUsual({ bytes, members, perSecond }: TribesRow): boolean {
  return bytes === 1024 && members === 2 && perSecond === undefined
}

/** Above 1 is better for Clowder in every column. */
function ratioTable(rows: readonly TribesRow[]): string {
  return comparison(rows, 'tomcat', 'clowder', ['option', 'in flight', 'rate ×', 'CPU ÷', 'p50 ÷', 'p99 ÷'], 1)
}

/** Above 1 is what it costs. */
function tlsTable(rows: readonly TribesRow[]): string {
  return comparison(rows, 'tls', 'clowder', ['option', 'in flight', 'rate ÷', 'CPU ×', 'p50 ×', 'p99 ×'], 2)
}

/** The figures of the one divided by those of the other. */
function comparison(
  rows: readonly TribesRow[],
  one: SystemName,
  other: SystemName,
  heads: readonly string[],
  digits: number,
): string {
  const ratios = rows.flatMap(row => {
    const match = rows.find(r => r.system === one && r.option === row.option && r.lanes === row.lanes)
    return row.system === other && match ? [ratioCells(match, row, digits)] : []
  })
  return ratios.length === 0 ? 'One of the two is missing.' : markdownTable(heads, ratios)
}

function ratioCells(one: TribesRow, other: TribesRow, digits: number): string[] {
  const ratio = (value: (run: TribesRun) => number) =>
    spreadText(
      spreadOfPairs(one.runs.map(value), other.runs.map(value), (a, b) => a / b),
      digits,
    )
  return [
    OPTION_TITLES[one.option],
    `${one.lanes}`,
    ratio(run => 1 / run.perSecond),
    ratio(run => run.cpuSecondsPer100k),
    ratio(run => latencyOf(one, run).p50Us),
    ratio(run => latencyOf(one, run).p99Us),
  ]
}

function latencyOf({ option }: TribesRow, run: TribesRun): LatencyFigures {
  return option === 8 ? run.oneWay : run.roundTrip
}

function shareText(runs: readonly TribesRun[], count: (run: TribesRun) => number): string {
  const total = runs.reduce((sum, run) => sum + count(run), 0)
  const sent = runs.reduce((sum, run) => sum + run.sent, 0)
  return total === 0 ? '0' : `${numberText(total, 0)} (${numberText((100 * total) / sent, 1)} %)`
}
