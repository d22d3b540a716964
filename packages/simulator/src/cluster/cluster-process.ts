import { DeltaManager, type DeltaManagerOptions, deltaManagerDefaults, SimpleTcpCluster } from '@clowder/ha'
import { ReplicationValve } from '@clowder/http'
import type { ChannelInterceptor, Logger, Random } from '@clowder/tribes'
import type { HistoryEvent } from '../history/history-event.js'
import type { SimHost } from '../sim-host.js'
import type { Answer } from './answer.js'
import { CommitWatch } from './commit-watch.js'
import type { LiveCopy } from './evidence.js'
import type { LockWatch } from './lock-watch.js'
import { LogWatch } from './log-watch.js'
import { MOOD, UnrulyMerge } from './mood-merge.js'
import { NumberCodec } from './number-codec.js'
import type { Onlooker } from './onlooker.js'
import { OrderWatch } from './order-watch.js'
import { CLUSTER_NAME, COOKIE_NAME, COOKIE_SECRET, type ProcessOptions, READING_PATH } from './process-options.js'
import type { Happening, Recorder } from './recorder.js'
import { SimChannel } from './sim-channel.js'
import { Standstill } from './standstill.js'
import { tagsMerge } from './tags-merge.js'
import { ThrowingListeners } from './throwing-listeners.js'
import { Uncompared } from './uncompared.js'
import { verdictsOn } from './verdicts.js'
import { type Application, Visit } from './visit.js'
import { watchCertificates } from './watch-certificates.js'
import { watchClock } from './watch-clock.js'
import { watchCopies } from './watch-copies.js'
import { watchDrops } from './watch-drops.js'
import { watchEnds } from './watch-ends.js'
import { watchSessions } from './watch-sessions.js'
import { WireTap } from './wire-tap.js'

export interface ClusterProcessComponents {
  readonly host: SimHost
  readonly random: Random
  readonly recorder: Recorder
  /** Looks from now on. */
  readonly onlooker: () => Onlooker
  readonly isElsewhere: IsElsewhere
  readonly lockWatch: LockWatch
  /** Whether any process of this cluster has ever stopped waiting for commits that nobody had. */
  readonly hasForgiven: () => boolean
}

/** Whether another process has all that this one has, or had, of a session: one that is alive, or was at or after `sinceMs`. */
export type IsElsewhere = (process: ClusterProcess, copy: LiveCopy, sinceMs?: number) => boolean

/** starting ─▶ ready ─▶ stopping ─▶ over; killed: from anywhere to over. */
export type ClusterProcessState = 'starting' | 'ready' | 'stopping' | 'over'

/** So soon after all have it a copy is dropped, ms: one of them may have died just then. */
const DROPPED_WITHIN_MS = 2_000
/** By then a process has been told everything, ms. */
const BEGUN_MS = 4_000
/** The last that a process tries. */
const LAST_PORT = 4099

/** One process of the cluster: what `createCluster` puts together, on a simulated host, with an application and an onlooker. */
export class ClusterProcess {
  readonly node: string
  readonly incarnation: string
  readonly host: SimHost
  readonly channel: SimChannel
  readonly manager: DeltaManager
  readonly watch: CommitWatch
  readonly valve: ReplicationValve
  readonly options: ProcessOptions
  /** What the application's listeners do besides listening. */
  readonly listeners: ThrowingListeners
  readonly log: LogWatch
  readonly unruly: UnrulyMerge | undefined
  readonly onlooker: () => Onlooker
  readonly #recorder: Recorder
  readonly #isElsewhere: IsElsewhere
  readonly #cluster: SimpleTcpCluster
  readonly #visits = new Set<Visit>()
  /** Somebody tries out what it refuses. */
  isProbed = false
  /** By the clock of the run; Infinity: it is alive. */
  overAtMs = Number.POSITIVE_INFINITY
  readonly #standstill = new Standstill()
  #state: ClusterProcessState = 'starting'
  #actor = ''
  #actorOf: string | undefined
  #drained: (() => void) | undefined
  readonly #firstFreePort: number
  readonly #firstAddress: string
  #startedAtMs = 0
  #latestWallMs: number

  /** `firstFreePort`: of the machine, where a process of this cluster looks for one. */
  constructor(
    components: ClusterProcessComponents,
    node: string,
    incarnation: string,
    options: ProcessOptions,
    firstFreePort = 4000,
  ) {
    const { host, random } = components
    this.node = node
    this.incarnation = incarnation
    this.host = host
    this.options = options
    this.#firstFreePort = firstFreePort
    this.#firstAddress = host.address
    this.#latestWallMs = host.clock.wallTime()
    this.unruly = options.mood && new UnrulyMerge(options.mood)
    this.onlooker = components.onlooker
    this.#recorder = components.recorder
    this.#isElsewhere = components.isElsewhere
    this.log = new LogWatch({ now: () => host.clock.now(), broken: what => this.broken(what) })
    const logger = this.#newLogger()
    const { clock } = host
    this.channel = new SimChannel({ host, random, logger, taps: this.#newTaps() }, node, options)
    this.manager = new DeltaManager(
      { clock, random, logger, channel: this.channel, codec: new NumberCodec(options.paddingBytes) },
      { ...deltaManagerDefaults, ...options.manager, ...this.#merges() },
    )
    this.#cluster = new SimpleTcpCluster(
      { clock, logger, channel: this.channel, managers: [this.manager] },
      { name: options.clusterName ?? CLUSTER_NAME, discoveryTime: options.discoveryTimeMs },
    )
    this.watch = new CommitWatch(this.manager, what => this.broken(what))
    components.lockWatch.watch(this)
    this.valve = new ReplicationValve(
      { manager: this.watch, logger },
      {
        secrets: [COOKIE_SECRET],
        cookie: { name: COOKIE_NAME },
        jvmRoute: node,
        whenStale: options.whenStale,
        lock: options.lock,
      },
    )
    this.channel.addMembershipListener({
      memberAdded: () => this.#viewChanged(),
      memberDisappeared: () => this.#viewChanged(),
      incarnationChanged: () => this.record({ kind: 'process', what: 'new-incarnation' }),
    })
    watchSessions(this.manager, happening => this.record(happening))
    watchCopies(this.manager, options.manager, {
      hasForgiven: components.hasForgiven,
      broken: what => this.broken(what),
    })
    watchClock(this.manager, { wallTime: () => clock.wallTime(), broken: what => this.broken(what) })
    watchCertificates(this.manager, what => this.broken(what))
    watchEnds(this.manager, what => this.broken(what))
    watchDrops(this.manager, {
      now: () => clock.now(),
      isElsewhere: copy =>
        this.#isElsewhere(this, copy, this.#standstill.knowsUpToMs(this.#recorder.now) - DROPPED_WITHIN_MS),
      broken: what => this.broken(what),
    })
    this.listeners = new ThrowingListeners(this.manager)
  }

  get state(): ClusterProcessState {
    return this.#state
  }

  get isReady(): boolean {
    return this.#state === 'ready'
  }

  get isAlive(): boolean {
    return this.#state !== 'over'
  }

  get isAsync(): boolean {
    return this.options.manager.acknowledge === 'async'
  }

  /** Whether requests that write have their session to themselves without asking for it. */
  get learnsLocks(): boolean {
    return this.options.lock?.mode === 'auto'
  }

  /** Undefined until it has started. */
  get uniqueId(): Uint8Array | undefined {
    return this.isReady ? this.channel.localMember().uniqueId : undefined
  }

  /** This process's incarnation as vectors name it. */
  get actor(): string {
    const local = this.channel.localMember()
    if (local.id !== this.#actorOf) {
      this.#actorOf = local.id
      this.#actor = Buffer.from(local.uniqueId).toString('latin1')
    }
    return this.#actor
  }

  /** By its own clock. */
  get livedMs(): number {
    return this.host.clock.now() - this.#startedAtMs
  }

  /** The latest time of day that its clock has shown, epoch ms, at its start and whenever this was asked. */
  get latestWallMs(): number {
    this.#latestWallMs = Math.max(this.#latestWallMs, this.host.clock.wallTime())
    return this.#latestWallMs
  }

  start(): void {
    this.#startedAtMs = this.host.clock.now()
    this.record({ kind: 'process', what: 'start' })
    this.#cluster.start().then(
      () => this.#ready(),
      error => this.#startFailed(error),
    )
  }

  /** Without any port it says so, and is over: nothing of it is left. */
  #startFailed(error: unknown): void {
    if (!this.isAlive) return
    const { code, message } = error as Error & { code?: string }
    const hasNoPort = this.#firstFreePort > LAST_PORT
    const isClear = code === 'TRIBES_NO_FREE_PORT' && /4000.*4099/.test(message)
    if (!hasNoPort || !isClear) this.#trouble('uncaught', `the process could not start: ${error}`)
    this.host.kill(true)
    this.died('kill')
  }

  /** SIGTERM: no new requests, those under way are answered, then goodbye. Resolves when it is over. */
  async stop(): Promise<void> {
    if (this.#state !== 'ready' && this.#state !== 'starting') return
    this.#state = 'stopping'
    this.record({ kind: 'process', what: 'stopping' })
    if (this.#visits.size > 0)
      await new Promise<void>(resolve => {
        this.#drained = resolve
      })
    await this.#cluster.stop()
    if (!this.isAlive) return
    this.#end()
    this.record({ kind: 'process', what: 'stop', ...this.#takenAlong() })
  }

  standsStill(what: 'pause' | 'stall', lastWordsAt: number | undefined): void {
    this.record({ kind: 'process', what, lastWordsAt })
    this.#standstill.began(this.#recorder.now)
  }

  goesOn(): void {
    this.record({ kind: 'process', what: 'resume' })
    this.#standstill.ended(this.#recorder.now)
  }

  /** Its host has died. */
  died(what: 'kill' | 'off', lastWordsAt?: number): void {
    if (!this.isAlive) return
    this.#end()
    this.record({ kind: 'process', what, ...this.#takenAlong(), lastWordsAt })
    for (const visit of [...this.#visits]) visit.lose()
  }

  /** `path`: of the page. Where the valve learns which routes write, READING_PATH is known as one that does not. */
  visit(
    cookie: string | undefined,
    application: Application,
    answered: (answer: Answer) => void,
    path?: string,
  ): Visit {
    if (this.learnsLocks) this.#learnRoutes()
    const visit = new Visit(this, cookie, application, answered, path)
    this.#visits.add(visit)
    this.host.process.run('io', () => visit.run())
    return visit
  }

  left(visit: Visit): void {
    this.#visits.delete(visit)
    if (this.#visits.size === 0) this.#drained?.()
  }

  /** The names of the members it believes in, itself not among them. */
  members(): string[] {
    return this.channel
      .members()
      .map(member => member.name)
      .sort()
  }

  record(happening: ProcessHappening): void {
    const { node, incarnation } = this
    this.#recorder.add({ at: this.#recorder.now, ...happening, node, incarnation } as HistoryEvent)
  }

  /** What the onlooker on the spot has seen go otherwise than it should. */
  broken(what: string): void {
    if (this.isAlive) this.record({ kind: 'trouble', trouble: 'promise-broken', what })
  }

  /** At the end of the run, of processes that have ended as well. */
  judge(): void {
    for (const what of verdictsOn(this)) this.record({ kind: 'trouble', trouble: 'promise-broken', what })
  }

  /** As if another member had just said so. */
  #learnRoutes(): void {
    const route = `GET ${READING_PATH}`
    this.valve.routes.reset()
    this.valve.routes.hear({ route, shape: route, isWriting: false })
  }

  #ready(): void {
    if (this.#state !== 'starting') return
    this.#state = 'ready'
    this.record({ kind: 'process', what: 'ready' })
    this.#judgePort()
    this.#viewChanged()
  }

  /** At another address than its first one other ports are free (2000706). */
  #judgePort(): void {
    const { port } = this.channel.localMember()
    if (port === this.#firstFreePort || this.host.address !== this.#firstAddress) return
    this.broken(`port ${this.#firstFreePort} is free, and ${port} is announced`)
  }

  #end(): void {
    this.#state = 'over'
    this.overAtMs = this.#recorder.now
  }

  #takenAlong(): { tookAlong?: readonly string[] } {
    const tookAlong = this.manager.sessionIds().filter(id => this.#isSoleHolder(id))
    return tookAlong.length > 0 ? { tookAlong } : {}
  }

  #isSoleHolder(id: string): boolean {
    const { state } = this.manager.inspectCopy(id)!
    return state.kind === 'live' && !this.#isElsewhere(this, { id, state })
  }

  #viewChanged(): void {
    if (this.isAlive) this.record({ kind: 'view', members: this.members() })
  }

  #trouble(trouble: 'uncaught' | 'logged-error', what: string): void {
    if (this.isAlive) this.record({ kind: 'trouble', trouble, what })
  }

  #merges(): Pick<DeltaManagerOptions, 'merges'> {
    const merges = { ...(this.options.hasMerges && tagsMerge), ...(this.unruly && { [MOOD]: this.unruly.merge }) }
    return Object.keys(merges).length > 0 ? { merges } : {}
  }

  #newLogger(): Logger {
    const line = this.#recorder.isListenedTo
      ? (_: object, message: string) => this.#recorder.note(this.incarnation, `says: ${message}`)
      : () => {}
    const warn = (fields: object, message: string) => {
      this.log.warned(message)
      line(fields, message)
    }
    const error = (fields: { readonly err?: unknown }, message: string) => {
      if (this.log.isExpected(message, this.#isRefusing, (fields.err as { code?: unknown } | undefined)?.code))
        line(fields, message)
      else this.#trouble('logged-error', message)
    }
    return { debug: line, info: line, warn, error }
  }

  /** Values may be too large here, or no values at all. */
  get #isRefusing(): boolean {
    return this.options.manager.maxSessionBytes !== undefined || this.isProbed
  }

  #newTaps(): ChannelInterceptor[] {
    const order = new OrderWatch(what => this.broken(what))
    const taps: ChannelInterceptor[] = this.options.isUncompared
      ? [new Uncompared(() => this.livedMs > BEGUN_MS), order]
      : [order]
    const isHeard = this.#recorder.isListenedTo
    return isHeard ? [new WireTap(what => this.#recorder.note(this.incarnation, what)), ...taps] : taps
  }
}

/** What happens in a process, before who and when are noted. */
export type ProcessHappening<Event = Happening> = Event extends { incarnation: string }
  ? Omit<Event, 'node' | 'incarnation'>
  : never
