import { readFileSync } from 'node:fs'

/** USER_HZ, which Linux shows to programs as 100 whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

/** CPU time of other processes, user and system, all threads. Resolution: 10 ms each. */
export class CpuTime {
  readonly #pids: readonly number[]
  readonly #before: readonly number[]

  constructor(pids: readonly number[]) {
    this.#pids = pids
    this.#before = pids.map(ticksOf)
  }

  /** Of each process, since this object was made. */
  secondsSince(): number[] {
    return this.#pids.map((pid, i) => (ticksOf(pid) - this.#before[i]!) / TICKS_PER_SECOND)
  }
}

/** The second field of the line is the command in parentheses and may hold anything; what follows is blank-separated. */
function ticksOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
