import type { Cluster } from 'clowder'
import connectMemcached from 'connect-memcached'
import { RedisStore } from 'connect-redis'
import express, { type RequestHandler } from 'express'
import expressSession from 'express-session'
import { type AppSession, appWork, noSession } from './app-work.js'
import { listening } from './node-http-app.js'
import { redisClient } from './redis-client.js'
import type { SessionKind } from './system.js'

const SECRET = 'the same on all nodes, and long enough'

/** Resolves with the port. `storePort`: of Redis or memcached. */
export async function listenExpress(
  kind: SessionKind,
  storePort: number,
  cluster: Cluster | undefined,
): Promise<number> {
  const app = express()
  const session = cluster ? (cluster.express() as RequestHandler) : await middlewareOf(kind, storePort)
  if (session) app.use(session)
  const handler: RequestHandler = (req, res) => {
    res.json({
      counter: appWork(req.url, session ? () => (req as unknown as { session: AppSession }).session : noSession),
    })
  }
  for (const path of ['/write', '/read', '/never', '/new']) app.get(path, handler)
  return listening(app)
}

/** `resave` and `saveUninitialized` as express-session's own manual recommends for stores with touch. */
async function middlewareOf(kind: SessionKind, storePort: number): Promise<RequestHandler | undefined> {
  const options = { secret: SECRET, resave: false, saveUninitialized: false }
  if (kind === 'none') return undefined
  if (kind === 'memory') return expressSession(options)
  if (kind === 'redis')
    return expressSession({ ...options, store: new RedisStore({ client: await redisClient(storePort) }) })
  const MemcachedStore = connectMemcached(expressSession)
  return expressSession({ ...options, store: new MemcachedStore({ hosts: `127.0.0.1:${storePort}` }) })
}
