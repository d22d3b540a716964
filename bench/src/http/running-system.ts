import { setTimeout as delay } from 'node:timers/promises'
import { LineProcess, nodeScript } from '../process/line-process.js'
import { ports } from '../process/ports.js'
import type { TomcatProgram } from '../process/tomcat-program.js'
import type { ReadyNode } from './app-server.js'
import { type SessionStoreServer, startStore, storeOf } from './session-stores.js'
import { type HttpSystem, isClowder, isCluster } from './system.js'

const JOIN_TIMEOUT_MS = 20_000
const NODE_TIMEOUT_MS = 90_000
/** So that several Tomcats of one cluster find a port each, whatever they try first. */
const PORTS_APART = 20

/** What systems are started with. */
export interface SystemTools {
  /** Absent where there is no Java: then no Tomcat is asked for. */
  readonly tomcat: TomcatProgram | undefined
  /** For Clowder's nodes. */
  readonly nodeOptions: readonly string[]
}

/** One more node of a running system, and what it said when it was ready. */
export interface RunningNode {
  readonly process: LineProcess
  readonly ready: ReadyNode
}

/** The nodes of one system, and the store behind them. */
export class RunningSystem {
  readonly system: HttpSystem
  readonly nodes: RunningNode[] = []
  readonly #tools: SystemTools
  readonly #store: SessionStoreServer | undefined
  readonly #ports = ports()
  #started = 0

  private constructor(system: HttpSystem, tools: SystemTools, store: SessionStoreServer | undefined) {
    this.system = system
    this.#tools = tools
    this.#store = store
  }

  /** Resolves when all nodes know each other. */
  static async start(system: HttpSystem, tools: SystemTools): Promise<RunningSystem> {
    const store = storeOf(system.session)
    const running = new RunningSystem(system, tools, store && (await startStore(store)))
    try {
      await running.#startNodes()
      if (isCluster(system)) await running.joined(system.nodes)
      return running
    } catch (error) {
      await running.stop()
      throw error
    }
  }

  get httpPorts(): number[] {
    return this.nodes.map(node => node.ready.port)
  }

  /** Of the nodes, then of the store. */
  get pids(): number[] {
    return [...this.nodes.map(node => node.process.pid), ...(this.#store ? [this.#store.process.pid] : [])]
  }

  async addNode(): Promise<RunningNode> {
    const process = this.system.framework === 'Tomcat' ? this.#tomcatNode() : this.#scriptNode()
    try {
      const node = { process, ready: await process.ready<ReadyNode>(NODE_TIMEOUT_MS) }
      this.nodes.push(node)
      return node
    } catch (error) {
      await process.stop()
      throw error
    }
  }

  async removeNode(node: RunningNode): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1)
    await node.process.stop()
  }

  /** Until every node sees `count - 1` others. */
  async joined(count: number): Promise<void> {
    const deadline = Date.now() + JOIN_TIMEOUT_MS
    for (const { process } of this.nodes) {
      while ((await process.ask<{ members: number }>('members')).members !== count - 1) {
        if (Date.now() > deadline) throw new Error(`not all ${count} nodes found each other`)
        await delay(50)
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.nodes.map(node => node.process.stop()))
    await this.#store?.process.stop()
  }

  /** Tomcats that start at the same time ask each other for their sessions and wait for a minute, so they start one after the other. */
  async #startNodes(): Promise<void> {
    const { framework, nodes } = this.system
    if (framework !== 'Tomcat') await Promise.all(Array.from({ length: nodes }, () => this.addNode()))
    else while (this.nodes.length < nodes) await this.addNode()
  }

  #scriptNode(): LineProcess {
    const { framework, session } = this.system
    const args = [framework, session, `${this.#store?.port ?? this.#ports.multicast}`]
    return nodeScript('http/app-server.js', args, isClowder(session) ? this.#tools.nodeOptions : [])
  }

  #tomcatNode(): LineProcess {
    const { classPath, folder } = this.#tools.tomcat!
    const mode = this.system.session.slice('tomcat-'.length)
    const tcpPort = this.#ports.tcp + PORTS_APART * this.#started++
    return new LineProcess({
      name: `TomcatHttp ${mode}`,
      command: 'java',
      args: [
        '-cp',
        classPath,
        `-Djava.io.tmpdir=${folder}`,
        'TomcatHttp',
        mode,
        `${this.#ports.multicast}`,
        `${tcpPort}`,
      ],
    })
  }
}
