import { type LineProcess, nodeScript } from '../process/line-process.js'
import { ports } from '../process/ports.js'
import { until } from '../process/until.js'

const READY_TIMEOUT_MS = 120_000
/** More processes at once than this only wait for each other to begin. */
const AT_ONCE = 4

/** One cluster of processes that have nothing to do. */
export class ClusterProcesses {
  readonly #members: LineProcess[] = []
  readonly #args: readonly string[]

  constructor(isSecured: boolean) {
    this.#args = [`${ports().multicast}`, 'unwatched', ...(isSecured ? [] : ['plain'])]
  }

  get members(): readonly LineProcess[] {
    return this.#members
  }

  /** So many more, until each sees all others. */
  async start(count: number): Promise<readonly LineProcess[]> {
    const started: LineProcess[] = []
    while (started.length < count) {
      const some = Array.from({ length: Math.min(AT_ONCE, count - started.length) }, () => this.#begin())
      started.push(...some)
      await Promise.all(some.map(member => member.ready(READY_TIMEOUT_MS)))
    }
    const others = this.#members.length - 1
    for (const member of this.#members) await this.sees(member, others)
    return started
  }

  sees(member: LineProcess, others: number): Promise<void> {
    return until(member, async () => (await member.ask<{ members: number }>('members')).members === others)
  }

  #begin(): LineProcess {
    const member = nodeScript('state/state-node.js', this.#args)
    this.#members.push(member)
    return member
  }

  /** No longer one of them: it was ended otherwise. */
  forget(member: LineProcess): void {
    this.#members.splice(this.#members.indexOf(member), 1)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(member => member.stop()))
  }
}
