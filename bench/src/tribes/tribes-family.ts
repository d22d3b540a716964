import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import type { SendOption } from './lanes.js'
import {
  type Pair,
  SYSTEM_TITLES,
  type SystemName,
  startClowder,
  startFloor,
  startTomcat,
  stopPair,
} from './systems.js'
import { type TribesCase, type TribesRun, tribesRun } from './tribes-run.js'

export interface TribesOptions {
  readonly rounds: number
  readonly secondsPerRun: number
  /** Part of a system's title. */
  readonly only: string | undefined
  readonly nodeOptions: readonly string[]
}

export interface TribesRow extends TribesCase {
  readonly system: SystemName
  readonly runs: readonly TribesRun[]
}

export interface TribesResults {
  readonly rows: readonly TribesRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
  readonly peer: string
  /** What is not in the rows, and why. */
  readonly missing: readonly string[]
}

type Pairs = Map<SystemName, Pair>

const OPTIONS: readonly SendOption[] = [8, 2, 6]
const LANES = [1, 64]
const CASES: readonly TribesCase[] = OPTIONS.flatMap(option => LANES.map(lanes => ({ option, lanes })))
const WARM_UP_MESSAGES = 6400
/** Tomcat's asynchronous queue takes 64 MB and then refuses; and every run must fit the receivers' sample buffers. */
const MAX_MESSAGES: Record<SendOption, number> = { 8: 51_200, 2: 1_000_000, 6: 1_000_000 }

/** Group messages between two processes, Clowder's and Tomcat's channel in turns, and a bare socket for orientation. */
export async function runTribes(options: TribesOptions, progress: Progress): Promise<TribesResults> {
  const missing: string[] = []
  const tomcat = tomcatProgram('TribesPeer', text => progress.note(text))
  if (typeof tomcat === 'string') missing.push(`Tomcat: ${tomcat}`)
  progress.tell('tribes', 'starting two processes of each system')
  const pairs = await startPairs(tomcat, options, missing)
  try {
    return { ...(await measure(pairs, options, progress)), peer: peerText(tomcat), missing }
  } finally {
    await Promise.all([...pairs.values()].map(stopPair))
    if (typeof tomcat !== 'string') tomcat.remove()
  }
}

async function startPairs(tomcat: TomcatProgram | string, options: TribesOptions, missing: string[]): Promise<Pairs> {
  const pairs: Pairs = new Map()
  const start = async (system: SystemName, starting: () => Promise<Pair>) => {
    if (!SYSTEM_TITLES[system].includes(options.only ?? '')) return
    try {
      pairs.set(system, await starting())
    } catch (error) {
      missing.push(`${SYSTEM_TITLES[system]}: ${(error as Error).message}`)
    }
  }
  await start('clowder', () => startClowder(false, options.nodeOptions))
  await start('tls', () => startClowder(true, options.nodeOptions))
  if (typeof tomcat !== 'string') await start('tomcat', () => startTomcat(tomcat))
  await start('floor', startFloor)
  return pairs
}

async function measure(
  pairs: Pairs,
  options: TribesOptions,
  progress: Progress,
): Promise<Pick<TribesResults, 'rows' | 'otherLoad'>> {
  const rows = CASES.flatMap(case_ =>
    [...pairs].map(([system, pair]) => ({ system, pair, ...case_, count: 0, runs: [] as TribesRun[] })),
  )
  for (const row of rows) {
    progress.tell('tribes: warming up', `${SYSTEM_TITLES[row.system]}, option ${row.option}, ${row.lanes} in flight`)
    row.count = await warmedUpCount(row.pair, row, options.secondsPerRun)
  }
  const pids = [...pairs.values()].flatMap(({ sender, receiver }) => [sender.pid, receiver.pid])
  const otherLoad: number[] = []
  for (let round = 1; round <= options.rounds; round++) {
    const others = new OtherLoad(pids)
    for (const row of rows) {
      const what = `${SYSTEM_TITLES[row.system]}, option ${row.option}, ${row.lanes} in flight`
      progress.tell(`tribes: round ${round} of ${options.rounds}`, what)
      row.runs.push(await tribesRun(row.pair, row, row.count))
    }
    otherLoad.push(others.shareSince())
  }
  return { rows: rows.map(({ system, option, lanes, runs }) => ({ system, option, lanes, runs })), otherLoad }
}

/** Twice, because the first run is mostly the compiler's. Answers how many messages make a run of the wanted length. */
async function warmedUpCount(pair: Pair, case_: TribesCase, seconds: number): Promise<number> {
  await tribesRun(pair, case_, WARM_UP_MESSAGES)
  const { perSecond } = await tribesRun(pair, case_, 2 * WARM_UP_MESSAGES)
  const wanted = Math.min(Math.max(perSecond * seconds, WARM_UP_MESSAGES), MAX_MESSAGES[case_.option])
  return Math.ceil(wanted / 64) * 64
}

function peerText(tomcat: TomcatProgram | string): string {
  return typeof tomcat === 'string' ? 'none' : tomcat.version
}
