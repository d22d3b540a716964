import { OtherLoad } from '../process/other-load.js'
import type { Progress } from '../process/progress.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import type { SendOption } from './lanes.js'
import {
  type Group,
  SYSTEM_TITLES,
  type SystemName,
  startClowder,
  startFloor,
  startTomcat,
  stopGroup,
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

/** A system, with so many processes. */
interface RunningGroup {
  readonly system: SystemName
  readonly members: number
  readonly group: Group
}

const OPTIONS: readonly SendOption[] = [8, 2, 6]
const LANES = [1, 64]
const USUAL_BYTES = 1024
const USUAL: readonly TribesCase[] = OPTIONS.flatMap(option =>
  LANES.map(lanes => ({ option, lanes, bytes: USUAL_BYTES, members: 2 })),
)
/** Other sizes, other paces, more members. Measured in fewer rounds. */
const UNUSUAL: readonly TribesCase[] = [
  { option: 6, lanes: 64, bytes: 100, members: 2 },
  { option: 6, lanes: 64, bytes: 10_240, members: 2 },
  { option: 6, lanes: 16, bytes: 102_400, members: 2 },
  { option: 6, lanes: 1, bytes: USUAL_BYTES, members: 2, perSecond: 500 },
  { option: 6, lanes: 1, bytes: USUAL_BYTES, members: 2, perSecond: 5_000 },
  { option: 6, lanes: 64, bytes: USUAL_BYTES, members: 4 },
]
const MOST_UNUSUAL_ROUNDS = 3
const MEMBERS = [2, 4]
const WARM_UP_MESSAGES = 6400
const MOST_WARM_UP_BYTES = 32 * 2 ** 20
/** Tomcat's asynchronous queue takes 64 MB and then refuses; and every run must fit the receivers' sample buffers. */
const MAX_MESSAGES: Record<SendOption, number> = { 8: 51_200, 2: 1_000_000, 6: 1_000_000 }

/** Group messages between processes, Clowder's and Tomcat's channel in turns, and a bare socket for orientation. */
export async function runTribes(options: TribesOptions, progress: Progress): Promise<TribesResults> {
  const missing: string[] = []
  const tomcat = tomcatProgram('TribesPeer', text => progress.note(text))
  if (typeof tomcat === 'string') missing.push(`Tomcat: ${tomcat}`)
  const rows: TribesRow[] = []
  const otherLoad: number[] = []
  try {
    for (const members of MEMBERS) {
      progress.tell('tribes', `starting ${members} processes of each system`)
      const groups = await startGroups(members, tomcat, options, missing)
      try {
        rows.push(...(await measure(groups, options, progress, otherLoad)))
      } finally {
        await Promise.all(groups.map(({ group }) => stopGroup(group)))
      }
    }
    return { rows, otherLoad, peer: peerText(tomcat), missing }
  } finally {
    if (typeof tomcat !== 'string') tomcat.remove()
  }
}

async function startGroups(
  members: number,
  tomcat: TomcatProgram | string,
  options: TribesOptions,
  missing: string[],
): Promise<RunningGroup[]> {
  const groups: RunningGroup[] = []
  const start = async (system: SystemName, starting: () => Promise<Group>) => {
    if (!SYSTEM_TITLES[system].includes(options.only ?? '')) return
    try {
      groups.push({ system, members, group: await starting() })
    } catch (error) {
      missing.push(`${SYSTEM_TITLES[system]}, ${members} processes: ${(error as Error).message}`)
    }
  }
  await start('clowder', () => startClowder(members, false, options.nodeOptions))
  await start('tls', () => startClowder(members, true, options.nodeOptions))
  if (typeof tomcat !== 'string') await start('tomcat', () => startTomcat(members, tomcat))
  if (members === 2) await start('floor', startFloor)
  return groups
}

async function measure(
  groups: readonly RunningGroup[],
  { rounds, secondsPerRun }: TribesOptions,
  progress: Progress,
  otherLoad: number[],
): Promise<TribesRow[]> {
  const rows = [...USUAL, ...UNUSUAL].flatMap(one =>
    groups
      .filter(({ members }) => members === one.members)
      .map(({ system, group }) => ({ system, group, one, count: 0, runs: [] as TribesRun[] })),
  )
  for (const row of rows) {
    progress.tell('tribes: warming up', titleOf(row))
    row.count = await warmedUpCount(row.group, row.one, secondsPerRun)
  }
  const pids = groups.flatMap(({ group: { sender, receivers } }) => [sender, ...receivers].map(({ pid }) => pid))
  for (let round = 1; round <= rounds; round++) {
    const others = new OtherLoad(pids)
    for (const row of rows) {
      if (round > MOST_UNUSUAL_ROUNDS && !USUAL.includes(row.one)) continue
      progress.tell(`tribes: round ${round} of ${rounds}`, titleOf(row))
      row.runs.push(await tribesRun(row.group, row.one, row.count))
    }
    otherLoad.push(others.shareSince())
  }
  return rows.map(({ system, one, runs }) => ({ system, ...one, runs }))
}

function titleOf({ system, one }: { readonly system: SystemName; readonly one: TribesCase }): string {
  return `${SYSTEM_TITLES[system]}, option ${one.option}, ${one.lanes} in flight, ${one.bytes} bytes`
}

/** Twice, because the first run is mostly the compiler's. Answers how many messages make a run of the wanted length. */
async function warmedUpCount(group: Group, one: TribesCase, seconds: number): Promise<number> {
  if (one.perSecond) return Math.ceil(one.perSecond * seconds)
  const few = Math.max(64, Math.min(WARM_UP_MESSAGES, Math.floor(MOST_WARM_UP_BYTES / one.bytes)))
  await tribesRun(group, one, few)
  const { perSecond } = await tribesRun(group, one, 2 * few)
  const wanted = Math.min(Math.max(perSecond * seconds, few), MAX_MESSAGES[one.option])
  return Math.ceil(wanted / 64) * 64
}

function peerText(tomcat: TomcatProgram | string): string {
  return typeof tomcat === 'string' ? 'none' : tomcat.version
}
