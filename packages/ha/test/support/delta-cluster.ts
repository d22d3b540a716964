import { MessageTooLargeError } from '@clowder/tribes'
import type { EventEmitter } from 'eventemitter3'
import {
  type Commit,
  DeltaManager,
  type DeltaManagerOptions,
  type DeltaSession,
  deltaManagerDefaults,
  type FindResult,
  type LoadResult,
  type SessionEvents,
  type VersionToken,
} from '../../src/index.js'
import { packState } from '../../src/state/packed-state.js'
import type { SessionState } from '../../src/state/session-state.js'
import { textHash } from '../../src/state/state-hash.js'
import type { Message } from '../../src/wire/message.js'
import { decodeMessage, encodeMessage } from '../../src/wire/message-codec.js'
import { jsonCodec } from './json-codec.js'
import { type MemoryChannel, MemoryCluster, type NodeTimes } from './memory-cluster.js'
import { RecordingLogger } from './recording-logger.js'

export type EventRecord = {
  [Name in keyof SessionEvents]: [Name, Parameters<SessionEvents[Name]>[0]]
}[keyof SessionEvents]

const EVENT_NAMES = [
  'sessionCreated',
  'sessionDestroyed',
  'sessionExpired',
  'sessionIdChanged',
  'attributeChanged',
  'conflict',
] as const

/** A DeltaManager on a MemoryCluster, with what a test wants to say to it and know of it. */
export class TestNode {
  readonly channel: MemoryChannel
  readonly manager: DeltaManager
  readonly logger = new RecordingLogger()
  readonly events: EventRecord[] = []
  readonly #probe: MemoryChannel

  constructor(cluster: MemoryCluster, name: string, options: Partial<DeltaManagerOptions> = {}, times: NodeTimes = {}) {
    this.channel = cluster.node(name, times)
    this.#probe = cluster.node('probe')
    const { clock, random } = this.channel
    this.manager = new DeltaManager(
      { clock, random, logger: this.logger, codec: jsonCodec, channel: this.channel },
      { ...deltaManagerDefaults, ...options },
    )
    const events = this.manager.events as unknown as EventEmitter
    for (const name of EVENT_NAMES) events.on(name, event => this.events.push([name, event]))
  }

  /** Up, but not yet joined. */
  async up(): Promise<void> {
    this.manager.start()
    await this.channel.start()
  }

  kill(): void {
    this.channel.kill()
  }

  /** One request that changes something: on the session of this id, or on a new one. */
  write(id: string | undefined, values: Record<string, unknown>, seen?: VersionToken): Written {
    const session = id === undefined ? this.manager.createSession() : this.open(id, seen)
    for (const [name, value] of Object.entries(values)) {
      if (value === REMOVE) session.removeAttribute(name)
      else session.setAttribute(name, value)
    }
    const commit = this.manager.requestCompleted(session)
    return { id: session.id, token: session.token, commit, session }
  }

  /** The session, which must be here. */
  open(id: string, seen?: VersionToken): DeltaSession {
    const found: FindResult = this.manager.findSession(id, seen)
    if (found.kind !== 'here') throw new Error(`the session is ${found.kind} on ${this.channel.name}`)
    return found.session
  }

  standing(id: string, seen?: VersionToken): FindResult['kind'] {
    return this.manager.findSession(id, seen).kind
  }

  load(id: string, seen?: VersionToken): Promise<LoadResult> {
    return this.manager.loadSession(id, seen)
  }

  /** All attributes, or what there is instead of them. */
  read(id: string, seen?: VersionToken): Record<string, unknown> | Exclude<FindResult['kind'], 'here'> {
    const found = this.manager.findSession(id, seen)
    return found.kind === 'here' ? attributesOf(found.session) : found.kind
  }

  /** The messages with which it answers one that comes from nobody in the cluster. */
  ask(message: Message): readonly Message[] {
    const answers: Message[] = []
    const { post } = this.channel
    const actor = Buffer.from(this.channel.localMember().uniqueId).toString('latin1')
    this.channel.post = (_to, body) => answers.push(decodeMessage(body, actor))
    try {
      this.receive(encodeMessage(this.wireName, message))
    } finally {
      this.channel.post = post
    }
    return answers
  }

  /** A message from somebody who is no member. Throws what the manager throws. */
  receive(body: Uint8Array): void {
    this.manager.messageReceived({ number: 1, options: 0, body, source: this.#probe.localMember() })
  }

  get wireName(): number {
    return textHash(this.manager.name)
  }

  /** Its copy as it would send it; undefined when it has none. */
  stateOf(id: string): SessionState | undefined {
    const answers = this.ask({ type: 'PULL', exchange: 0x8000_0000, id, vector: [], idleMs: Number.MAX_SAFE_INTEGER })
    const [answer] = answers
    return answer?.type === 'STATE' ? answer.states[0]!.state : undefined
  }

  /** The canonical bytes of its copy, as hexadecimal digits; undefined when it has none. */
  bytesOf(id: string): string | undefined {
    const state = this.stateOf(id)
    return state && packState(state).toString('hex')
  }

  eventsOf<Name extends keyof SessionEvents>(name: Name): Parameters<SessionEvents[Name]>[0][] {
    return this.events.filter(([n]) => n === name).map(([, event]) => event as Parameters<SessionEvents[Name]>[0])
  }
}

export interface Written {
  readonly id: string
  readonly token: VersionToken
  readonly commit: Commit
  readonly session: DeltaSession
}

export const REMOVE = Symbol('remove')

export function attributesOf(session: DeltaSession): Record<string, unknown> {
  return Object.fromEntries([...session.attributeNames()].sort().map(name => [name, session.getAttribute(name)]))
}

export interface StartedCluster {
  readonly cluster: MemoryCluster
  readonly nodes: readonly TestNode[]
  /** The first three of them; `c` may be absent, and then nobody asks for it. */
  readonly a: TestNode
  readonly b: TestNode
  readonly c: TestNode
  advance(ms: number): Promise<void>
  /** As `advance`, but all processes are suspended meanwhile: hours pass without a thousand rounds of housekeeping. */
  sleep(ms: number): Promise<void>
  until<T>(promise: Promise<T>): Promise<T>
}

export interface ClusterPlan {
  readonly seed?: number
  readonly names?: readonly string[]
  readonly options?: Partial<DeltaManagerOptions>
  readonly skewsMs?: readonly number[]
}

/** Nodes that see each other and have joined. */
export async function startCluster(plan: ClusterPlan = {}): Promise<StartedCluster> {
  const { seed = 1, names = ['a', 'b'], options = {}, skewsMs = [] } = plan
  const cluster = new MemoryCluster(seed)
  const nodes = names.map((name, i) => new TestNode(cluster, name, options, { skewMs: skewsMs[i] ?? 0 }))
  for (const node of nodes) await node.up()
  await cluster.time.advance(10)
  await cluster.time.until(Promise.all(nodes.map(node => node.manager.join())))
  const [a, b, c] = nodes as [TestNode, TestNode, TestNode]
  return {
    cluster,
    nodes,
    a,
    b,
    c,
    advance: ms => cluster.time.advance(ms),
    sleep: async ms => {
      for (const node of nodes) node.channel.hang()
      await cluster.time.advance(ms)
      for (const node of nodes) node.channel.resume()
    },
    until: promise => cluster.time.until(promise),
  }
}

/** A request on a node that does not hold its session, and has given its copy away while the request takes its time. */
export async function guestRequest({ nodes, until, advance }: StartedCluster) {
  const { id } = nodes[0]!.write(undefined, { n: 1 })
  await advance(3_000)
  const guest = nodes.find(node => node.stateOf(id) === undefined)!
  const loaded = await until(guest.load(id))
  if (loaded.kind !== 'here') throw new Error(loaded.kind)
  await advance(3_000)
  if (guest.stateOf(id)) throw new Error('it still has its copy')
  return { id, guest, session: loaded.session }
}

/** As where no frame is longer. */
export function limitMessages({ channel }: TestNode, mostBytes: number): void {
  const post = channel.post.bind(channel)
  channel.post = (to, body, options, observer) => {
    if (body.length > mostBytes) throw new MessageTooLargeError(body.length, mostBytes)
    return post(to, body, options, observer)
  }
}
