import { randomBytes } from 'node:crypto'
import { LineProcess, nodeScript } from '../process/line-process.js'
import { ports } from '../process/ports.js'
import type { TomcatProgram } from '../process/tomcat-program.js'

/** Two processes, one of which sends to the other. */
export interface Pair {
  readonly sender: LineProcess
  readonly receiver: LineProcess
}

export type SystemName = 'clowder' | 'tls' | 'tomcat' | 'floor'

export const SYSTEM_TITLES: Record<SystemName, string> = {
  clowder: 'Clowder',
  tls: 'Clowder, TLS',
  tomcat: 'Tomcat',
  floor: 'bare socket',
}

export async function startFloor(): Promise<Pair> {
  const receiver = nodeScript('tribes/floor-peer.js', [])
  const { port } = await receiver.ready<{ port: number }>()
  const sender = nodeScript('tribes/floor-peer.js', [`${port}`])
  await sender.ready()
  return { sender, receiver }
}

/** `isSecured`: with a secret, so that their connection is TLS. */
export function startClowder(isSecured: boolean, nodeOptions: readonly string[]): Promise<Pair> {
  const args = [`${ports().multicast}`, ...(isSecured ? [randomBytes(32).toString('base64url')] : [])]
  const start = () => nodeScript('tribes/clowder-peer.js', args, nodeOptions)
  return startedPair(start(), start())
}

export function startTomcat(program: TomcatProgram): Promise<Pair> {
  const { multicast, tcp } = ports()
  const start = (name: string, ownTcpPort: number) =>
    new LineProcess({
      name: `TribesPeer ${name}`,
      command: 'java',
      args: ['-cp', program.classPath, 'TribesPeer', `${ownTcpPort}`, `${multicast}`],
    })
  return startedPair(start('a', tcp), start('b', tcp + 100))
}

async function startedPair(sender: LineProcess, receiver: LineProcess): Promise<Pair> {
  try {
    await Promise.all([sender.ready(), receiver.ready()])
  } catch (error) {
    await stopPair({ sender, receiver })
    throw error
  }
  return { sender, receiver }
}

export async function stopPair({ sender, receiver }: Pair): Promise<void> {
  await Promise.all([sender.stop(), receiver.stop()])
}
