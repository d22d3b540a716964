import { nodeNetwork } from '@clowder/node'
import type { Logger, Network } from '@clowder/tribes'
import { type Cluster, createCluster } from '../../../packages/clowder/src/index.js'
import { isolated, memberCount } from '../../../packages/clowder/test/support/test-node.js'
import { type CollectedMemory, collectedMemory } from '../collected-memory.js'
import type { FuzzedMember, MemberAddress, MemberPlan } from './fuzzed-member.js'
import { LoopWatch } from './loop-watch.js'
import { loopbackOnly, type Trust, trustedNetwork } from './pair-network.js'

/** What a log line may have for its error: that of a peer, or of the network. */
const TYPED = /^(TRIBES|HA|CLOWDER)_|^E[A-Z]+$/
const PATIENCE_MS = 10_000
/** A member may write sessions, also made-up ones: these end soon. */
const SHORT_LIVES = { maxInactiveInterval: 5, retention: 10 }

/** What a listener may be made to believe must not be sealed with the right key: somebody might mutate nothing. */
export const PAIR_SECRET = 'the secret of the members that are fuzzed'

/** A member on real sockets, in this process. */
export class LiveMember implements FuzzedMember {
  readonly #cluster: Cluster
  readonly #trust: Trust
  readonly #loop = new LoopWatch()
  readonly #untyped: unknown[]
  readonly #crashed = (error: unknown) => void this.#untyped.push(error)
  #rounds = 0

  static async started({ clusterName, trust, jvmRoute, groupPort }: MemberPlan): Promise<LiveMember> {
    const untyped: unknown[] = []
    const logger = watching(untyped)
    const network = networkFor(clusterName, trust, logger)
    const { logger: _, ...options } = isolated(clusterName, groupPort)
    const secret = trust === 'secret' ? { secret: PAIR_SECRET } : {}
    const ports = { logger, ...(network && { network }) }
    const cluster = await createCluster({ ...options, ...secret, manager: SHORT_LIVES, jvmRoute }, ports)
    return new LiveMember(cluster, trust, untyped)
  }

  private constructor(cluster: Cluster, trust: Trust, untyped: unknown[]) {
    this.#cluster = cluster
    this.#trust = trust
    this.#untyped = untyped
    process.on('uncaughtException', this.#crashed).on('unhandledRejection', this.#crashed)
  }

  paired(): Promise<void> {
    return memberCount(this.#cluster, 1)
  }

  async address(): Promise<MemberAddress> {
    const { host, port, uniqueId } = this.#cluster.localMember()
    return { host, port, uniqueId }
  }

  async write(): Promise<string> {
    this.#look()
    const { manager } = this.#cluster
    const session = manager.createSession()
    session.setAttribute('round', ++this.#rounds)
    manager.requestCompleted(session)
    return session.id
  }

  async holds(id: string): Promise<void> {
    this.#look()
    const untilMs = performance.now() + PATIENCE_MS
    while (this.#cluster.manager.findSession(id).kind !== 'here') {
      if (performance.now() > untilMs) throw new Error('a session that was written did not reach the other member')
      await new Promise(resolve => setTimeout(resolve, 1))
    }
  }

  async expire(id: string): Promise<void> {
    this.#cluster.manager.expireSession(id)
  }

  memory(): Promise<CollectedMemory> {
    return collectedMemory(act => this.#loop.unwatched(act))
  }

  async notes(): Promise<string> {
    const { transport, multicast, security } = this.#cluster.inspect()
    const { malformed, framesUnknown, messagesReceived, connectionsOpened, joinsRefused } = transport!
    return [
      this.#loop.text,
      `frames: ${JSON.stringify({ malformed, framesUnknown, messagesReceived, connectionsOpened, joinsRefused })}`,
      `datagrams: ${JSON.stringify(multicast)}`,
      ...(security ? [`connections: ${JSON.stringify(security)}`] : []),
    ].join('; ')
  }

  async close(): Promise<void> {
    this.#loop.stop()
    await this.#cluster.stop()
    process.off('uncaughtException', this.#crashed).off('unhandledRejection', this.#crashed)
  }

  #look(): void {
    if (this.#untyped.length > 0) throw this.#untyped[0]
    if (this.#trust === 'secret' && this.#cluster.members().length !== 1)
      throw new Error('somebody became a member without the secret')
  }
}

/** With a secret of its own nothing that is made up gets so far that anybody would be dialled. */
function networkFor(name: string, trust: Trust, logger: Logger): Network | undefined {
  if (trust === 'secret') return undefined
  return loopbackOnly(trust === 'open' ? nodeNetwork : trustedNetwork(name, logger))
}

function watching(untyped: unknown[]): Logger {
  const look = (fields: object) => {
    const { err } = fields as { err?: { code?: unknown } }
    if (err !== undefined && !TYPED.test(String(err.code))) untyped.push(err)
  }
  return { debug: look, info: look, warn: look, error: look }
}
