import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type LineProcess, nodeScript } from '../process/line-process.js'
import type { RedisProcess } from './redis-process.js'
import { type HttpSystem, isReplicated, type SessionKind } from './system.js'

const JOIN_TIMEOUT_MS = 10_000

/** Two nodes of one system, and the Redis behind them. */
export interface RunningSystem extends HttpSystem {
  readonly nodes: readonly LineProcess[]
  readonly httpPorts: readonly number[]
  readonly pids: readonly number[]
}

export async function startSystem(
  system: HttpSystem,
  redis: RedisProcess | undefined,
  nodeOptions: readonly string[],
): Promise<RunningSystem> {
  const args = [system.framework, system.session, `${redis?.port ?? randomInt(46_000, 49_000)}`]
  const ownOptions = system.session.startsWith('clowder') ? nodeOptions : []
  const nodes = [1, 2].map(() => nodeScript('http/app-server.js', args, ownOptions))
  try {
    const httpPorts = await Promise.all(nodes.map(async node => (await node.ready<{ port: number }>()).port))
    if (isReplicated(system)) await joined(nodes)
    return { ...system, nodes, httpPorts, pids: [...nodes.map(node => node.pid), ...(redis ? [redis.pid] : [])] }
  } catch (error) {
    await Promise.all(nodes.map(node => node.stop()))
    throw error
  }
}

export function needsRedis(session: SessionKind): boolean {
  return session === 'redis'
}

async function joined(nodes: readonly LineProcess[]): Promise<void> {
  const deadline = Date.now() + JOIN_TIMEOUT_MS
  for (const node of nodes) {
    while ((await node.ask<{ members: number }>('members')).members === 0) {
      if (Date.now() > deadline) throw new Error('the two nodes did not find each other')
      await delay(50)
    }
  }
}
