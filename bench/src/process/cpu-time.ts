import { readFileSync } from 'node:fs'

/** USER_HZ, which Linux shows to programs as 100 whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

/** CPU seconds that these processes have used so far, user and system, all threads. Resolution: 10 ms each. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / TICKS_PER_SECOND
}

/** The second field of the line is the command in parentheses and may hold anything; what follows is blank-separated. */
function ticksOf(pid: number): number {
  const line = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  return Number(fields[11]) + Number(fields[12])
}
