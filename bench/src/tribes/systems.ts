import { randomBytes } from 'node:crypto'
import { LineProcess, nodeScript } from '../process/line-process.js'
import { ports } from '../process/ports.js'
import type { TomcatProgram } from '../process/tomcat-program.js'

/** Processes, one of which sends to the others. */
export interface Group {
  readonly sender: LineProcess
  readonly receivers: readonly LineProcess[]
}

export type SystemName = 'clowder' | 'tls' | 'tomcat' | 'floor'

export const SYSTEM_TITLES: Record<SystemName, string> = {
  clowder: 'Clowder',
  tls: 'Clowder, TLS',
  tomcat: 'Tomcat',
  floor: 'bare socket',
}

export async function startFloor(): Promise<Group> {
  const receiver = nodeScript('tribes/floor-peer.js', [])
  const { port } = await receiver.ready<{ port: number }>()
  const sender = nodeScript('tribes/floor-peer.js', [`${port}`])
  await sender.ready()
  return { sender, receivers: [receiver] }
}

/** `isSecured`: with a secret, so that their connections are TLS. */
export function startClowder(members: number, isSecured: boolean, nodeOptions: readonly string[]): Promise<Group> {
  const args = [`${ports().multicast}`, `${members - 1}`, ...(isSecured ? [randomBytes(32).toString('base64url')] : [])]
  const start = () => nodeScript('tribes/clowder-peer.js', args, nodeOptions)
  return startedGroup(Array.from({ length: members }, start))
}

export function startTomcat(members: number, program: TomcatProgram): Promise<Group> {
  const { multicast, tcp } = ports()
  const start = (_: unknown, n: number) =>
    new LineProcess({
      name: `TribesPeer ${n}`,
      command: 'java',
      args: ['-cp', program.classPath, 'TribesPeer', `${tcp + 100 * n}`, `${multicast}`, `${members - 1}`],
    })
  return startedGroup(Array.from({ length: members }, start))
}

async function startedGroup(processes: readonly LineProcess[]): Promise<Group> {
  const [sender, ...receivers] = processes as [LineProcess, ...LineProcess[]]
  const group = { sender, receivers }
  try {
    await Promise.all(processes.map(process => process.ready()))
  } catch (error) {
    await stopGroup(group)
    throw error
  }
  return group
}

export async function stopGroup({ sender, receivers }: Group): Promise<void> {
  await Promise.all([sender, ...receivers].map(process => process.stop()))
}
