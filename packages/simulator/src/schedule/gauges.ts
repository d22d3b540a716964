import { deltaManagerDefaults } from '@clowder/ha'
import type { Clock } from '@clowder/tribes'
import type { ClusterProcess } from '../cluster/cluster-process.js'
import type { ProcessOptions } from '../cluster/process-options.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'

/** Beyond these something has grown without bound, whatever the faults were. */
const LOAD_BOUNDS: Readonly<Record<string, number>> = {
  unsentBytes: 4_000_000,
  sockets: 64,
  listeners: 4,
  timers: 1_000,
  openPulls: 1_000,
  openExchanges: 64,
  laggingMembers: 16,
  sessions: 20_000,
  deathCertificates: 20_000,
}

/** A part of an exchange: a session is begun in it as long as it has less than 256 KiB. */
const PART_BYTES = 262_144
/** All values of one session, at most, and what names and frames add. */
const MOST_SESSION_BYTES = 1.25 * deltaManagerDefaults.maxSessionBytes

/** The bounds of processes with these options. A queue holds what it may; one message by itself may be larger. */
export function loadBoundsOf({ transport }: ProcessOptions): Readonly<Record<string, number>> {
  const { maxQueueBytes } = transport
  if (maxQueueBytes === undefined) return LOAD_BOUNDS
  return { ...LOAD_BOUNDS, queuedBytes: Math.max(maxQueueBytes, PART_BYTES + MOST_SESSION_BYTES) }
}

const READ_EVERY_MS = 5_000
/** A queue grows and is emptied in less than a second. */
const LOOK_AT_QUEUES_EVERY_MS = 400
/** Not in step with anything that happens every second. */
const LOOK_EVERY_MS = 173

/** Reads the sizes of things now and then, and the counters at the end. */
export class Gauges {
  readonly #clock: Clock
  readonly #cluster: SimulatedCluster
  /** What the longest queue of each has held since the last reading. */
  readonly #queued = new Map<ClusterProcess, number>()
  readonly #rest = new Map<ClusterProcess, Readonly<Record<string, number>>>()

  constructor(components: { readonly clock: Clock; readonly cluster: SimulatedCluster }) {
    this.#clock = components.clock
    this.#cluster = components.cluster
  }

  begin(): void {
    this.#read()
    this.#watchQueues()
  }

  /** For the last while of a run: what is there all the time, and does not just come and go with a question that is asked once a second. */
  watchRest(): void {
    for (const process of this.#cluster.processes()) {
      const figures = figuresOf(process, queuedBytes(process))
      this.#rest.set(process, least(figures, this.#rest.get(process)))
    }
    this.#clock.setTimer(LOOK_EVERY_MS, () => this.watchRest())
  }

  tellRest(): void {
    for (const [process, figures] of this.#rest) if (process.isAlive) process.record({ kind: 'load', figures })
  }

  /** What the process has counted up to now, or up to its end. */
  sumUp(process: ClusterProcess): void {
    process.record({ kind: 'counters', counters: countersOf(process) })
  }

  #read(): void {
    for (const process of this.#cluster.processes())
      process.record({ kind: 'load', figures: figuresOf(process, this.#queued.get(process) ?? 0) })
    this.#queued.clear()
    this.#clock.setTimer(READ_EVERY_MS, () => this.#read())
  }

  #watchQueues(): void {
    for (const process of this.#cluster.processes())
      this.#queued.set(process, Math.max(this.#queued.get(process) ?? 0, queuedBytes(process)))
    this.#clock.setTimer(LOOK_AT_QUEUES_EVERY_MS, () => this.#watchQueues())
  }
}

function figuresOf({ host, manager, channel }: ClusterProcess, queuedBytes: number): Record<string, number> {
  const { sessions, deathCertificates, openPulls, openExchanges, laggingMembers, locks } = manager.inspect()
  let unsentBytes = 0
  for (const connection of host.streams) unsentBytes += connection.bufferedBytes
  const membersBehind = channel.queues().filter(({ isBehind }) => isBehind).length
  const { queuedBytes: dispatchedBytes, waitingBytes } = channel.dispatch.stats
  return {
    ...{ queuedBytes, unsentBytes, membersBehind, laggingMembers, dispatchedBytes, waitingBytes },
    sockets: host.streams.size,
    listeners: host.listeners.size,
    timers: host.clock.activeTimers,
    ...{ openPulls, openExchanges, sessions, deathCertificates },
    ...{ locksAsked: locks.own.waiting, locksHeld: locks.own.held },
  }
}

/** In the longest queue, sent and unacknowledged bytes included; where one is counted as holding less than nothing, that. */
function queuedBytes({ channel }: ClusterProcess): number {
  let most = 0
  for (const { queuedBytes, unacknowledgedBytes } of channel.queues()) {
    const least = Math.min(queuedBytes, unacknowledgedBytes)
    if (least < 0) return least
    most = Math.max(most, queuedBytes + unacknowledgedBytes)
  }
  return most
}

function least(now: Record<string, number>, before: Readonly<Record<string, number>> = now): Record<string, number> {
  return Object.fromEntries(Object.entries(now).map(([name, figure]) => [name, Math.min(figure, before[name]!)]))
}

function countersOf({ manager, channel, valve }: ClusterProcess): Record<string, number> {
  return {
    ...flat('manager', manager.inspect()),
    ...flat('transport', channel.transportStats() ?? {}),
    ...flat('multicast', channel.multicastStats() ?? {}),
    ...flat('failureDetector', channel.failureDetector.stats),
    ...flat('valve', { ...valve.statistics }),
  }
}

/** `pulls.timedOut`, …: every number in it, by its path. */
function flat(prefix: string, figures: object): Record<string, number> {
  const flattened: Record<string, number> = {}
  for (const [name, value] of Object.entries(figures)) {
    if (typeof value === 'number') flattened[`${prefix}.${name}`] = value
    else if (typeof value === 'object' && value !== null) Object.assign(flattened, flat(`${prefix}.${name}`, value))
  }
  return flattened
}
