import type { Clock } from '@clowder/tribes'
import type { ClusterProcess } from '../cluster/cluster-process.js'
import type { SimulatedCluster } from '../cluster/simulated-cluster.js'

/** Beyond these something has grown without bound, whatever the faults were. */
export const LOAD_BOUNDS: Readonly<Record<string, number>> = {
  unsentBytes: 4_000_000,
  sockets: 64,
  listeners: 4,
  openPulls: 1_000,
  openExchanges: 64,
  laggingMembers: 16,
  sessions: 20_000,
  deathCertificates: 20_000,
}

const READ_EVERY_MS = 5_000
/** Not in step with anything that happens every second. */
const LOOK_EVERY_MS = 173

/** Reads the sizes of things now and then, and the counters at the end. */
export class Gauges {
  readonly #clock: Clock
  readonly #cluster: SimulatedCluster
  readonly #rest = new Map<ClusterProcess, Readonly<Record<string, number>>>()

  constructor(components: { readonly clock: Clock; readonly cluster: SimulatedCluster }) {
    this.#clock = components.clock
    this.#cluster = components.cluster
  }

  begin(): void {
    this.#clock.setTimer(READ_EVERY_MS, () => {
      this.read()
      this.begin()
    })
  }

  read(): void {
    for (const process of this.#cluster.processes()) process.record({ kind: 'load', figures: figuresOf(process) })
  }

  /** For the last while of a run: what is there all the time, and does not just come and go with a question that is asked once a second. */
  watchRest(): void {
    for (const process of this.#cluster.processes())
      this.#rest.set(process, least(figuresOf(process), this.#rest.get(process)))
    this.#clock.setTimer(LOOK_EVERY_MS, () => this.watchRest())
  }

  tellRest(): void {
    for (const [process, figures] of this.#rest) if (process.isAlive) process.record({ kind: 'load', figures })
  }

  /** What the process has counted up to now, or up to its end. */
  sumUp(process: ClusterProcess): void {
    process.record({ kind: 'counters', counters: countersOf(process) })
  }
}

function figuresOf({ host, manager }: ClusterProcess): Record<string, number> {
  const { sessions, deathCertificates, openPulls, openExchanges, laggingMembers } = manager.inspect()
  let unsentBytes = 0
  for (const connection of host.streams) unsentBytes += connection.bufferedBytes
  const sockets = host.streams.size
  const listeners = host.listeners.size
  return { unsentBytes, sockets, listeners, openPulls, openExchanges, laggingMembers, sessions, deathCertificates }
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
