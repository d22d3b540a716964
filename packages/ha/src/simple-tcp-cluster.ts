import type { Clock, Logger } from '@clowder/tribes'
import type { ClusterChannel } from './cluster-channel.js'
import type { DeltaManager } from './manager/delta-manager.js'

export interface SimpleTcpClusterComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly channel: ClusterChannel
  /** One per application context; each has the channel's messages of its own name. */
  readonly managers: readonly DeltaManager[]
}

export interface SimpleTcpClusterOptions {
  /** How the cluster is called in logs. */
  readonly name: string
  /** Milliseconds to wait for other members before state transfer; those found later are compared with when they come. @default 100 */
  readonly discoveryTime: number
}

/** A member that has announced itself and does not answer over TCP holds up a start for no longer, ms. */
const MAX_VERIFICATION_MS = 1_500
const LOOK_AGAIN_MS = 10

/** A channel and the managers on it, started and stopped in the right order (Tomcat's org.apache.catalina.ha.tcp.SimpleTcpCluster). */
export class SimpleTcpCluster {
  readonly #components: SimpleTcpClusterComponents
  readonly #options: SimpleTcpClusterOptions
  #started: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(components: SimpleTcpClusterComponents, options: SimpleTcpClusterOptions) {
    this.#components = components
    this.#options = options
  }

  /** Resolves when every manager holds what the cluster holds. Rejects when the channel cannot start; everything is undone then. */
  start(): Promise<void> {
    this.#started ??= this.#start()
    return this.#started
  }

  /** Says goodbye, sends what is queued, closes. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async #start(): Promise<void> {
    const { channel, logger, managers } = this.#components
    logger.info({ cluster: this.#options.name }, `Cluster [${this.#options.name}] is about to start`)
    for (const manager of managers) manager.start()
    try {
      await channel.start()
    } catch (error) {
      await this.stop()
      throw error
    }
    if (this.#options.discoveryTime > 0) await this.#discover()
    await Promise.all(managers.map(manager => manager.join()))
  }

  /** Whoever announces itself in time is waited for until it has answered; a busy process looks at what has arrived before it believes to be alone. */
  async #discover(): Promise<void> {
    const { channel, clock } = this.#components
    const wait = (ms: number) => new Promise<void>(resolve => void clock.setTimer(ms, () => clock.endOfTurn(resolve)))
    await wait(this.#options.discoveryTime)
    const untilMs = clock.now() + MAX_VERIFICATION_MS
    while (channel.pendingMembers() > 0 && clock.now() < untilMs) await wait(LOOK_AGAIN_MS)
  }

  async #stop(): Promise<void> {
    const { channel, logger, managers } = this.#components
    logger.info({ cluster: this.#options.name }, `Cluster [${this.#options.name}] is stopping`)
    await Promise.all(managers.map(manager => manager.leave()))
    for (const manager of managers) manager.stop()
    await channel.stop()
  }
}
