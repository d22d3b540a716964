import { nodeNetwork } from '@clowder/node'
import type { Logger, Network } from '@clowder/tribes'
import { type Cluster, createCluster } from '../../../packages/clowder/src/index.js'
import { isolated, memberCount } from '../../../packages/clowder/test/support/test-node.js'
import { collectedMemoryBytes } from '../collected-memory.js'
import { LoopWatch } from './loop-watch.js'
import { loopbackOnly, type Trust, trustedNetwork } from './pair-network.js'

/** What a log line may have for its error: that of a peer, or of the network. */
const TYPED = /^(TRIBES|HA|CLOWDER)_|^E[A-Z]+$/
const PATIENCE_MS = 10_000
/** A member may write sessions, also made-up ones: these end soon. */
const SHORT_LIVES = { maxInactiveInterval: 5, retention: 10 }

/** What a listener may be made to believe must not be sealed with the right key: somebody might mutate nothing. */
export const PAIR_SECRET = 'the secret of the members that are fuzzed'

/** Two real members on real sockets, who must go on working whatever is sent to the first of them. */
export class LivePair {
  readonly first: Cluster
  readonly name: string
  readonly groupPort: number
  readonly #second: Cluster
  readonly #loop = new LoopWatch()
  readonly #untyped: unknown[]
  readonly #trust: Trust
  readonly #crashed = (error: unknown) => void this.#untyped.push(error)
  #rounds = 0

  static async started(name: string, trust: Trust): Promise<LivePair> {
    const untyped: unknown[] = []
    const logger = watching(untyped)
    const network = networkFor(name, trust, logger)
    const { logger: _, ...options } = {
      ...isolated(name),
      manager: SHORT_LIVES,
      ...(trust === 'secret' && { secret: PAIR_SECRET }),
    }
    const ports = { logger, ...(network && { network }) }
    const [first, second] = await Promise.all(
      ['first', 'second'].map(jvmRoute => createCluster({ ...options, jvmRoute }, ports)),
    )
    await Promise.all([memberCount(first!, 1), memberCount(second!, 1)])
    return new LivePair(first!, second!, { name, port: options.membership!.port!, untyped, trust })
  }

  private constructor(
    first: Cluster,
    second: Cluster,
    of: { readonly name: string; readonly port: number; readonly untyped: unknown[]; readonly trust: Trust },
  ) {
    this.first = first
    this.name = of.name
    this.groupPort = of.port
    this.#second = second
    this.#untyped = of.untyped
    this.#trust = of.trust
    process.on('uncaughtException', this.#crashed).on('unhandledRejection', this.#crashed)
  }

  /** What is written on one of the two is on the other a moment later. Throws what was logged without a type, or thrown. */
  async check(): Promise<void> {
    if (this.#untyped.length > 0) throw this.#untyped[0]
    if (this.#trust === 'secret' && this.first.members().length !== 1)
      throw new Error('somebody became a member without the secret')
    const { manager } = this.first
    const session = manager.createSession()
    session.setAttribute('round', ++this.#rounds)
    manager.requestCompleted(session)
    const untilMs = performance.now() + PATIENCE_MS
    while (this.#second.manager.findSession(session.id).kind !== 'here') {
      if (performance.now() > untilMs) throw new Error('a session that was written did not reach the other member')
      await new Promise(resolve => setTimeout(resolve, 1))
    }
    manager.expireSession(session.id)
  }

  /** How long the event loop stood still, and what became of what was sent. */
  get notes(): string {
    const { transport, multicast, security } = this.first.inspect()
    const { malformed, framesUnknown, messagesReceived, connectionsOpened, joinsRefused } = transport!
    return [
      this.#loop.text,
      `frames: ${JSON.stringify({ malformed, framesUnknown, messagesReceived, connectionsOpened, joinsRefused })}`,
      `datagrams: ${JSON.stringify(multicast)}`,
      ...(security ? [`connections: ${JSON.stringify(security)}`] : []),
    ].join('; ')
  }

  /** Of the process, once there is no garbage. */
  memoryBytes(): Promise<number> {
    return collectedMemoryBytes(act => this.#loop.unwatched(act))
  }

  async close(): Promise<void> {
    this.#loop.stop()
    await Promise.all([this.first.stop(), this.#second.stop()])
    process.off('uncaughtException', this.#crashed).off('unhandledRejection', this.#crashed)
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
