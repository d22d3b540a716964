import { CpuTime } from '../process/cpu-time.js'
import { type LineProcess, nodeScript } from '../process/line-process.js'
import { OtherLoad } from '../process/other-load.js'
import { ports } from '../process/ports.js'
import type { Progress } from '../process/progress.js'
import { tomcatMember } from '../process/tomcat-member.js'
import { type TomcatProgram, tomcatProgram } from '../process/tomcat-program.js'
import { until } from '../process/until.js'
import { floorMbPerSecond } from './floor-stream.js'

export interface StateOptions {
  /** How many sessions there are before somebody joins, and how often that is measured. */
  readonly sizes: readonly { readonly sessions: number; readonly rounds: number }[]
}

/** What Tomcat says when its start is over: it takes a joiner for ready whatever it has got. */
interface TomcatJoin {
  readonly readyMs: number
  readonly sessions: number
}

/** One member joining two others, and then healing what it missed while it stood still. */
export interface StateRun {
  /** From the start of the cluster in the joiner to its first answer about a session that it does not hold yet, which it asks for. */
  readonly serveMs: number
  /** From the start of the cluster in a joiner that waits until it is ready with all sessions. */
  readonly completeMs: number
  /** Of sessions and their attributes alone. */
  readonly payloadMbPerSecond: number
  /** What all three processes worked meanwhile, per 100,000 sessions. */
  readonly cpuSeconds: number
  /** The event loop of the member that gives, while it does. */
  readonly donorP99Ms: number
  readonly donorMaxMs: number
  /** From the moment at which a member that stood still goes on to its showing all that the others have changed. */
  readonly healMs: number
}

export interface StateRow {
  readonly sessions: number
  readonly bytes: number
  readonly differences: number
  readonly runs: readonly StateRun[]
  /** One, or none where it cannot be measured. */
  readonly tomcat: readonly TomcatJoin[]
  /** A stream of the same bytes between two bare sockets of one host, MB/s: what the machine allows. */
  readonly floorMbPerSecond: readonly number[]
}

export interface StateResults {
  readonly rows: readonly StateRow[]
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
  readonly peer: string
  /** What is not in the rows, and why. */
  readonly missing: readonly string[]
}

const BYTES = 1024
const DIFFERENCES = 1000
const READY_TIMEOUT_MS = 180_000
const SERVE_TIMEOUT_MS = 10_000
/** More take its joiner minutes, and come to nothing. */
const MOST_OF_TOMCAT = 100_000

/** A member joins with so many sessions of 1 KiB; a member that stood still catches up. */
export async function runState({ sizes }: StateOptions, progress: Progress): Promise<StateResults> {
  const tomcat = tomcatProgram('TomcatMember', text => progress.note(text))
  const program = typeof tomcat === 'string' ? undefined : tomcat
  const missing = typeof tomcat === 'string' ? [`Tomcat: ${tomcat}`] : []
  const rows = sizes.map(size => ({
    ...size,
    runs: [] as StateRun[],
    tomcat: [] as TomcatJoin[],
    floorMbPerSecond: [] as number[],
  }))
  const otherLoad: number[] = []
  try {
    for (let round = 1; round <= Math.max(...sizes.map(({ rounds }) => rounds)); round++) {
      otherLoad.push(await OtherLoad.atRest())
      for (const row of rows.filter(({ rounds }) => round <= rounds)) {
        progress.tell(`state: round ${round}`, `${row.sessions} sessions`)
        row.floorMbPerSecond.push(await floorMbPerSecond(row.sessions * BYTES))
        row.runs.push(await joinAndHeal(row.sessions))
        if (program && round === 1 && row.sessions <= MOST_OF_TOMCAT)
          row.tomcat.push(...(await tomcatJoins(program, row.sessions, missing)))
      }
    }
  } finally {
    program?.remove()
  }
  const told = rows.map(({ rounds: _, ...row }) => ({ ...row, bytes: BYTES, differences: DIFFERENCES }))
  return { rows: told, otherLoad, peer: program?.version ?? 'none', missing }
}

/** Once: it takes a minute, most of which is waiting. */
async function tomcatJoins(program: TomcatProgram, sessions: number, missing: string[]): Promise<TomcatJoin[]> {
  const { multicast, tcp } = ports()
  const members: LineProcess[] = []
  const start = (n: number) => {
    const member = tomcatMember(program, tcp + 100 * n, multicast)
    members.push(member)
    return member.ready<TomcatJoin>(READY_TIMEOUT_MS)
  }
  try {
    await start(0)
    await members[0]!.ask(`fill ${sessions} ${BYTES} 0`)
    const { readyMs, sessions: held } = await start(1)
    return [{ readyMs, sessions: held }]
  } catch (error) {
    missing.push(`Tomcat, ${sessions} sessions: ${(error as Error).message.split('\n')[0]}`)
    return []
  } finally {
    await Promise.all(members.map(member => member.stop()))
  }
}

interface Readiness {
  readonly readyMs: number
  readonly cpuSeconds: number
}

async function joinAndHeal(sessions: number): Promise<StateRun> {
  const { multicast } = ports()
  const members: LineProcess[] = []
  const start = async (waits: boolean) => {
    const member = nodeScript('state/state-node.js', [`${multicast}`, ...(waits ? ['waits'] : [])])
    members.push(member)
    return { member, ...(await member.ready<Readiness>(READY_TIMEOUT_MS)) }
  }
  try {
    const { member: donor } = await start(true)
    await donor.ask(`fill ${sessions} ${BYTES}`)
    const { serveMs, joiner: first } = await serving(start, sessions)
    await first.stop()
    await until(donor, async () => (await donor.ask<{ members: number }>('members')).members === 0)
    await donor.ask('looped')
    const cpu = new CpuTime([donor.pid])
    const { member, readyMs, cpuSeconds: joinerCpu } = await start(true)
    const donorCpu = cpu.secondsSince()[0]!
    const { p99Ms, maxMs } = await donor.ask<{ p99Ms: number; maxMs: number }>('looped')
    const held = (await member.ask<{ sessions: number }>('sessions')).sessions
    if (held !== sessions) throw new Error(`ready with ${held} of ${sessions} sessions`)
    return {
      serveMs,
      completeMs: readyMs,
      payloadMbPerSecond: (sessions * BYTES) / 1e6 / (readyMs / 1000),
      cpuSeconds: ((donorCpu + joinerCpu) * 100_000) / sessions,
      donorP99Ms: p99Ms,
      donorMaxMs: maxMs,
      healMs: await heal(donor, member, sessions),
    }
  } finally {
    await Promise.all(members.map(member => member.stop()))
  }
}

/** Its very first question is about a session in the middle of what it does not have yet. Asked again until there is an answer: a donor that is held up may take longer than `pullTimeout`. */
async function serving(
  start: (waits: boolean) => Promise<Readiness & { readonly member: LineProcess }>,
  sessions: number,
) {
  const { member, readyMs } = await start(false)
  let ms = 0
  for (let isServed = false; !isServed; ) {
    const answer = await member.ask<{ ms: number; isHere: boolean }>(`load ${Math.floor(sessions / 2)}`)
    ms += answer.ms
    isServed = answer.isHere
    if (!isServed && ms > SERVE_TIMEOUT_MS) throw new Error('a joiner did not find a session that the others have')
  }
  return { joiner: member, serveMs: readyMs + ms }
}

async function heal(donor: LineProcess, member: LineProcess, sessions: number): Promise<number> {
  process.kill(member.pid, 'SIGSTOP')
  await until(donor, async () => (await donor.ask<{ members: number }>('members')).members === 0)
  const count = Math.min(DIFFERENCES, sessions)
  await donor.ask(`change ${count} ${sessions} changed`)
  const startedMs = performance.now()
  process.kill(member.pid, 'SIGCONT')
  await until(
    member,
    async () => (await member.ask<{ shown: number }>(`changed ${count} ${sessions} changed`)).shown === count,
  )
  return performance.now() - startedMs
}
