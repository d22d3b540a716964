import { spawnSync } from 'node:child_process'
import { installPackages, isInstalled } from '../process/debian-packages.js'
import { freePort } from '../process/free-port.js'
import { ServiceProcess } from '../process/service-process.js'
import type { SessionKind } from './system.js'

export type StoreName = 'redis' | 'memcached'

/** A server behind the nodes of a system, of our own: on a free port, in memory only. */
export interface SessionStoreServer {
  readonly process: ServiceProcess
  readonly port: number
}

const COMMANDS: Record<StoreName, string> = { redis: 'redis-server', memcached: 'memcached' }

export function storeOf(session: SessionKind): StoreName | undefined {
  return session === 'redis' || session === 'memcached' ? session : undefined
}

/** Undefined when it is there, or else why not. */
export function storeProblem(name: StoreName, tell: (text: string) => void): string | undefined {
  if (isInstalled(COMMANDS[name], '--version')) return undefined
  return installPackages([COMMANDS[name]], tell)
}

export async function startStore(name: StoreName): Promise<SessionStoreServer> {
  const port = await freePort()
  return { process: await ServiceProcess.start(COMMANDS[name], argumentsOf(name, port), port), port }
}

/** With its number. */
export function storeVersion(name: StoreName): string {
  const { stdout } = spawnSync(COMMANDS[name], ['--version'], { encoding: 'utf8' })
  return `${name} ${/\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? '?'}`
}

/** memcached refuses to run as root unless it is told to. */
function argumentsOf(name: StoreName, port: number): string[] {
  if (name === 'redis') return ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  return ['-p', `${port}`, '-l', '127.0.0.1', '-U', '0', '-u', 'nobody']
}
