import { Namespace, runCommand } from './namespace.js'

/** The node's number → where it is. The bed itself is .1 in both networks. */
const clusterHost = (index: number) => `10.44.0.${11 + index}`
const clientHost = (index: number) => `10.45.0.${11 + index}`
const HTTP_PORT = 3000

/** A host of the lab: `eth0` leads to the other nodes and is what faults are done to; `eth1` leads to the clients and always works. */
export interface LabHost {
  readonly name: string
  readonly namespace: Namespace
  readonly clusterHost: string
  readonly clientHost: string
  readonly httpPort: number
}

/**
 * Two networks made of bridges, in the namespace that this process runs in (its own: see `bed-process.ts`).
 *
 *        clients (this process)
 *             │ 10.45.0.1
 *     ════════╪═══════════╤══════════  clients: never disturbed, so that cut-off nodes are still asked
 *           eth1        eth1
 *          [ n1 ]      [ n2 ]  …       each in a namespace of its own
 *           eth0        eth0
 *     ════════╧═══════════╧══════════  cluster: multicast heartbeats and TCP; here are the faults
 */
export class LabNetwork {
  readonly hosts: readonly LabHost[]

  private constructor(hosts: readonly LabHost[]) {
    this.hosts = hosts
  }

  static async open(names: readonly string[]): Promise<LabNetwork> {
    await ip('link', 'set', 'lo', 'up')
    await newBridge('cluster', '10.44.0.1/24')
    await newBridge('clients', '10.45.0.1/24')
    return new LabNetwork(await Promise.all(names.map((name, index) => newHost(name, index))))
  }

  host(name: string): LabHost {
    const host = this.hosts.find(h => h.name === name)
    if (!host) throw new Error(`no host ${name} in this lab`)
    return host
  }

  /** The kernel takes its time to clear a namespace away: the cables go first, so that another lab can use their names. */
  async close(): Promise<void> {
    for (const { name } of this.hosts) for (const port of portsOf(name)) await ip('link', 'del', port)
    await Promise.all(this.hosts.map(({ namespace }) => namespace.close()))
    for (const bridge of ['cluster', 'clients']) await ip('link', 'del', bridge)
  }
}

/** A bridge that learns who wants which group would miss those that joined before a cut; this one floods. */
async function newBridge(name: string, address: string): Promise<void> {
  await ip('link', 'add', name, 'type', 'bridge', 'mcast_snooping', '0')
  await ip('address', 'add', address, 'dev', name)
  await ip('link', 'set', name, 'up')
}

async function newHost(name: string, index: number): Promise<LabHost> {
  const namespace = await Namespace.open()
  const host = { name, namespace, clusterHost: clusterHost(index), clientHost: clientHost(index), httpPort: HTTP_PORT }
  await namespace.run('ip', ['link', 'set', 'lo', 'up'])
  const [clusterPort, clientPort] = portsOf(name)
  await plugIn(namespace, clusterPort, 'eth0', 'cluster', host.clusterHost)
  await plugIn(namespace, clientPort, 'eth1', 'clients', host.clientHost)
  return host
}

/** This process's end of the cable between a host and the other nodes. */
export function portOf({ name }: LabHost): string {
  return portsOf(name)[0]
}

/** This process's ends of a host's two cables. */
function portsOf(name: string): [string, string] {
  return [`${name}-cluster`, `${name}-clients`]
}

async function plugIn(inside: Namespace, port: string, device: string, bridge: string, address: string): Promise<void> {
  await ip('link', 'add', port, 'type', 'veth', 'peer', 'name', device, 'netns', inside.pid)
  await ip('link', 'set', port, 'master', bridge, 'up')
  await inside.run('ip', ['address', 'add', `${address}/24`, 'dev', device])
  await inside.run('ip', ['link', 'set', device, 'up'])
}

function ip(...args: string[]): Promise<string> {
  return runCommand('ip', args)
}
