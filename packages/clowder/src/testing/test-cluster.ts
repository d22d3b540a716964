import { SeededRandom, SimNetwork, VirtualClock } from '@clowder/simulator'
import type { Cluster } from '../cluster/cluster.js'
import { ClusterTime } from './cluster-time.js'
import { BadTestCallError, NodeDownError, type NodeView, NotConvergedError, TestClusterStoppedError } from './errors.js'
import { HttpExchange } from './http-exchange.js'
import { Sides } from './sides.js'
import { TestBrowser } from './test-browser.js'
import { TestMachine } from './test-machine.js'
import type { TestSettings } from './test-options.js'
import { prepared, shown, type TestApp, type TestRequest } from './test-request.js'
import type { TestResponse } from './test-response.js'
import { split, type WithApp } from './with-app.js'

/** A node of `cluster.nodes`, or its index there. */
export type NodeRef = Cluster | number
/** A tuple when the number of nodes is known to the compiler, so that `const [a, b] = cluster.nodes` has no undefined in it. */
export type NodesOf<N extends number, T extends readonly Cluster[] = readonly []> = number extends N
  ? readonly Cluster[]
  : T['length'] extends N
    ? T
    : T['length'] extends 16
      ? readonly Cluster[]
      : NodesOf<N, readonly [...T, Cluster]>

const CONVERGENCE_MS_MAX = 60_000

/**
 * Some nodes of one application in this process, on virtual time: the real cluster, with its real bytes, over a simulated network. What waits for the cluster
 * waits in virtual time, which passes by itself meanwhile and stands still otherwise; the application's own timers and I/O are real.
 *
 * Faults happen at once. What the nodes make of them takes (virtual) time: `advance`, or `converged`.
 */
export class TestCluster<N extends number = number> {
  readonly #time: ClusterTime
  readonly #machines: readonly TestMachine[]
  readonly #sides: Sides
  /** Also of processes that have ended. */
  readonly #machineOf = new WeakMap<Cluster, TestMachine>()
  #stopped: Promise<void> | undefined

  /** See `createTestCluster`. */
  constructor(settings: TestSettings) {
    const clock = new VirtualClock()
    const random = new SeededRandom(settings.seed)
    const time = new ClusterTime(clock)
    const network = new SimNetwork({ clock, random: random.fork() })
    this.#time = time
    this.#machines = Array.from(
      { length: settings.count },
      (_, i) => new TestMachine({ network, time, random: random.fork() }, settings, i),
    )
    this.#sides = new Sides(
      network,
      this.#machines.map(machine => machine.address),
    )
  }

  /** Called by `createTestCluster`. */
  async start(): Promise<void> {
    const starts = await Promise.allSettled(this.#machines.map(machine => this.#start(machine)))
    for (const start of starts) if (start.status === 'rejected') throw start.reason
    await this.converged()
  }

  /** What `createCluster` gave each node, n1, n2, …; another object after a restart, because it is another process. */
  get nodes(): NodesOf<N> {
    return this.#machines.map(machine => machine.cluster) as readonly Cluster[] as NodesOf<N>
  }

  // ── requests ──

  /**
   * Sends a request to `app` on this node, or to the node's own (option `app`), and resolves with the whole answer. A string is the url of a GET. Waits while the
   * node is paused. Rejects with NodeDownError (`CLOWDER_NODE_DOWN`) when the node does not run or is killed meanwhile, and with what the handler throws.
   */
  request(node: NodeRef, ...args: WithApp<[request: TestRequest | string]>): Promise<TestResponse> {
    const { app, rest } = split<[request: TestRequest | string]>(args)
    const [request] = rest
    return this.#time.during(this.#request(node, app, typeof request === 'string' ? { url: request } : request))
  }

  /** A client that keeps its cookies. */
  browser(): TestBrowser {
    return new TestBrowser(this)
  }

  // ── faults ──

  /** Nodes reach those of their own group only. Nodes that are in no group are one more. Replaces any partition before. */
  partition(...groups: readonly (readonly NodeRef[])[]): void {
    if (!groups.every(Array.isArray)) throw new BadTestCallError('partition: groups are lists of nodes')
    const addresses = groups.map(group => group.map(node => this.#machine(node).address))
    const all = addresses.flat()
    if (new Set(all).size < all.length) throw new BadTestCallError('partition: a node is in two groups')
    if (addresses.some(group => group.length === 0 || group.length === this.#machines.length))
      throw new BadTestCallError('partition: a group is some of the nodes, not none and not all')
    this.#sides.partition(addresses)
  }

  /** The node reaches no other; clients still reach it. */
  isolate(node: NodeRef): void {
    this.#sides.isolate(this.#machine(node).address)
  }

  /** Every node reaches every other again. */
  heal(): void {
    this.#assertOpen()
    this.#sides.heal()
  }

  /** As kill -9: no goodbye, its sessions are gone, its open requests fail. */
  kill(node: NodeRef): void {
    this.#machine(node).kill()
  }

  /** Starts the node again, after a graceful stop if it runs. Resolves with what `createCluster` gives the new process. */
  async restart(node: NodeRef): Promise<Cluster> {
    const machine = this.#machine(node)
    await machine.stop()
    return this.#start(machine)
  }

  /** As SIGSTOP: it runs no timer and reads no byte; requests to it wait. Throws NodeDownError. */
  pause(node: NodeRef): void {
    this.#machine(node).pause()
  }

  /** As SIGCONT. */
  resume(node: NodeRef): void {
    this.#machine(node).resume()
  }

  // ── time ──

  /** Lets `ms` of virtual time pass: heartbeats, timeouts, expiry. */
  async advance(ms: number): Promise<void> {
    this.#assertOpen()
    if (!Number.isFinite(ms) || ms < 0)
      throw new BadTestCallError(`advance: milliseconds are a number from 0, given ${shown(ms)}`)
    await this.#time.advance(ms)
  }

  /** Virtual milliseconds since the beginning. */
  now(): number {
    return this.#time.now()
  }

  /**
   * Lets time pass until the nodes that run and reach each other see each other, nobody else, and hold the same sessions, those of further applications and the context too; with `manager.copies` those that
   * they are to hold. Rejects with NotConvergedError (`CLOWDER_NOT_CONVERGED`) after a minute.
   */
  async converged(): Promise<void> {
    this.#assertOpen()
    if (await this.#time.until(() => this.#isConverged(), CONVERGENCE_MS_MAX)) return
    throw new NotConvergedError(CONVERGENCE_MS_MAX, this.#running().map(viewOf))
  }

  /** Stops every node. To be called at the end of a test; every call resolves when that is done. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  async #request(node: NodeRef, app: TestApp | undefined, request: TestRequest): Promise<TestResponse> {
    const machine = this.#machine(node)
    if (typeof node !== 'number' && node !== machine.cluster)
      throw new NodeDownError(machine.name, 'was restarted: this is its former life, cluster.nodes has the new one')
    const ready = prepared(request)
    return machine.serve((asked, signal) => HttpExchange.run(asked, ready, signal), app)
  }

  async #start(machine: TestMachine): Promise<Cluster> {
    const cluster = await machine.start()
    this.#machineOf.set(cluster, machine)
    return cluster
  }

  async #stop(): Promise<void> {
    await Promise.all(this.#machines.map(machine => machine.stop()))
  }

  #machine(node: NodeRef): TestMachine {
    this.#assertOpen()
    const machine = typeof node === 'number' ? this.#machines[node] : this.#machineOf.get(node)
    if (machine) return machine
    throw new BadTestCallError(
      `a node is one of cluster.nodes, or its index from 0 to ${this.#machines.length - 1}, given ${shown(node)}`,
    )
  }

  #running(): TestMachine[] {
    return this.#machines.filter(machine => machine.isRunning)
  }

  #isConverged(): boolean {
    const running = this.#running()
    return running.every((machine, i) => {
      const isInReach = (other: TestMachine) => this.#sides.areTogether(machine.address, other.address)
      if (!seesAll(machine, running.filter(isInReach)) || !hasGivenAway(machine)) return false
      return running.slice(0, i).every(other => !isInReach(other) || holdTheSame(machine, other))
    })
  }

  #assertOpen(): void {
    if (this.#stopped) throw new TestClusterStoppedError()
  }
}

function seesAll(machine: TestMachine, inReach: readonly TestMachine[]): boolean {
  return (
    inReach
      .map(({ name }) => name)
      .sort()
      .join() === [machine.name, ...memberNames(machine)].sort().join()
  )
}

/** With `manager.copies`: what others are to hold they do. */
function hasGivenAway({ cluster }: TestMachine): boolean {
  return cluster.managers.every(manager => manager.inspect().strayCopies === 0)
}

/** Of what both are to hold: sessions, also of other applications, and what all members share. */
function holdTheSame({ cluster: a }: TestMachine, { cluster: b }: TestMachine): boolean {
  return a.managers.every((manager, i) => manager.digest(b.localMember()) === b.managers[i]!.digest(a.localMember()))
}

function memberNames({ cluster }: TestMachine): string[] {
  return cluster.members().map(({ name }) => name)
}

function viewOf(machine: TestMachine): NodeView {
  const { sessions, digest } = machine.cluster.manager.inspect()
  return { name: machine.name, members: memberNames(machine).sort(), sessions, digest }
}
