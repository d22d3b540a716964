import { EventEmitter } from 'node:events'
import type { ClusterView } from './app-message.js'
import type { Balancer } from './balancer.js'
import type { Journal } from './journal.js'
import type { NodeProcess, NodeState } from './node-process.js'

/** A node as the page and the terminal show it. */
export interface NodeView extends Partial<ClusterView> {
  readonly name: string
  readonly state: NodeState['kind'] | 'cut'
  readonly pid?: number
}

export interface SupervisorComponents {
  readonly nodes: readonly NodeProcess[]
  readonly balancer: Balancer
  readonly journal: Journal
}

interface SupervisorEvents {
  /** The state of a node, or what it knows of its cluster, is another than before. */
  changed: []
  /** `node` has reported that `member` is gone. */
  memberDisappeared: [node: string, member: string]
}

export type Action = 'start' | 'kill' | 'stop' | 'cut' | 'reconnect'

/** Runs the nodes and tells the balancer which of them take part. Ends every process that it started. */
export class Supervisor extends EventEmitter<SupervisorEvents> {
  readonly #components: SupervisorComponents
  readonly #clusterViews = new Map<string, ClusterView>()

  constructor(components: SupervisorComponents) {
    super()
    this.#components = components
    for (const node of components.nodes) this.#watch(node)
  }

  get names(): readonly string[] {
    return this.#components.nodes.map(({ name }) => name)
  }

  views(): readonly NodeView[] {
    return this.#components.nodes.map(({ name, state }) => ({
      name,
      state: state.kind === 'ready' && state.isCut ? 'cut' : state.kind,
      ...(state.kind !== 'down' && { pid: state.child.pid! }),
      ...(state.kind === 'ready' && this.#clusterViews.get(name)),
    }))
  }

  /** Where the app of a node that is ready listens. */
  portOf(name: string): number | undefined {
    const { state } = this.#node(name)
    return state.kind === 'ready' ? state.port : undefined
  }

  /** Resolves when all answer requests. Rejects when one does not. */
  async startAll(): Promise<void> {
    await Promise.all(this.#components.nodes.map(node => this.#start(node)))
  }

  /** Resolves when it is done: the node is ready, gone, cut or whole. */
  async act(action: Action, name: string): Promise<void> {
    const node = this.#node(name)
    if (!isPossible(action, node.state)) return
    this.#components.journal.write(name, 'action', ACTION_TEXTS[action])
    switch (action) {
      case 'start':
        return this.#start(node)
      case 'kill':
        return node.kill()
      case 'stop':
        return this.#stopDrained(node)
      case 'cut':
        return node.setCut(true)
      case 'reconnect':
        return node.setCut(false)
    }
  }

  /** Ends all processes; resolves when none is left. */
  async end(): Promise<void> {
    await Promise.all(this.#components.nodes.map(node => node.kill()))
  }

  /** As `end`, for a process that is about to exit and cannot wait. */
  endNow(): void {
    for (const node of this.#components.nodes) void node.kill()
  }

  async #start(node: NodeProcess): Promise<void> {
    await node.start()
    const port = this.portOf(node.name)
    if (port !== undefined) this.#components.balancer.bringIn({ name: node.name, host: '127.0.0.1', port })
  }

  async #stopDrained(node: NodeProcess): Promise<void> {
    this.#components.balancer.takeOut(node.name)
    await this.#components.balancer.drained(node.name)
    await node.stop()
  }

  #node(name: string): NodeProcess {
    const node = this.#components.nodes.find(node => node.name === name)
    if (!node) throw new Error(`there is no node ${name}`)
    return node
  }

  #watch(node: NodeProcess): void {
    const { journal } = this.#components
    const { name } = node
    node.on('log', (level, text) => journal.write(name, level, text))
    node.on('memberDisappeared', member => this.emit('memberDisappeared', name, member))
    node.on('state', state => {
      if (state.kind === 'down') this.#gone(name)
      this.emit('changed')
    })
    node.on('view', view => {
      this.#clusterViews.set(name, view)
      this.emit('changed')
    })
  }

  #gone(name: string): void {
    this.#components.balancer.takeOut(name)
    this.#clusterViews.delete(name)
  }
}

const ACTION_TEXTS: Record<Action, string> = {
  start: 'start',
  kill: 'kill -9',
  stop: 'stop gracefully: out of rotation, drained, SIGTERM',
  cut: 'cut off from the other nodes',
  reconnect: 'reconnected with the other nodes',
}

function isPossible(action: Action, { kind }: NodeState): boolean {
  switch (action) {
    case 'start':
      return kind === 'down'
    case 'kill':
      return kind !== 'down'
    case 'stop':
    case 'cut':
    case 'reconnect':
      return kind === 'ready'
  }
}
