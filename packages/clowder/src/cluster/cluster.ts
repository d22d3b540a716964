import type { RequestListener } from 'node:http'
import type { ClusterChannel, DeltaManager, SimpleTcpCluster } from '@clowder/ha'
import type { Middleware, ReplicationValve, ValveStatistics, WritingRoutes } from '@clowder/http'
import { type Logger, type Member, memberText } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'
import { ClusterEventHub, type ClusterEvents } from './cluster-events.js'
import { holdProcess } from './hold-process.js'
import { stopOnSignals } from './stop-signals.js'
import type { ChannelInspection } from './tribes-channel.js'

export type ClusterState = 'starting' | 'ready' | 'stopping' | 'stopped'

/** A member as `inspect` shows it. */
export interface MemberSummary {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly id: string
  readonly domain: string
}

export interface ClusterInspection extends Partial<ChannelInspection> {
  readonly name: string
  readonly state: ClusterState
  readonly distributable: boolean
  readonly localMember: MemberSummary
  readonly members: readonly MemberSummary[]
  readonly manager: ReturnType<DeltaManager['inspect']>
  readonly valve: Omit<ValveStatistics, 'reset'>
}

export interface ClusterComponents {
  readonly logger: Logger
  readonly channel: ClusterChannel
  readonly manager: DeltaManager
  readonly cluster: SimpleTcpCluster
  readonly valve: ReplicationValve
  /** What the parts of the channel have counted; absent when there are none. */
  readonly inspectChannel?: () => ChannelInspection
}

const BOTH_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** This application instance in its cluster: what `createCluster` resolves with. */
export class Cluster {
  readonly name: string
  /** The sessions, for code outside of requests. */
  readonly manager: DeltaManager
  /** For messages of the application's own. */
  readonly channel: ClusterChannel
  readonly #components: ClusterComponents
  readonly #settings: ClusterSettings
  readonly #events: ClusterEventHub
  #state: ClusterState = 'starting'
  #stopped: Promise<void> | undefined
  #releaseSignals: () => void = () => {}

  constructor(components: ClusterComponents, settings: ClusterSettings) {
    this.#components = components
    this.#settings = settings
    this.name = settings.name
    this.manager = components.manager
    this.channel = components.channel
    this.#events = new ClusterEventHub(components)
  }

  /** Called by `createCluster`. Rejects with the reason, and then nothing is left running. */
  async start(): Promise<void> {
    await holdProcess(this.#components.cluster.start())
    this.#state = 'ready'
    this.#releaseSignals = stopOnSignals(signalsOf(this.#settings), () => this.stop())
    this.#logReady()
  }

  /** Says goodbye, sends what is queued, closes. Every call resolves when that is done. Stop the HTTP server before. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** Middleware for express and connect: gives every request its `req.session`. */
  express(): Middleware {
    return this.#components.valve.express()
  }

  /** The same for `http.createServer`, in front of `handler`. */
  nodeHttp(handler: RequestListener): RequestListener {
    return this.#components.valve.nodeHttp(handler)
  }

  /** With `valve.lock.mode` 'auto': which routes are taken for writing ones on this member, `list()`; `reset()` forgets it. */
  get writingRoutes(): WritingRoutes {
    return this.#components.valve.routes
  }

  get state(): ClusterState {
    return this.#state
  }

  /** The other members, oldest first. */
  members(): readonly Member[] {
    return this.channel.members()
  }

  localMember(): Member {
    return this.channel.localMember()
  }

  /** A listener is added once, however often it is given; what it throws is logged. */
  on<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    this.#events.on(event, listener)
    return this
  }

  off<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    this.#events.off(event, listener)
    return this
  }

  /** Plain figures for people, health checks and metrics; no secrets and no session ids. */
  inspect(): ClusterInspection {
    return {
      name: this.name,
      state: this.#state,
      distributable: this.#settings.distributable,
      localMember: summaryOf(this.localMember()),
      members: this.members().map(summaryOf),
      manager: this.manager.inspect(),
      valve: { ...this.#components.valve.statistics },
      ...this.#components.inspectChannel?.(),
    }
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping'
    this.#releaseSignals()
    await holdProcess(this.#components.cluster.stop())
    this.#state = 'stopped'
  }

  #logReady(): void {
    const member = this.localMember()
    const { sessions } = this.manager.inspect()
    const others = this.members().length
    this.#components.logger.info(
      { member, members: others, sessions },
      `Cluster [${this.name}] is ready: this is ${memberText(member)}, with ${others} other members and ${sessions} sessions`,
    )
  }
}

function signalsOf({ stopOnSignal }: ClusterSettings): readonly NodeJS.Signals[] {
  if (Array.isArray(stopOnSignal)) return stopOnSignal
  return stopOnSignal ? BOTH_SIGNALS : []
}

function summaryOf({ name, host, port, id, domain }: Member): MemberSummary {
  return { name, host, port, id, domain }
}
