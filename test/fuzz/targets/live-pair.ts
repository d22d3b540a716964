import { Keyring, nodeNetwork, SecretCredentials, secureNetwork } from '@clowder/node'
import type { Logger, Network } from '@clowder/tribes'
import { type Cluster, createCluster } from '../../../packages/clowder/src/index.js'
import { isolated, memberCount } from '../../../packages/clowder/test/support/test-node.js'
import { LoopWatch } from './loop-watch.js'

/** What a log line may have for its error: that of a peer, or of the network. */
const TYPED = /^(TRIBES|HA|CLOWDER)_|^E[A-Z]+$/
const PATIENCE_MS = 10_000
/** A member may write sessions, also made-up ones: these end soon. */
const SHORT_LIVES = { maxInactiveInterval: 5, retention: 10 }

/** Of the members, and of the fuzzer when it is to be taken for one. */
const SHARED_SECRET = 'the secret of members among whom one errs'

/** Addresses that somebody makes up must not be dialled for real. */
function loopbackOnly(network: Network): Network {
  return {
    ...nodeNetwork,
    listen: (address, accept) => network.listen(address, accept),
    connect: ({ host, port }, timeoutMs) => {
      if (host !== '127.0.0.1') return Promise.reject(new TypedRefusal(`not dialled: ${host}`))
      return network.connect({ host, port }, timeoutMs)
    },
    resolve: host =>
      host === '127.0.0.1' ? Promise.resolve([host]) : Promise.reject(new TypedRefusal('not resolved')),
  }
}

class TypedRefusal extends Error {
  readonly code = 'ENOTLOOPBACK'
}

interface PairFacts {
  readonly name: string
  readonly port: number
  readonly untyped: unknown[]
  readonly isSecret: boolean
  readonly network: Network
}

/** Two real members on real sockets, who must go on working whatever is sent to the first of them. */
export class LivePair {
  readonly first: Cluster
  readonly name: string
  readonly groupPort: number
  /** By which the members reach each other. */
  readonly network: Network
  readonly #second: Cluster
  readonly #loop = new LoopWatch()
  readonly #untyped: unknown[]
  readonly #isSecret: boolean
  readonly #crashed = (error: unknown) => void this.#untyped.push(error)
  #rounds = 0

  /** With a secret nothing that is made up gets so far that anybody would be dialled. */
  static started(name: string, secret?: string): Promise<LivePair> {
    return LivePair.#started(name, secret, secret === undefined ? loopbackOnly(nodeNetwork) : undefined)
  }

  /** Connections are secured, and whoever comes over `network` has the secret. */
  static trusting(name: string): Promise<LivePair> {
    const { joinMulticast } = nodeNetwork
    const credentials = new SecretCredentials(new Keyring(name, [SHARED_SECRET]))
    const untyped: unknown[] = []
    const logger = watching(untyped)
    const secured = secureNetwork({ credentials, logger, joinMulticast }, { clusterName: name })
    return LivePair.#started(name, undefined, loopbackOnly(secured), untyped)
  }

  static async #started(
    name: string,
    secret: string | undefined,
    network: Network | undefined,
    untyped: unknown[] = [],
  ): Promise<LivePair> {
    const { logger: _, ...options } = {
      ...isolated(name),
      manager: SHORT_LIVES,
      ...(secret !== undefined && { secret }),
    }
    const ports = { logger: watching(untyped), ...(network && { network }) }
    const [first, second] = await Promise.all(
      ['first', 'second'].map(jvmRoute => createCluster({ ...options, jvmRoute }, ports)),
    )
    await Promise.all([memberCount(first!, 1), memberCount(second!, 1)])
    const isSecret = secret !== undefined
    const port = options.membership!.port!
    return new LivePair(first!, second!, { name, port, untyped, isSecret, network: network ?? nodeNetwork })
  }

  private constructor(first: Cluster, second: Cluster, of: PairFacts) {
    this.first = first
    this.name = of.name
    this.groupPort = of.port
    this.network = of.network
    this.#second = second
    this.#untyped = of.untyped
    this.#isSecret = of.isSecret
    process.on('uncaughtException', this.#crashed).on('unhandledRejection', this.#crashed)
  }

  /** What is written on one of the two is on the other a moment later. Throws what was logged without a type, or thrown. */
  async check(): Promise<void> {
    if (this.#untyped.length > 0) throw this.#untyped[0]
    if (this.#isSecret && this.first.members().length !== 1)
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

  unwatched<T>(act: () => T): T {
    return this.#loop.unwatched(act)
  }

  async close(): Promise<void> {
    this.#loop.stop()
    await Promise.all([this.first.stop(), this.#second.stop()])
    process.off('uncaughtException', this.#crashed).off('unhandledRejection', this.#crashed)
  }
}

function watching(untyped: unknown[]): Logger {
  const look = (fields: object) => {
    const { err } = fields as { err?: { code?: unknown } }
    if (err !== undefined && !TYPED.test(String(err.code))) untyped.push(err)
  }
  return { debug: look, info: look, warn: look, error: look }
}
