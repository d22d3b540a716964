import type { AddressInfo } from 'node:net'
import { createCluster, type Logger } from 'clowder'
import express from 'express'
import type { AppMessage, AppOrder, LogLevel } from './app-message.js'
import { Cable } from './cable.js'
import { CutNetwork } from './cut-network.js'
import { demoNetwork } from './demo-network.js'
import { shop } from './shop.js'

// One app process of the demo, forked by the supervisor. What belongs to the demo only: the cable that can be cut, and what is told over IPC.

const VIEW_INTERVAL_MS = 250
/** Longer than the balancer keeps an unused connection, so that this end never closes one that is about to be used. */
const KEEP_ALIVE_MS = 60_000
/** Ten and more processes share a laptop here: rather wait for a neighbour that was not given the processor than answer before the change is held. Default: 50. */
const PATIENCE = { acknowledgeTimeout: 1000 }
/** For the same reason, and because a node that hears nobody in time starts alone. Default: 100. */
const DISCOVERY_TIME_MS = 500

const { DEMO_NODE: node = 'node', DEMO_CLUSTER: name = 'demo', DEMO_MULTICAST_PORT: multicastPort } = process.env
const LOOPBACK = '127.0.0.1'
const cable = new Cable()
const logger = ipcLogger()

const cluster = await createCluster(
  {
    distributable: true,
    name,
    jvmRoute: node,
    receiver: { address: LOOPBACK, port: 0 },
    membership: { port: Number(multicastPort), bind: LOOPBACK, ttl: 0, discoveryTime: DISCOVERY_TIME_MS },
    manager: PATIENCE,
    // A node that has not seen what this browser has refuses, and the balancer asks the next one: nothing goes back, even while a node is cut off.
    valve: { whenStale: 'refuse' },
  },
  { network: new CutNetwork(demoNetwork(name, process.env.CLOWDER_SECRET, logger), cable), logger },
).catch(fail)

const app = express().disable('x-powered-by').use(cluster.express()).use(shop(node))
const server = app.listen(0, LOOPBACK, error => {
  if (error) fail(error)
  tell({ kind: 'ready', port: (server.address() as AddressInfo).port })
})
server.keepAliveTimeout = KEEP_ALIVE_MS

cluster.on('memberAdded', member => tell({ kind: 'memberAdded', member: member.name }))
cluster.on('memberDisappeared', member => tell({ kind: 'memberDisappeared', member: member.name }))
setInterval(tellView, VIEW_INTERVAL_MS).unref()

process.on('message', ({ kind }: AppOrder) => (kind === 'cut' ? cable.cut() : cable.reconnect()))
// Without its supervisor this process has no purpose, and nobody would end it.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group of processes; the supervisor decides what it means.
process.on('SIGINT', () => {})
process.once('SIGTERM', stop)

function stop(): void {
  process.on('SIGTERM', () => {})
  server.close(async () => {
    await cluster.stop()
    process.exit(0)
  })
  server.closeIdleConnections()
}

/** The supervisor reads standard error. */
function fail(error: Error): never {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
}

function tell(message: AppMessage): void {
  if (process.connected) process.send!(message)
}

function tellView(): void {
  const { manager, members } = cluster.inspect()
  const { sessions, digest } = manager
  tell({ kind: 'view', view: { members: members.map(m => m.name).sort(), sessions, digest: String(digest) } })
}

function ipcLogger(): Logger {
  const at = (level: LogLevel) => (_fields: object, text: string) => tell({ kind: 'log', level, text })
  return { debug() {}, info: at('info'), warn: at('warn'), error: at('error') }
}
