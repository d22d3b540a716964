import { markdownTable, numberText, spreadText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { LoopFigures } from '../process/loop-watch.js'
import type { MemoryResults, SizeRow } from './memory-family.js'
import type { KeeperName } from './replica-sizes.js'
import { PACED_PER_SECOND, type ResidentRun, type StoreRun } from './resident-loop.js'

export const KEEPER_TITLES: Record<KeeperName, string> = {
  clowder: 'Clowder',
  tomcat: 'Tomcat',
  'memory-store': 'express-session, MemoryStore',
}

/** The text and what it is found by: an id of 32 characters and a name of five. */
export const NAMES_BYTES = 37
const MIB = 2 ** 20

export function memoryReport({ sizes, residents, stores, peer, missing }: MemoryResults): string {
  return [
    `## Sessions that nobody uses (peer: ${peer})`,
    '',
    'Bytes per session in a process that holds copies of sessions of one text each and does nothing else: what it held after garbage collection, less what it held with 2,000 of',
    'them. Over the payload: less the text, an id of 32 characters and a name of five. Heap: with all buffers; in Tomcat what is in use after System.gc(). RSS: what the system',
    'counts, which a JVM and a heap that has grown do not give back. MemoryStore replicates nothing.',
    '',
    sizeTable(sizes),
    '',
    `The event loop of two members that hold many sessions of 1 KiB: how late a timer of 1 ms is, its millisecond included. At rest; with ${numberText(PACED_PER_SECOND, 0)} changed sessions a second; and with as many as`,
    'one member can make, each turn’s acknowledged by the other before the next begins (an hour’s writes in seconds). One write in ten makes a session that nobody uses again and that',
    'expires after 2 s. GC: the longest pauses of the garbage collector, and its share of the time. RSS: of the replica before all this, and when it was over.',
    '',
    loopTable(residents, stores),
    ...missing.map(reason => `\nMissing: ${reason}`),
  ].join('\n')
}

function sizeTable(rows: readonly SizeRow[]): string {
  return markdownTable(
    ['payload', 'sessions', 'system', 'heap', 'over the payload', 'RSS', 'over the payload'],
    rows.map(({ keeper, bytes, sessions, runs }) => {
      const of = (value: (run: SizeRow['runs'][number]) => number | undefined, less: number) =>
        spreadText(spreadOf(runs.map(run => (value(run) ?? Number.NaN) - less)), 0)
      const payload = bytes + NAMES_BYTES
      return [
        numberText(bytes, 0),
        numberText(sessions, 0),
        KEEPER_TITLES[keeper],
        of(run => run.held, 0),
        of(run => run.held, payload),
        of(run => run.rss, 0),
        of(run => run.rss, payload),
      ]
    }),
  )
}

const HEADS = [
  'sessions',
  'system',
  'writes/s',
  'p99 ms',
  'worst ms',
  'GC p99 ms',
  'GC worst ms',
  'GC share',
  'RSS MiB',
]

function loopTable(residents: readonly ResidentRun[], stores: readonly StoreRun[]): string {
  return markdownTable(
    HEADS,
    residents.flatMap(run => [...residentRows(run), ...stores.filter(s => s.sessions === run.sessions).map(storeRow)]),
  )
}

function residentRows(run: ResidentRun): string[][] {
  const { sessions, idle, resting, paced, churning, before, after } = run
  const rss = `${numberText(before.rss / MIB, 0)} → ${numberText(after.rss / MIB, 0)}`
  return [
    loopRow(0, 'an idle process', 0, idle),
    loopRow(sessions, 'Clowder, who writes', 0, resting.writer),
    loopRow(sessions, 'Clowder, replica', 0, resting.replica),
    loopRow(sessions, 'Clowder, who writes', perSecond(paced), paced.writer),
    loopRow(sessions, 'Clowder, replica', perSecond(paced), paced.replica),
    loopRow(sessions, 'Clowder, who writes', perSecond(churning), churning.writer),
    [...loopRow(sessions, 'Clowder, replica', perSecond(churning), churning.replica).slice(0, -1), rss],
  ]
}

function storeRow({ sessions, churning }: StoreRun): string[] {
  return loopRow(sessions, KEEPER_TITLES['memory-store'], perSecond(churning), churning.loop)
}

function perSecond({ churn }: { readonly churn: { readonly writes: number; readonly seconds: number } }): number {
  return churn.writes / churn.seconds
}

function loopRow(sessions: number, title: string, writes: number, loop: LoopFigures): string[] {
  const { p99Ms, maxMs, gcP99Ms, gcMaxMs, gcShare } = loop
  return [
    numberText(sessions, 0),
    title,
    numberText(writes, 0),
    ...[p99Ms, maxMs, gcP99Ms, gcMaxMs].map(ms => numberText(ms, 1)),
    `${numberText(100 * gcShare, 1)} %`,
    '',
  ]
}
