import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which Linux shows to programs as 100 whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100
/** What rounding to ticks, of two readings and of user and system time, may come to. */
const ROUNDING_SECONDS = 0.02

interface Reading {
  /** Of all threads there are: exact, but what an ended thread had used is gone. */
  readonly threadSeconds: number
  /** Of the whole process, in ticks of 10 ms. */
  readonly processSeconds: number
}

/** CPU time of other processes, user and system, all threads. */
export class CpuTime {
  readonly #pids: readonly number[]
  readonly #before: readonly Reading[]

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#before = pids.map(readingOf)
  }

  /** Of each process, since this object was made. */
  secondsSince(): number[] {
    return this.#pids.map((pid, i) => {
      const now = readingOf(pid)
      const before = this.#before[i]!
      const atLeast = now.processSeconds - before.processSeconds - ROUNDING_SECONDS
      return Math.max(0, now.threadSeconds - before.threadSeconds, atLeast)
    })
  }
}

function readingOf(pid: number): Reading {
  return { threadSeconds: threadSecondsOf(pid), processSeconds: processSecondsOf(pid) }
}

function threadSecondsOf(pid: number): number {
  const folder = `/proc/${pid}/task`
  return readdirSync(folder).reduce((sum, thread) => sum + nanosecondsIn(`${folder}/${thread}/schedstat`), 0) / 1e9
}

/** A thread may end between its being listed and read. */
function nanosecondsIn(file: string): number {
  try {
    return Number(readFileSync(file, 'latin1').split(' ', 1)[0])
  } catch {
    return 0
  }
}

/** The second field of the line is the command in parentheses and may hold anything; what follows is blank-separated. */
function processSecondsOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
