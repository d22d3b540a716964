import { isolated } from '../../../packages/clowder/test/support/test-node.js'
import type { CollectedMemory } from '../collected-memory.js'
import type { FuzzedMember, MemberAddress, MemberPlan } from './fuzzed-member.js'
import { LiveMember } from './live-member.js'
import { MemberProcess } from './member-process.js'
import type { Trust } from './pair-network.js'

type Start = (plan: MemberPlan) => Promise<FuzzedMember>

/** Two real members on real sockets, who must go on working whatever is sent to the first of them. */
export class LivePair {
  readonly name: string
  readonly groupPort: number
  /** Of the first. */
  readonly address: MemberAddress
  readonly #first: FuzzedMember
  readonly #second: FuzzedMember

  /** Both in this process. */
  static here(name: string, trust: Trust): Promise<LivePair> {
    return LivePair.#started(name, trust, plan => LiveMember.started(plan))
  }

  /** Each in a process of its own. */
  static apart(name: string, trust: Trust): Promise<LivePair> {
    return LivePair.#started(name, trust, plan => MemberProcess.started(plan))
  }

  static async #started(clusterName: string, trust: Trust, start: Start): Promise<LivePair> {
    const groupPort = isolated(clusterName).membership!.port!
    const [first, second] = await Promise.all(
      ['first', 'second'].map(jvmRoute => start({ clusterName, trust, jvmRoute, groupPort })),
    )
    await Promise.all([first!.paired(), second!.paired()])
    return new LivePair({ clusterName, groupPort, address: await first!.address() }, first!, second!)
  }

  private constructor(
    of: { readonly clusterName: string; readonly groupPort: number; readonly address: MemberAddress },
    first: FuzzedMember,
    second: FuzzedMember,
  ) {
    this.name = of.clusterName
    this.groupPort = of.groupPort
    this.address = of.address
    this.#first = first
    this.#second = second
  }

  /** What is written on one of the two is on the other a moment later. Rejects also with what one of them logged without a type, or threw. */
  async check(): Promise<void> {
    const id = await this.#first.write()
    await this.#second.holds(id)
    await this.#first.expire(id)
  }

  /** Of the first one's process. */
  memory(): Promise<CollectedMemory> {
    return this.#first.memory()
  }

  /** Of the first. */
  notes(): Promise<string> {
    return this.#first.notes()
  }

  async close(): Promise<void> {
    await Promise.all([this.#first.close(), this.#second.close()])
  }
}
