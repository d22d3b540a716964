import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import { fileURLToPath } from 'node:url'
import { Balancer } from './balancer.js'
import type { Site } from './client.js'
import { COATS } from './coat.js'
import { ControlFace } from './control-face.js'
import type { DemoOptions } from './demo-options.js'
import { listenOnFirstFree } from './first-free-port.js'
import { Journal } from './journal.js'
import { NodeProcess } from './node-process.js'
import { Supervisor } from './supervisor.js'

/** A running demo. */
export interface Demo {
  readonly supervisor: Supervisor
  readonly journal: Journal
  /** Where the page is, and the app behind the balancer. */
  readonly site: Site
  /** Ends every process and closes every socket; resolves when nothing is left. */
  end(): Promise<void>
}

/** Brings up the balancer first, because its port is what tells this demo's cluster from that of another demo on this host. */
export async function startDemo({ nodeCount, host, port: firstPort }: DemoOptions): Promise<Demo> {
  const journal = new Journal()
  const balancer = new Balancer()
  const server = createServer()
  const port = await listenOnFirstFree(server, host, firstPort)
  const supervisor = new Supervisor({ nodes: nodeProcesses(nodeCount, port), balancer, journal })
  const controlFace = new ControlFace({ supervisor, journal })
  server.on('request', (req, res) => controlFace.handle(req, res) || balancer.handle(req, res))
  // Whatever happens to this process, the others do not outlive it.
  process.once('exit', () => supervisor.endNow())
  return { supervisor, journal, site: { host: reachable(host), port }, end: () => end(supervisor, server) }
}

async function end(supervisor: Supervisor, server: Server): Promise<void> {
  await supervisor.end()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
}

function nodeProcesses(count: number, port: number): NodeProcess[] {
  const modulePath = fileURLToPath(new URL('app.js', import.meta.url))
  const shared = {
    CLOWDER_SECRET: randomBytes(32).toString('base64url'),
    DEMO_CLUSTER: `demo-${port}`,
    DEMO_MULTICAST_PORT: String(multicastPortOf(port)),
  }
  return COATS.slice(0, count).map(({ name }) => {
    const env = { ...process.env, ...shared, DEMO_NODE: name }
    return new NodeProcess({ name, modulePath, env })
  })
}

/** Two demos on one host have different balancer ports, and so meet neither on the wire nor, by the cluster's name, if they should hear each other. */
function multicastPortOf(balancerPort: number): number {
  return 45_565 + (balancerPort % 10_000)
}

function reachable(host: string): string {
  return host === '0.0.0.0' ? '127.0.0.1' : host
}
