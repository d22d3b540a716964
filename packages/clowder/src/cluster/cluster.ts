import type { IncomingMessage, RequestListener } from 'node:http'
import {
  type ClusterChannel,
  type DeltaManager,
  type SessionListener,
  type SessionUsers,
  SharedContext,
  type SimpleTcpCluster,
} from '@clowder/ha'
import {
  type Middleware,
  type MigratingManager,
  type ReplicationValve,
  type Session,
  SessionStore,
  type SessionStoreOptions,
  type SignOnValve,
  type StoredSessionsComponents,
  type ValveStatistics,
  type WritingRoutes,
} from '@clowder/http'
import type { SecureInspection } from '@clowder/node'
import { type Logger, type Member, memberText } from '@clowder/tribes'
import {
  ContextDisabledError,
  KeyringDisabledError,
  MigrationDisabledError,
  NoSuchApplicationError,
  SignOnDisabledError,
} from '../errors.js'
import type { ClusterKeyring } from '../keyring/cluster-keyring.js'
import type { ClusterSettings } from '../options/cluster-options.js'
import { type MountOptions, readMountOptions } from '../options/mount-options.js'
import type { Application } from './application.js'
import { ClusterEventHub, type ClusterEvents } from './cluster-events.js'
import { ClusterSessions } from './cluster-sessions.js'
import { assertExpressCall, assertNodeHttpCall } from './face-calls.js'
import { holdProcess } from './hold-process.js'
import { stopOnSignals } from './stop-signals.js'
import type { ChannelInspection } from './tribes-channel.js'

/** Between `createCluster` and the end of `stop`. */
export type ClusterState = 'starting' | 'ready' | 'stopping' | 'stopped'

/** A member as `inspect` shows it. */
export interface MemberSummary {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly id: string
  readonly domain: string
}

/** What `cluster.inspect` shows. */
export interface ClusterInspection extends Partial<ChannelInspection> {
  readonly name: string
  readonly state: ClusterState
  readonly distributable: boolean
  readonly localMember: MemberSummary
  readonly members: readonly MemberSummary[]
  readonly manager: ReturnType<DeltaManager['inspect']>
  readonly valve: Omit<ValveStatistics, 'reset'>
  /** With a secret: connections before they were secure. */
  readonly security?: SecureInspection
  /** With the option `migration`. */
  readonly migration?: ReturnType<MigratingManager['inspect']>
  /** With the option `users`. */
  readonly users?: ReturnType<SessionUsers['inspect']>
  /** With the option `context` or `users`: the manager of what all members share. */
  readonly context?: ReturnType<DeltaManager['inspect']>
}

export interface ClusterComponents {
  readonly logger: Logger
  /** How members authenticate each other, in a few words. */
  readonly security: string
  readonly channel: ClusterChannel
  readonly manager: DeltaManager
  readonly managers: readonly DeltaManager[]
  /** The manager of what all members share, where there is such a thing. */
  readonly shared?: DeltaManager
  readonly users?: SessionUsers
  /** The same sessions as the manager's, with the former store beside. */
  readonly migration?: MigratingManager
  readonly signOn?: SignOnValve | undefined
  readonly applications: readonly Application[]
  readonly cluster: SimpleTcpCluster
  readonly valve: ReplicationValve
  /** Where there is a secret, and it is safe to tell others of a new one. */
  readonly keyring?: ClusterKeyring
  /** What the parts of the channel have counted; absent when there are none. */
  readonly inspectChannel?: () => ChannelInspection
  /** Absent where members do not authenticate each other. */
  readonly inspectSecurity?: () => SecureInspection
}

const BOTH_SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** This application instance in its cluster: what `createCluster` resolves with. */
export class Cluster {
  readonly name: string
  /** The sessions, for code outside of requests. */
  readonly manager: DeltaManager
  /** That one, and those of further applications, of the context and of single sign-on. */
  readonly managers: readonly DeltaManager[]
  /** Whose they are, and how they end. */
  readonly sessions: ClusterSessions
  /** For messages of the application's own. They begin with a byte from 0x80 on: those below may be Clowder's (docs/wire-format.md), whose listeners refuse what they cannot read. */
  readonly channel: ClusterChannel
  readonly #components: ClusterComponents
  readonly #settings: ClusterSettings
  readonly #events: ClusterEventHub
  readonly #contexts = new Map<string, SharedContext>()
  #state: ClusterState = 'starting'
  #stopped: Promise<void> | undefined
  #releaseSignals: () => void = () => {}

  constructor(components: ClusterComponents, settings: ClusterSettings) {
    this.#components = components
    this.#settings = settings
    this.name = settings.name
    this.manager = components.manager
    this.managers = components.managers
    this.sessions = new ClusterSessions(components)
    this.channel = components.channel
    this.#events = new ClusterEventHub(components)
  }

  /** Called by `createCluster`. Rejects with the reason, and then nothing is left running. */
  async start(): Promise<void> {
    await holdProcess(this.#components.cluster.start())
    this.#state = 'ready'
    this.#releaseSignals = stopOnSignals(signalsOf(this.#settings), () => this.stop())
    this.#logReady()
    this.#events.handedOver()
  }

  /** Says goodbye, sends what is queued, closes. Every call resolves when that is done. Stop the HTTP server before. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /**
   * Middleware for express and connect: gives every request its `req.session`. `options` replace those of `valve` for this mount; behind another mount, for
   * instance on one route, acknowledge, whenStale, rolling, saveUninitialized and unset hold from there on. Throws OptionsError.
   */
  express(options?: MountOptions): Middleware {
    assertExpressCall(this instanceof Cluster, options)
    return this.valve(options).express()
  }

  /** The same for `http.createServer`, in front of `handler`. */
  nodeHttp(handler: RequestListener, options?: MountOptions): RequestListener {
    assertNodeHttpCall(this instanceof Cluster, handler)
    return this.valve(options).nodeHttp(handler)
  }

  /**
   * The session of a request that gets no HTTP answer: an upgrade to a WebSocket, or a message on one. It is as it is now, so ask again for each message;
   * undefined when the client has none, or it has ended; changes need `session.save()`. Rejects with StaleSessionError (`HTTP_STALE_SESSION`).
   */
  session(req: IncomingMessage): Promise<Session | undefined> {
    return this.#components.valve.session(req)
  }

  /** What stands between requests and sessions: for faces of other frameworks. `options` as for `express`. */
  valve(options?: MountOptions): ReplicationValve {
    const { valve } = this.#components
    return options === undefined ? valve : valve.variant(readMountOptions(options, this.#settings))
  }

  /** A store for express-session, @fastify/session and whatever takes such a store. One for each middleware. Throws BadStoreOptionError (`HTTP_BAD_STORE_OPTION`). */
  store(options?: SessionStoreOptions): SessionStore {
    return new SessionStore(storeComponents(this.#components), options)
  }

  /** See `storeOf`. */
  static storeOf(starting: Promise<Cluster>, options?: SessionStoreOptions): SessionStore {
    return new SessionStore(
      starting.then(cluster => storeComponents(cluster.#components)),
      options,
    )
  }

  /**
   * Attributes of the application that all members share (Tomcat: ReplicatedContext), by name a set of their own. The same object each time. Throws
   * ContextDisabledError (`CLOWDER_CONTEXT_DISABLED`) without the option `context` or `users`.
   */
  context(name = ''): SharedContext {
    const { shared, logger } = this.#components
    if (!shared) throw new ContextDisabledError()
    const known = this.#contexts.get(name) ?? new SharedContext({ manager: shared, logger }, name)
    this.#contexts.set(name, known)
    return known
  }

  /** One of the option `applications`. Throws NoSuchApplicationError (`CLOWDER_NO_SUCH_APPLICATION`). */
  application(name: string): Application {
    const { applications } = this.#components
    const found = applications.find(application => application.name === name)
    if (found) return found
    throw new NoSuchApplicationError(
      name,
      applications.map(application => application.name),
    )
  }

  /** One login for all applications. Throws SignOnDisabledError (`CLOWDER_SIGN_ON_DISABLED`) without the option `singleSignOn`. */
  get singleSignOn(): Pick<SignOnValve, 'login' | 'logout'> {
    const { signOn } = this.#components
    if (!signOn) throw new SignOnDisabledError()
    return signOn
  }

  /** Where it writes: for faces of frameworks that tell nobody of what fails. */
  get logger(): Logger {
    return this.#components.logger
  }

  /** With `valve.lock.mode` 'auto': which routes are taken for writing ones on this member, `list()`; `reset()` forgets it. */
  get writingRoutes(): WritingRoutes {
    return this.#components.valve.routes
  }

  /** How far the move from the former store, or back, has come. Throws MigrationDisabledError (`CLOWDER_MIGRATION_DISABLED`) without the option `migration`. */
  get migration(): Pick<MigratingManager, 'inspect' | 'remaining'> {
    const { migration } = this.#components
    if (!migration) throw new MigrationDisabledError()
    return migration
  }

  /** The secrets of the cluster, changed while it works. Throws KeyringDisabledError (`CLOWDER_KEYRING_DISABLED`) without the option `secret`, or with `insecure`. */
  get keyring(): Pick<ClusterKeyring, 'addKey' | 'useKey' | 'removeKey' | 'list'> {
    const { keyring } = this.#components
    if (!keyring) throw new KeyringDisabledError()
    return keyring
  }

  /** Whether `keyring` is there to be used. */
  get hasKeyring(): boolean {
    return this.#components.keyring !== undefined
  }

  get state(): ClusterState {
    return this.#state
  }

  /** The other members, oldest first. */
  members(): readonly Member[] {
    return this.channel.members()
  }

  /** This one, as the others see it. */
  localMember(): Member {
    return this.channel.localMember()
  }

  /** A listener is added once, however often it is given; what it throws is logged. */
  on<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    this.#events.on(event, listener)
    return this
  }

  /** Takes back what `on` was given. */
  off<E extends keyof ClusterEvents>(event: E, listener: ClusterEvents[E]): this {
    this.#events.off(event, listener)
    return this
  }

  /** Tomcat's listeners of sessions, attributes and ids, in one object; of another application: `cluster.application(name).addListener`. Added once. */
  addListener(listener: SessionListener): this {
    this.manager.listeners.add(listener)
    return this
  }

  /** Takes back what `addListener` was given. */
  removeListener(listener: SessionListener): this {
    this.manager.listeners.remove(listener)
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
      ...inspectShared(this.#components),
      ...this.#components.inspectChannel?.(),
      ...inspectSecurity(this.#components),
    }
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping'
    this.#releaseSignals()
    this.#components.keyring?.stop()
    await holdProcess(this.#components.cluster.stop())
    this.#state = 'stopped'
  }

  #logReady(): void {
    const member = this.localMember()
    const { sessions } = this.manager.inspect()
    const others = this.members().length
    const text = this.#settings.distributable
      ? `is ready: this is ${memberText(member)}, with ${counted(others, 'other member')} and ${counted(sessions, 'session')}; ${this.#components.security}`
      : 'is not distributable: the sessions of this process stay here'
    this.#components.logger.info({ member, members: others, sessions }, `Cluster [${this.name}] ${text}`)
  }
}

function signalsOf({ stopOnSignal }: ClusterSettings): readonly NodeJS.Signals[] {
  if (Array.isArray(stopOnSignal)) return stopOnSignal
  return stopOnSignal ? BOTH_SIGNALS : []
}

function storeComponents({ manager, migration, logger }: ClusterComponents): StoredSessionsComponents {
  return { manager: migration ?? manager, logger }
}

function inspectSecurity({ inspectSecurity }: ClusterComponents) {
  return inspectSecurity && { security: inspectSecurity() }
}

function inspectShared({ shared, users, migration }: ClusterComponents) {
  return {
    ...(migration && { migration: migration.inspect() }),
    ...(users && { users: users.inspect() }),
    ...(shared && { context: shared.inspect() }),
  }
}

function summaryOf({ name, host, port, id, domain }: Member): MemberSummary {
  return { name, host, port, id, domain }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
