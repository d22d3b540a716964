import type { AddressInfo } from 'node:net'
import fastifyCookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import type { Cluster } from 'clowder'
import { clowderFastify } from 'clowder/fastify'
import { RedisStore } from 'connect-redis'
import fastify, { type FastifyInstance } from 'fastify'
import { type AppSession, appWork, noSession } from './app-work.js'
import { redisClient } from './redis-client.js'
import type { SessionKind } from './system.js'

const SECRET = 'the same on all nodes, and long enough'

/** Resolves with the port. `storePort`: of Redis. */
export async function listenFastify(
  kind: SessionKind,
  storePort: number,
  cluster: Cluster | undefined,
): Promise<number> {
  const app = fastify()
  if (cluster) await app.register(clowderFastify, { cluster })
  else if (kind !== 'none') await registerSession(app, kind, storePort)
  for (const path of ['/write', '/read', '/never', '/new']) {
    app.get(path, async request => ({
      counter: appWork(path, kind === 'none' ? noSession : () => request.session as unknown as AppSession),
    }))
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return (app.server.address() as AddressInfo).port
}

/** `secure: false` because these requests come without TLS; `rolling` and `saveUninitialized` as with express-session, which costs less than its own defaults. */
async function registerSession(app: FastifyInstance, kind: SessionKind, storePort: number): Promise<void> {
  await app.register(fastifyCookie)
  await app.register(fastifySession, {
    secret: SECRET,
    cookie: { secure: false },
    rolling: false,
    saveUninitialized: false,
    ...(kind === 'redis' && { store: new RedisStore({ client: await redisClient(storePort) }) }),
  })
}
