import { type ChildProcess, fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { AppProcess } from '../support/app-process.js'
import { memberKnown } from '../support/test-cluster.js'
import { Namespace } from '../torture/network/namespace.js'

const FLOODER = fileURLToPath(new URL('flooder.mjs', import.meta.url))
const LOAD = fileURLToPath(new URL('load.mjs', import.meta.url))
const CLUSTER_HOST = '10.46.0.1'
const FLOODER_HOST = '10.46.0.2'
const GROUP = '228.0.0.4'
const PORT = 45_564
const RECEIVER_PORT = 4000
const SECRET = 'a secret that whoever floods does not know'
const NAMES = ['n1', 'n2']
/**
 * The cluster and its users go before whatever else this machine does, the flooder included: else that is what is measured. By class where the system lets us: niceness counts
 * within a session only (autogroups of the scheduler). Not the flooder too: all together would have more of a processor than the system gives to that class.
 */
const FIRST = mayRun('chrt', '--rr', '10') ? ['chrt', '--rr', '10'] : ['nice', '-n', '-15']

export type FloodKind = 'random' | 'forged' | 'replayed' | 'connects' | 'mixed'

export interface FloodRates {
  readonly datagramsPerSecond: number
  readonly connectsPerSecond: number
  readonly requestsPerSecond: number
}

export interface Flooding {
  readonly kind: FloodKind
  /** As busy, and at ports where nobody listens: what is slower then is not the cluster's fault. */
  readonly isControl: boolean
  readonly seconds: number
}

/** What it was like meanwhile. */
export interface FloodOutcome {
  readonly datagrams: number
  readonly connects: number
  readonly latenciesMs: readonly number[]
  readonly failures: number
  /** Of all members together, per second. */
  readonly cpuMs: number
  /** Of who floods, per second: the control must be as busy. */
  readonly flooderCpuMs: number
}

/** What a lab is made of, as far as it has come. */
interface Opened {
  /** Where the cluster is, and where it is flooded from. */
  readonly namespaces: Namespace[]
  readonly apps: AppProcess[]
  /** The flooder and the users. */
  readonly children: ChildProcess[]
}

/**
 * A cluster of two with users of its application, and somebody who floods it:
 *
 *     [ n1, n2, users ] 10.46.0.1 ══════ 10.46.0.2 [ flooder ]
 *
 * Each of the two in a network namespace of its own; nothing leaves this machine.
 */
export class FloodLab {
  readonly #opened: Opened
  readonly #flooder: ChildProcess
  readonly #load: ChildProcess

  private constructor(opened: Opened) {
    this.#opened = opened
    const [flooder, load] = opened.children as [ChildProcess, ChildProcess]
    this.#flooder = flooder
    this.#load = load
  }

  get apps(): AppProcess[] {
    return this.#opened.apps
  }

  static async open(rates: FloodRates): Promise<FloodLab> {
    const opened: Opened = { namespaces: [], apps: [], children: [] }
    try {
      return await FloodLab.#open(rates, opened)
    } catch (error) {
      await closed(opened)
      throw error
    }
  }

  static async #open(rates: FloodRates, opened: Opened): Promise<FloodLab> {
    const { namespaces, apps, children } = opened
    for (let n = 0; n < 2; n++) namespaces.push(await Namespace.open())
    const [inside, outside] = namespaces as [Namespace, Namespace]
    await plugTogether(inside, outside)
    for (const [index, name] of NAMES.entries())
      apps.push(new AppProcess(name, { cluster: optionsOf(name, index) }, [...FIRST, ...inside.enter]))
    await Promise.all(apps.map(app => app.started()))
    await Promise.all(apps.map((app, index) => memberKnown(app, NAMES[1 - index]!)))
    const receivers = NAMES.map((_, index) => ({ host: CLUSTER_HOST, port: RECEIVER_PORT + index }))
    const ports = apps.map(app => app.port)
    children.push(newChild(outside.enter, FLOODER, { group: GROUP, port: PORT, receivers, ...rates }))
    children.push(newChild([...FIRST, ...inside.enter], LOAD, { ports, perSecond: rates.requestsPerSecond }))
    await Promise.all(children.map(ready))
    return new FloodLab(opened)
  }

  /** One more member; resolves when all know it. */
  async start(name: string): Promise<void> {
    const app = new AppProcess(name, { cluster: optionsOf(name, this.apps.length) }, [
      ...FIRST,
      ...this.#opened.namespaces[0]!.enter,
    ])
    this.apps.push(app)
    await app.started()
    await Promise.all(this.apps.slice(0, -1).map(other => memberKnown(other, name)))
  }

  async flood(flooding: Flooding): Promise<FloodOutcome> {
    this.#load.send('begin')
    const before = await this.#cpuMs()
    this.#flooder.send(flooding)
    const [{ datagrams, connects, tookMs, cpuMs }] = await once(this.#flooder, 'message')
    const spentMs = (await this.#cpuMs()) - before
    this.#load.send('end')
    const [{ latencies, failures }] = await once(this.#load, 'message')
    const perSecond = (ms: number) => ms / (tookMs / 1000)
    const cpu = { cpuMs: perSecond(spentMs), flooderCpuMs: perSecond(cpuMs) }
    return { datagrams, connects, latenciesMs: latencies, failures, ...cpu }
  }

  async close(): Promise<void> {
    await closed(this.#opened)
  }

  async #cpuMs(): Promise<number> {
    const spent = await Promise.all(this.apps.map(app => app.ask<number>('cpuMs')))
    return spent.reduce((sum, ms) => sum + ms, 0)
  }
}

function optionsOf(jvmRoute: string, index: number): object {
  return {
    jvmRoute,
    secret: SECRET,
    membership: { address: GROUP, port: PORT },
    receiver: { address: CLUSTER_HOST, port: RECEIVER_PORT + index, autoBind: 1 },
  }
}

function mayRun(...command: readonly [string, ...string[]]): boolean {
  const [file, ...args] = command
  return spawnSync(file, [...args, 'true'], { stdio: 'ignore' }).status === 0
}

async function plugTogether(inside: Namespace, outside: Namespace): Promise<void> {
  await inside.run('ip', ['link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', outside.pid])
  for (const [namespace, host] of [[inside, CLUSTER_HOST] as const, [outside, FLOODER_HOST] as const]) {
    await namespace.run('ip', ['link', 'set', 'lo', 'up'])
    await namespace.run('ip', ['address', 'add', `${host}/24`, 'dev', 'eth0'])
    await namespace.run('ip', ['link', 'set', 'eth0', 'up'])
    await namespace.run('ip', ['route', 'add', 'default', 'dev', 'eth0'])
  }
}

function newChild(enter: readonly string[], script: string, options: object): ChildProcess {
  const [execPath, ...execArgv] = [...enter, process.execPath]
  return fork(script, [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    execPath: execPath!,
    execArgv,
  })
}

async function ready(child: ChildProcess): Promise<void> {
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(() => Promise.reject(new Error(`${child.spawnargs.at(-2)} ended`))),
  ])
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Whatever of a lab there is. */
async function closed({ namespaces, apps, children }: Opened): Promise<void> {
  await Promise.all([...children.map(killed), ...apps.map(app => app.destroy())])
  await Promise.all(namespaces.map(namespace => namespace.close()))
}
