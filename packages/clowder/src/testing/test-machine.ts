import type { SeededRandom, SimHost, SimNetwork } from '@clowder/simulator'
import type { Cluster } from '../cluster/cluster.js'
import { createCluster } from '../create-cluster.js'
import type { ClusterTime } from './cluster-time.js'
import { BadTestCallError, NodeDownError } from './errors.js'
import { nodeOptions, type TestSettings } from './test-options.js'
import type { TestApp } from './test-request.js'
import { watchedCluster } from './watched-cluster.js'

export interface TestMachineComponents {
  readonly network: SimNetwork
  readonly random: SeededRandom
  readonly time: ClusterTime
}

/** From a start to a kill: one process and its cluster. */
interface Life {
  readonly host: SimHost
  readonly cluster: Cluster
  readonly app: TestApp | undefined
  /** Aborted with the reason why nothing answers any more. */
  readonly end: AbortController
}

/** A place in the test cluster: the same name and address, one process after the other. */
export class TestMachine {
  readonly name: string
  readonly address: string
  readonly #components: TestMachineComponents
  readonly #settings: TestSettings
  #life: Life | undefined
  #pausedUntil: { readonly resumed: Promise<void>; readonly resume: () => void } | undefined

  constructor(components: TestMachineComponents, settings: TestSettings, index: number) {
    this.name = `n${index + 1}`
    this.address = `10.0.0.${index + 1}`
    this.#components = components
    this.#settings = settings
  }

  /** The cluster of the process that runs here, or ran here last. */
  get cluster(): Cluster {
    return this.#life!.cluster
  }

  get isRunning(): boolean {
    return this.#life?.host.process.isRunning === true && this.#life.cluster.state === 'ready'
  }

  /** Starts a process. What `createCluster` or the application's factory rejects with comes out, and nothing is left running. */
  async start(): Promise<Cluster> {
    const { network, random, time } = this.#components
    network.kill(this.address)
    const host = network.host(this.address)
    const ports = { clock: host.clock, network: host, random: random.fork() }
    const options = nodeOptions(this.#settings.cluster, this.name, this.address)
    const watch = <T>(promise: Promise<T>) => time.watch(host.process, promise)
    const end = new AbortController()
    const cluster = watchedCluster(await watch(createCluster(options, ports)), watch, end.signal)
    this.#life = { host, cluster, app: await this.#newApp(cluster), end }
    return cluster
  }

  async #newApp(cluster: Cluster): Promise<TestApp | undefined> {
    try {
      return await this.#settings.app?.(cluster)
    } catch (error) {
      await cluster.stop()
      throw error
    }
  }

  /** A goodbye to the others; a paused process has none. */
  async stop(): Promise<void> {
    if (this.isRunning) await this.cluster.stop()
    this.kill('was stopped')
  }

  kill(what = 'was killed'): void {
    this.#components.network.kill(this.address)
    this.#life?.end.abort(new NodeDownError(this.name, what))
    this.resume()
  }

  pause(): void {
    this.#assertAlive()
    this.#components.network.pause(this.address)
    this.#pausedUntil ??= newPause()
  }

  resume(): void {
    this.#components.network.resume(this.address)
    this.#components.time.pump()
    this.#pausedUntil?.resume()
    this.#pausedUntil = undefined
  }

  /** Runs `work` when the process is not paused. `signal` aborts when the process ends. Rejects with NodeDownError when it has ended. */
  async serve<T>(work: (app: TestApp, signal: AbortSignal) => Promise<T>, app?: TestApp): Promise<T> {
    this.#assertAlive()
    const { end, app: own } = this.#life!
    const asked = app ?? own
    if (!asked)
      throw new BadTestCallError('which application? Give the request one, or createTestCluster the option app')
    await this.#pausedUntil?.resumed
    end.signal.throwIfAborted()
    return work(asked, end.signal)
  }

  #assertAlive(): void {
    this.#life!.end.signal.throwIfAborted()
  }
}

function newPause() {
  let resume = () => {}
  const resumed = new Promise<void>(resolve => {
    resume = resolve
  })
  return { resumed, resume }
}
