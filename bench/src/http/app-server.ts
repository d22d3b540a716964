/*
 * One application node: `app-server.js FRAMEWORK SESSION [PORT]`, where PORT is the cluster's multicast port or Redis's. Says its HTTP port, answers
 * `members`, and ends with its input.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Cluster, type ClusterOptions, createCluster } from 'clowder'
import { RedisStore } from 'connect-redis'
import express, { type RequestHandler } from 'express'
import expressSession from 'express-session'
import { createClient } from 'redis'
import { serveLines } from '../process/line-commands.js'
import { type AppSession, appWork } from './app-work.js'
import type { Doubts, Framework, SessionKind } from './system.js'

const LOOPBACK = '127.0.0.1'
/** So its connections are encrypted, as in production. */
const SECRET = 'the same on both nodes, and long enough'

function clusterOptions(kind: SessionKind, multicastPort: number): ClusterOptions {
  const common = { secret: SECRET, logger: false as const }
  if (kind === 'clowder-local') return { ...common, distributable: false }
  return {
    ...common,
    name: `bench-${multicastPort}`,
    membership: { port: multicastPort, bind: LOOPBACK },
    receiver: { address: LOOPBACK, port: 0 },
    manager: { acknowledge: kind === 'clowder-async' ? 'async' : 'backup' },
  }
}

/** `resave` and `saveUninitialized` as their own manual recommends for stores with touch. */
async function expressSessionHandler(kind: SessionKind, redisPort: number): Promise<RequestHandler> {
  const options = { secret: SECRET, resave: false, saveUninitialized: false }
  if (kind === 'memory') return expressSession(options)
  const client = createClient({ url: `redis://127.0.0.1:${redisPort}` })
  await client.connect()
  return expressSession({ ...options, store: new RedisStore({ client }) })
}

/** What the session-less system works on: made anew per request, as a session is. */
function noSession(): AppSession {
  return { attribute: '1'.padEnd(200, 'x') }
}

function sessionOf(req: unknown): AppSession {
  return (req as { session?: AppSession }).session ?? noSession()
}

function plainListener(req: IncomingMessage, res: ServerResponse): void {
  const text = JSON.stringify({ counter: appWork(req.url!, sessionOf(req)) })
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
}

function expressListener(session: RequestHandler | undefined): RequestListener {
  const app = express()
  if (session) app.use(session)
  const handler: RequestHandler = (req, res) => {
    res.json({ counter: appWork(req.url, sessionOf(req)) })
  }
  app.get('/write', handler)
  app.get('/read', handler)
  return app
}

async function newListener(framework: Framework, kind: SessionKind, port: number, cluster: Cluster | undefined) {
  if (framework === 'node:http') return cluster ? cluster.nodeHttp(plainListener) : plainListener
  if (cluster) return expressListener(cluster.express() as RequestHandler)
  return expressListener(kind === 'none' ? undefined : await expressSessionHandler(kind, port))
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

const [framework, kind, port] = process.argv.slice(2) as [Framework, SessionKind, string]
const cluster = kind.startsWith('clowder') ? await createCluster(clusterOptions(kind, Number(port))) : undefined
const server = await listening(await newListener(framework, kind, Number(port), cluster))
/** What the cluster itself says of answers that may be behind; zeros where there is none. */
function doubts(): Doubts {
  const { nrOfDegradedCommits = 0, nrOfStaleAnswers = 0 } = cluster?.inspect().valve ?? {}
  return { degraded: nrOfDegradedCommits, stale: nrOfStaleAnswers }
}

await serveLines(
  { port: (server.address() as AddressInfo).port },
  { members: () => ({ members: cluster?.members().length ?? 0 }), doubts },
)
