import { setTimeout as delay } from 'node:timers/promises'
import type { CopyEvent, HistoryEvent } from '@clowder/simulator'
import { Injector } from '../faults/injector.js'
import type { Relays } from '../faults/relays.js'
import { HistoryRecorder } from '../history/history-recorder.js'
import { Crowd } from '../load/crowd.js'
import type { LabNetwork } from '../network/lab-network.js'
import type { PacketFilter } from '../network/packet-filter.js'
import type { AppMessage } from '../node/app-message.js'
import type { ClusterLife, LifeListener, ProcessChange } from '../node/cluster-life.js'
import type { NodeProcess } from '../node/node-process.js'
import { flatCounters } from './flat-counters.js'
import type { SchedulePlan } from './schedule-plan.js'

/** Clients go on for so long after everything has healed: what they meet then is owed to be whole soon. */
const AFTER_HEAL_MS = 1_500
/** Convergence is owed within this after the clients have stopped. The machine may be busy; the protocol needs a fraction of it. */
const CONVERGED_WITHIN_MS = 15_000
/** Sizes are looked at so often. */
const LOAD_EVERY_MS = 1_000
const REST_LOOKS = 200
const REST_LOOK_MS = 40
/** What a process tells of a copy that it does not trust (see app/asks.mjs). */
const IN_DOUBT = 'in doubt'

/** Beyond these something has grown without bound. */
const BOUNDS = {
  openQuestions: 2_000,
  openExchanges: 200,
  connections: 40,
  queuedBytes: 67_108_864,
  sockets: 400,
  residentMb: 600,
}
const MAX_WAIT_MS = 2_000

export interface ScheduleComponents {
  readonly network: LabNetwork
  readonly filter: PacketFilter
  readonly relays: Relays
  readonly life: ClusterLife
}

export interface ScheduleResult {
  readonly history: readonly HistoryEvent[]
  /** From the heal to equal digests, ms; absent when it did not happen. */
  readonly convergedMs: number | undefined
}

type Counters = Readonly<Record<string, number>>

/** One seed: clients and faults, then nothing but healing, then what everybody holds. The cluster exists before and after. */
export class ScheduleRun implements LifeListener {
  readonly #components: ScheduleComponents
  readonly #plan: SchedulePlan
  readonly #history: HistoryRecorder
  readonly #crowd: Crowd
  readonly #injector: Injector
  #isSettled = false
  readonly #countersBefore = new Map<string, Counters>()

  constructor(components: ScheduleComponents, plan: SchedulePlan, isAsync: boolean) {
    const { life, network } = components
    this.#components = components
    this.#plan = plan
    const run = { seed: plan.seed, nodes: life.names, idleLimitMs: 1_800_000, bounds: BOUNDS, maxWaitMs: MAX_WAIT_MS }
    this.#history = new HistoryRecorder(run, isAsync)
    this.#crowd = new Crowd({ hosts: network.hosts, history: this.#history }, plan)
    this.#injector = new Injector({ ...components, balancer: this.#crowd.balancer, history: this.#history })
  }

  told(process: NodeProcess, message: AppMessage): void {
    this.#history.told(process, message)
  }

  processChanged({ name: node, incarnation }: NodeProcess, what: ProcessChange, at: number): void {
    this.#history.add({ kind: 'process', node, incarnation, what }, at)
  }

  async run(): Promise<ScheduleResult> {
    await this.#introduce()
    const load = this.#noteLoads()
    try {
      const convergedMs = await this.#play()
      this.#isSettled = true
      await load
      await this.#noteRest()
      await this.#noteEnd()
      return { history: this.#history.finish(), convergedMs }
    } finally {
      this.#isSettled = true
      await this.#crowd.stop()
    }
  }

  /** Resolves with how long after the heal all was the same; undefined: it was not in time. */
  async #play(): Promise<number | undefined> {
    this.#history.add({ kind: 'phase', phase: 'faults' })
    this.#crowd.start()
    await this.#doFaults()
    await this.#injector.heal()
    this.#history.add({ kind: 'phase', phase: 'healed' })
    const healedMs = performance.now()
    await delay(AFTER_HEAL_MS)
    await this.#crowd.stop()
    const isWhole = (await this.#components.life.becomesWhole(CONVERGED_WITHIN_MS)) !== undefined
    this.#history.add({ kind: 'phase', phase: 'settled' })
    return isWhole ? performance.now() - healedMs : undefined
  }

  /** The processes are older than this schedule: they are told of as if they had begun with it. */
  async #introduce(): Promise<void> {
    for (const process of this.#components.life.running) {
      const from = fromOf(process)
      this.#history.add({ kind: 'process', ...from, what: 'start' })
      this.#history.add({ kind: 'process', ...from, what: 'ready' })
      this.#history.add({ kind: 'view', ...from, members: await process.ask<string[]>('members') })
      this.#countersBefore.set(process.incarnation, flatCounters(await process.ask('inspect')))
    }
  }

  async #doFaults(): Promise<void> {
    const { faults, faultsMs } = this.#plan
    const beganMs = performance.now()
    for (const fault of faults) {
      await delay(Math.max(0, beganMs + fault.atMs - performance.now()))
      this.#injector.begin(fault)
    }
    await delay(Math.max(0, beganMs + faultsMs - performance.now()))
  }

  async #noteLoads(): Promise<void> {
    while (!this.#isSettled) {
      await delay(LOAD_EVERY_MS)
      await this.#noteLoad()
    }
  }

  async #noteLoad(): Promise<void> {
    for (const process of this.#components.life.running) {
      // Whoever dies meanwhile has nothing to say.
      const figures = await process.ask<Record<string, number>>('figures').catch(() => undefined)
      if (figures) this.#history.add({ kind: 'load', ...fromOf(process), figures })
    }
  }

  /** What is left when nobody asks any more. The tables are compared now and then for ever, so a moment between two comparisons is waited for. */
  async #noteRest(): Promise<void> {
    for (const process of this.#components.life.running) {
      let figures = await process.ask<Record<string, number>>('figures')
      for (let looks = 0; looks < REST_LOOKS && !isAtRest(figures); looks++) {
        await delay(REST_LOOK_MS)
        figures = await process.ask<Record<string, number>>('figures')
      }
      this.#history.add({ kind: 'load', ...fromOf(process), figures })
    }
  }

  async #noteEnd(): Promise<void> {
    const ids = this.#history.sessions
    for (const process of this.#components.life.running) {
      const from = fromOf(process)
      const sessions = await trustedCopies(process, ids)
      this.#history.add({ kind: 'copies', ...from, digest: await process.ask<string>('digest'), sessions })
      this.#history.add({ kind: 'counters', ...from, counters: await this.#countersOf(process) })
    }
  }

  /** What this schedule added. */
  async #countersOf(process: NodeProcess): Promise<Counters> {
    const before = this.#countersBefore.get(process.incarnation) ?? {}
    const after = flatCounters(await process.ask('inspect'))
    return Object.fromEntries(Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]))
  }
}

/**
 * A process that did not run for a while trusts its copies again when it has compared them; that it never does would be found as a difference. And a commit whose
 * writer has gone with it is waited for, for some seconds.
 */
async function trustedCopies(process: NodeProcess, ids: readonly string[]): Promise<Record<string, CopyEvent>> {
  for (let looks = 0; ; looks++) {
    const copies = await process.ask<Record<string, CopyEvent>>('copies', { ids })
    if (looks === REST_LOOKS || Object.values(copies).every(copy => copy.state !== IN_DOUBT && !copy.hasGap))
      return copies
    await delay(REST_LOOK_MS)
  }
}

function isAtRest({ queuedBytes, openQuestions, openExchanges }: Readonly<Record<string, number>>): boolean {
  return queuedBytes === 0 && openQuestions === 0 && openExchanges === 0
}

function fromOf({ name, incarnation }: NodeProcess): { node: string; incarnation: string } {
  return { node: name, incarnation }
}
