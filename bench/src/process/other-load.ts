import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { CpuTime } from './cpu-time.js'

const QUIET_MS = 500

/** How much of the machine went to others while something was measured: figures taken on a busy machine are worth less, and should say so. */
export class OtherLoad {
  readonly #own: CpuTime
  readonly #before = machineTicks()

  /** `pids`: whose load is ours, beside this process. */
  constructor(pids: readonly number[]) {
    this.#own = new CpuTime([process.pid, ...pids])
  }

  /** For a moment, while none of our own processes runs. */
  static async atRest(): Promise<number> {
    const others = new OtherLoad([])
    await delay(QUIET_MS)
    return others.shareSince()
  }

  /** The share of all cores, 0 to 1, since this object was made. What a hypervisor took away counts too. */
  shareSince(): number {
    const { busy, all } = machineTicks()
    const own = this.#own.secondsSince().reduce((sum, seconds) => sum + seconds, 0) * 100
    return Math.max(0, busy - this.#before.busy - own) / Math.max(1, all - this.#before.all)
  }
}

function machineTicks(): { busy: number; all: number } {
  const line = readFileSync('/proc/stat', 'latin1').split('\n', 1)[0]!
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const busy = user + nice + system + steal
  return { busy, all: busy + idle + iowait + irq + softirq }
}
