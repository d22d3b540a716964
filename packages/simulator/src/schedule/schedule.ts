import { type DeltaManager, deltaManagerDefaults } from '@clowder/ha'
import { LOCK_PATIENCE_MS, LONGEST_LOCKED_MS, TICKET } from '../clients/client-options.js'
import { Crowd } from '../clients/crowd.js'
import type { ClusterNode } from '../cluster/cluster-node.js'
import { type Listener, Recorder } from '../cluster/recorder.js'
import { SimulatedCluster } from '../cluster/simulated-cluster.js'
import { FaultInjector } from '../faults/fault-injector.js'
import type { HistoryEvent } from '../history/history-event.js'
import { SeededRandom } from '../seeded-random.js'
import { SimNetwork } from '../sim-network.js'
import { VirtualClock } from '../virtual-clock.js'
import { haveEqualCopies, haveEqualTables } from './agreement.js'
import { conditionsOf } from './conditions.js'
import { copiesOf } from './copies.js'
import { Gauges, loadBoundsOf } from './gauges.js'
import { LastWords } from './last-words.js'
import { phasesOf, type SchedulePlan } from './schedule-plan.js'

export interface ScheduleOutcome {
  readonly plan: SchedulePlan
  readonly history: readonly HistoryEvent[]
  /** Of everything that went over the network, in order. */
  readonly trace: string
  /** How many things happened. */
  readonly turns: number
}

/** No request may take longer than this: the longest page, a pull after a stall, an acknowledgement, the way there and back, ms. */
const MAX_WAIT_MS = 1_600
/** So long before a process wakes some pages are asked of it: longer than a request is on its way, ms. */
const CALLED_BEFORE_MS = 2
/** So long after everything has healed all copies are looked at for the first time: a comparison that went into a cut is given up after 5 s, ms. */
const CONVERGED_WITHIN_MS = 6_500
/** At the end: what is there all this time is what has come to rest, ms. */
const REST_MS = 2_000
/** In this time each member has compared with some other, ms; where members hold different parts, with each of them in so many times this. */
const COMPARED_WITHIN_MS = 1_500
/** How often it is looked at, ms. */
const AGREED_EVERY_MS = 50

/**
 * Runs one plan: a cluster, its clients and its faults on one virtual clock.
 *
 *     0 ── anything may fail ──▶ healMs ── clients go on gently ──▶ quietMs ── nobody comes ──▶ durationMs
 *
 * Judges nothing: what comes out is the history that the checkers read.
 */
export class Schedule {
  readonly #plan: SchedulePlan
  readonly #clock = new VirtualClock()
  readonly #network: SimNetwork
  readonly #recorder: Recorder
  readonly #cluster: SimulatedCluster
  readonly #crowd: Crowd
  readonly #injector: FaultInjector
  readonly #lastWords: LastWords
  readonly #gauges: Gauges

  /** `listener` hears of every message as well. */
  constructor(plan: SchedulePlan, listener?: Listener) {
    this.#plan = plan
    const random = new SeededRandom(plan.seed).fork()
    const clock = this.#clock
    const recorder = new Recorder({ clock, listener })
    this.#recorder = recorder
    const { physics, splitReads, circumstances = {} } = plan
    const { members, mtuBytes } = circumstances
    const network = new SimNetwork(
      { clock, random: random.fork() },
      { ...physics, splitReads, hasMulticast: !members, ...(mtuBytes !== undefined && { mtuBytes }) },
    )
    const cluster = new SimulatedCluster(
      { network, random: random.fork(), recorder },
      plan.nodes,
      plan.process,
      circumstances,
    )
    this.#network = network
    this.#cluster = cluster
    this.#lastWords = new LastWords({ clock, recorder })
    const changeAsked = (node: ClusterNode) => this.#lastWords.changeAsked(node)
    this.#crowd = new Crowd({ clock, random: random.fork(), cluster, recorder, changeAsked }, plan.clients)
    this.#injector = new FaultInjector({ clock, network, cluster, recorder, physics: plan.physics })
    this.#gauges = new Gauges({ clock, cluster })
  }

  async run(): Promise<ScheduleOutcome> {
    const { healMs, quietMs } = phasesOf(this.#plan)
    this.#begin()
    await this.#advanceTo(healMs)
    this.#heal()
    await this.#advanceTo(Math.min(healMs + CONVERGED_WITHIN_MS, quietMs))
    this.#tellCopies()
    await this.#advanceTo(quietMs)
    this.#crowd.stop()
    await this.#advanceTo(this.#plan.durationMs - REST_MS)
    this.#gauges.watchRest()
    await this.#advanceTo(this.#plan.durationMs)
    await this.#agree()
    this.#settle()
    return {
      plan: this.#plan,
      history: this.#recorder.events,
      trace: this.#network.trace.digest(),
      turns: this.#clock.turns,
    }
  }

  #begin(): void {
    const { seed, nodes, process, clients, faults, lastWords } = this.#plan
    const { maxInactiveInterval, retention } = { ...deltaManagerDefaults, ...process.manager }
    const { copies, maxDeathCertificates } = process.manager
    this.#recorder.record({
      kind: 'run',
      seed,
      nodes: nodes.map(node => node.name),
      idleLimitMs: maxInactiveInterval <= 0 ? null : maxInactiveInterval * 1000,
      retentionMs: 1000 * Math.max(retention, 2 * maxInactiveInterval),
      ...(maxDeathCertificates !== undefined && { maxDeathCertificates }),
      ...(copies !== undefined && { copies }),
      bounds: loadBoundsOf(process),
      maxWaitMs: MAX_WAIT_MS + (clients.lockShare > 0 ? LONGEST_LOCKED_MS + LOCK_PATIENCE_MS : 0),
    })
    this.#recorder.record({ kind: 'phase', phase: 'faults' })
    for (const { fault, what, isHarmless } of conditionsOf(this.#plan)) {
      this.#recorder.record({ kind: 'fault', fault, what })
      if (isHarmless) this.#recorder.record({ kind: 'fault', fault, what, isOver: true })
    }
    for (const node of this.#cluster.nodes) node.start()
    this.#injector.schedule(faults)
    this.#lastWords.schedule(lastWords)
    this.#scheduleCalls()
    this.#crowd.begin()
    this.#gauges.begin()
  }

  /** Whoever wakes is asked for something at once: it must not answer from what it knew before. */
  #scheduleCalls(): void {
    for (const fault of this.#plan.faults) {
      if (fault.kind !== 'pause' && fault.kind !== 'stall') continue
      const atMs = fault.atMs + fault.forMs - CALLED_BEFORE_MS
      for (const name of fault.nodes) this.#clock.setTimer(atMs, () => this.#crowd.callOn(this.#cluster.node(name)))
    }
  }

  #heal(): void {
    this.#lastWords.stop()
    this.#injector.heal()
    this.#recorder.record({ kind: 'phase', phase: 'healed' })
    this.#crowd.calmDown()
  }

  /**
   * What is forgotten by age is dropped by one member first, and by the others when they compare with it: where the end of a run falls between the two, that comparison
   * is awaited.
   */
  async #agree(): Promise<void> {
    const { nodes, process } = this.#plan
    const hasParts = process.manager.copies !== undefined
    const isAgreed = () => (hasParts ? haveEqualCopies(this.#managers()) : haveEqualTables(this.#managers()))
    const untilMs = this.#plan.durationMs + COMPARED_WITHIN_MS * (hasParts ? nodes.length : 1)
    while (this.#clock.now() < untilMs && !isAgreed()) await this.#advanceTo(this.#clock.now() + AGREED_EVERY_MS)
  }

  #managers(): readonly DeltaManager[] {
    return this.#cluster.processes().map(({ manager }) => manager)
  }

  #settle(): void {
    for (const node of this.#cluster.nodes) for (const process of node.processes) process.judge()
    this.#recorder.record({ kind: 'phase', phase: 'settled' })
    this.#gauges.tellRest()
    this.#tellCopies()
    for (const node of this.#cluster.nodes) for (const process of node.processes) this.#gauges.sumUp(process)
  }

  #tellCopies(): void {
    const names = [...this.#plan.clients.names, TICKET]
    const ids = this.#idsSeen()
    for (const process of this.#cluster.processes()) process.record(copiesOf(process, ids, names))
  }

  #idsSeen(): Set<string> {
    const ids = new Set<string>()
    for (const event of this.#recorder.events) {
      if (event.kind === 'response' || event.kind === 'session') if (event.session !== undefined) ids.add(event.session)
    }
    return ids
  }

  /** What a turn throws, it throws in a process: the run goes on without what that turn had left to do. */
  async #advanceTo(atMs: number): Promise<void> {
    while (this.#clock.now() < atMs) {
      try {
        await this.#clock.advance(atMs - this.#clock.now())
      } catch (error) {
        const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
        this.#recorder.record({ kind: 'trouble', node: '', incarnation: '', trouble: 'uncaught', what })
      }
    }
  }
}
