import {
  DeltaManager,
  type DeltaManagerOptions,
  deltaManagerDefaults,
  SessionUsers,
  type SessionUsersOptions,
  SharedContext,
} from '../../src/index.js'
import { TestNode } from './delta-cluster.js'
import { jsonCodec } from './json-codec.js'
import { MemoryCluster, type NodeTimes } from './memory-cluster.js'

export interface UserNodeOptions {
  readonly users?: Partial<SessionUsersOptions>
  readonly manager?: Partial<DeltaManagerOptions>
  readonly shared?: Partial<DeltaManagerOptions>
}

/** A node that keeps account of users: two managers on one channel. */
export class UserNode extends TestNode {
  readonly shared: DeltaManager
  readonly users: SessionUsers

  constructor(cluster: MemoryCluster, name: string, options: UserNodeOptions = {}, times: NodeTimes = {}) {
    super(cluster, name, options.manager, times)
    const { clock, random } = this.channel
    const components = { clock, random, logger: this.logger, codec: jsonCodec, channel: this.channel }
    const shared = { ...deltaManagerDefaults, name: 'context', maxInactiveInterval: -1, ...options.shared }
    this.shared = new DeltaManager(components, shared)
    const users = { attribute: 'user', limit: -1, whenOver: 'endOldest', retention: 3600, ...options.users } as const
    this.users = this.manager.attach(parts => new SessionUsers({ ...components, shared: this.shared }, parts, users))
  }

  override async up(): Promise<void> {
    this.shared.start()
    await super.up()
  }

  async join(): Promise<void> {
    await Promise.all([this.manager.join(), this.shared.join()])
  }

  context(name = 'app'): SharedContext {
    return new SharedContext({ manager: this.shared, logger: this.logger }, name)
  }

  /** A new session of this user. Returns its id. */
  logIn(user: unknown): string {
    return this.write(undefined, { user }).id
  }

  isIn(id: string): boolean {
    const found = this.manager.findSession(id)
    return found.kind === 'here' && found.session.getAttribute('user') !== undefined
  }

  async idsOf(user: string): Promise<readonly string[]> {
    return (await this.users.of(user)).map(session => session.id)
  }
}

/** Nodes that see each other and have joined. */
export async function startUsers(
  names: readonly string[] = ['a', 'b', 'c'],
  options: UserNodeOptions = {},
  skewsMs: readonly number[] = [],
) {
  const cluster = new MemoryCluster(1)
  const nodes: UserNode[] = []
  const add = async (name: string, skewMs = 0) => {
    const node = new UserNode(cluster, name, options, { skewMs })
    nodes.push(node)
    await node.up()
    await cluster.time.advance(10)
    await cluster.time.until(node.join())
    return node
  }
  for (const [i, name] of names.entries()) await add(name, skewsMs[i])
  const [a, b, c] = nodes as [UserNode, UserNode, UserNode]
  return {
    cluster,
    nodes,
    a,
    b,
    c,
    add,
    advance: (ms: number) => cluster.time.advance(ms),
    until: <T>(promise: Promise<T>) => cluster.time.until(promise),
    isolate: (node: UserNode) => {
      for (const other of nodes) if (other !== node) cluster.cut(node.channel, other.channel)
    },
  }
}
