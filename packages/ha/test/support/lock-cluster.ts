import type { DeltaSession, SessionLock } from '../../src/index.js'
import { bucketOf } from '../../src/manager/session-table.js'
import { textHash } from '../../src/state/state-hash.js'
import type { LockMessage } from '../../src/wire/lock-message.js'
import { type ClusterPlan, type StartedCluster, startCluster, type TestNode } from './delta-cluster.js'
import { messageIn } from './message-in.js'

/** Of `nodes`, the one that gives the session's lock. */
export function homeOf(id: string, nodes: readonly TestNode[]): TestNode {
  const weight = (node: TestNode) => textHash(`${bucketOf(id)} ${node.channel.id}`)
  return [...nodes].sort((a, b) => weight(b) - weight(a))[0]!
}

/** A session with `n` 0, known to all, whose home among `nodes` is `home`. */
export async function sessionAt(
  home: TestNode,
  nodes: readonly TestNode[],
  advance: StartedCluster['advance'],
): Promise<string> {
  for (;;) {
    const { id } = home.write(undefined, { n: 0 })
    if (homeOf(id, nodes) !== home) continue
    await advance(20)
    return id
  }
}

/** A session opened under its lock. */
export interface Locked {
  readonly lock: SessionLock
  readonly session: DeltaSession
}

/** What an http request does: the lock, then the session as its last holder left it. */
export async function openLocked(node: TestNode, id: string, timeoutMs = 20_000): Promise<Locked | undefined> {
  const lock = await node.manager.locks.lock(id, timeoutMs)
  if (!lock) return undefined
  const found = node.manager.findSession(id, lock.seen)
  const loaded = found.kind === 'here' ? found : await node.manager.loadSession(id, lock.seen)
  if (loaded.kind === 'none') throw new Error(`no session ${id} on ${node.channel.name}`)
  loaded.session.lock = lock
  return { lock, session: loaded.session }
}

/** Reads, adds one, writes, gives back. */
export function increment(node: TestNode, { lock, session }: Locked): number {
  const n = Number(session.getAttribute('n')) + 1
  session.setAttribute('n', n)
  try {
    node.manager.requestCompleted(session)
  } finally {
    lock.release()
  }
  return n
}

/** The lock message that these bytes are, if they are one. */
export function lockMessageIn(body: Uint8Array): LockMessage['type'] | undefined {
  const { type } = messageIn(body)
  const types: readonly string[] = ['LOCK', 'GRANTED', 'RENEW', 'UNLOCK', 'DENIED', 'WHOSE', 'LOCKS']
  return types.includes(type) ? (type as LockMessage['type']) : undefined
}

export interface LockCluster extends StartedCluster {
  /** A session whose home is `a`. */
  readonly id: string
}

/** Three members, and a session. */
export async function lockCluster(plan: ClusterPlan = {}): Promise<LockCluster> {
  const started = await startCluster({ names: ['a', 'b', 'c'], ...plan })
  return { ...started, id: await sessionAt(started.a, started.nodes, started.advance) }
}

/** How a question stands while time is advanced by the test. */
export function watched(promise: Promise<SessionLock | undefined>): { lock?: SessionLock; isOver: boolean } {
  const state: { lock?: SessionLock; isOver: boolean } = { isOver: false }
  void promise.then(lock => Object.assign(state, { isOver: true, ...(lock && { lock }) }))
  return state
}
