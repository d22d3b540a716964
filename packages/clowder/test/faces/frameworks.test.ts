import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import express4 from 'express4'
import fastify from 'fastify'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import Koa from 'koa'
import { Server } from 'socket.io'
import t, { type Test } from 'tap'
import type { Cluster } from '../../src/cluster/cluster.js'
import { createCluster } from '../../src/create-cluster.js'
import { clowderFastify } from '../../src/faces/fastify/index.js'
import { type ClowderEnv, hono } from '../../src/faces/hono/index.js'
import { koa, koaStore } from '../../src/faces/koa/index.js'
import { getSession } from '../../src/faces/next/index.js'
import { clowderAdapter, clowderSessions } from '../../src/faces/socket.io/index.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import { expressApp } from './support/express-app.js'
import { faceSuite } from './support/face-suite.js'
import { fastifyApp } from './support/fastify-app.js'
import { honoApp } from './support/hono-app.js'
import { koaApp } from './support/koa-app.js'
import { cookieOf, oneNode } from './support/one-node.js'

t.test('express 5', async t => faceSuite(t, (cluster, gates) => expressApp(express, cluster, gates)))

t.test('express 4', async t => {
  faceSuite(t, (cluster, gates) => expressApp(express4, cluster, gates))

  t.test('an error handler sees what was thrown, and the session that it was thrown in', async t => {
    const app = express4()
    app.use((await oneNode(t)).express())
    app.get('/', ({ session }) => {
      session.count = 3
      throw new Error('a handler threw')
    })
    app.use((error: Error, { session }: express.Request, res: express.Response, _: express.NextFunction) => {
      res.status(418).json({ error: error.message, count: session.count })
    })
    const { ask } = await listening(t, app)
    const answer = await ask('/')
    t.equal(answer.status, 418)
    t.strictSame(await answer.json(), { error: 'a handler threw', count: 3 })
    t.match(answer.headers.getSetCookie(), [/^clowder\.sid=/])
  })

  t.test('a response of its own methods, sent from a callback, has the cookie', async t => {
    const app = express4()
    app.use((await oneNode(t)).express())
    app.get('/jsonp', (req, res) => void req.session.save(() => res.jsonp({ id: req.session.id })))
    app.get('/out', (req, res) => void req.session.destroy(() => res.redirect('back')))
    const { ask } = await listening(t, app)
    const made = await ask('/jsonp?callback=cat')
    t.match(await made.text(), /cat\(\{"id"/)
    const cookie = cookieOf(made.headers.getSetCookie())
    const out = await fetch(new URL('/out', made.url), { headers: { cookie }, redirect: 'manual' })
    t.equal(out.status, 302)
    t.match(out.headers.getSetCookie(), [/^clowder\.sid=; Max-Age=0/])
  })
})

t.test('fastify', async t => {
  faceSuite(t, async (cluster, gates) => (await fastifyApp(cluster, gates)).server)

  const app = async (t: Test) => {
    const app = fastify()
    t.teardown(() => app.close())
    await app.register(clowderFastify, { cluster: await oneNode(t) })
    return app
  }

  t.test('inject keeps its session as a client would', async t => {
    const server = await app(t)
    server.get('/', async ({ session }) => {
      session.count = (session.count ?? 0) + 1
      return { count: session.count }
    })
    const first = await server.inject('/')
    const second = await server.inject({ url: '/', headers: { cookie: cookieOf(first.headers['set-cookie']) } })
    t.strictSame(second.json(), { count: 2 })
  })

  t.test('hooks of every kind and contexts of every depth see the session', async t => {
    const server = await app(t)
    const seen: string[] = []
    server.addHook('onRequest', async ({ session }) => void seen.push(`onRequest ${session.isNew}`))
    server.addHook('preHandler', async ({ session }) => {
      session.note = 'by a hook'
    })
    server.addHook('onSend', async request => {
      request.session.user = 'late, but in time'
    })
    await server.register(async inner => {
      inner.get('/deep', async ({ session }) => ({ note: session.note }))
    })
    server.get('/', async ({ session }) => ({ ...session }))
    const first = await server.inject('/deep')
    t.strictSame(first.json(), { note: 'by a hook' })
    const cookie = cookieOf(first.headers['set-cookie'])
    t.match((await server.inject({ url: '/', headers: { cookie } })).json(), { user: 'late, but in time' })
    t.strictSame(seen, ['onRequest true', 'onRequest false'])
  })

  t.test('an answer that was hijacked commits its session too', async t => {
    const server = await app(t)
    server.get('/', (request, reply) => {
      reply.hijack()
      request.session.note = 'raw'
      reply.raw.writeHead(200, { 'content-type': 'text/plain' })
      reply.raw.end('raw')
    })
    server.get('/read', async ({ session }) => ({ note: session.note }))
    const first = await server.inject('/')
    t.equal(first.body, 'raw')
    const cookie = cookieOf(first.headers['set-cookie'])
    t.strictSame((await server.inject({ url: '/read', headers: { cookie } })).json(), { note: 'raw' })
  })

  t.test('reply.send in an async handler that returns nothing may wait for its session', async t => {
    const makeApp = async (cluster: Cluster) => {
      const app = fastify()
      await app.register(clowderFastify, { cluster })
      app.get('/', async (request, reply) => {
        request.session.count = (request.session.count ?? 0) + 1
        reply.send({ count: request.session.count })
      })
      await app.ready()
      return app.server
    }
    const cluster = await createTestCluster(2, { app: makeApp })
    t.teardown(() => cluster.stop())
    const user = cluster.browser()
    t.strictSame((await user.get(0, '/')).json(), { count: 1 })
    t.strictSame((await user.get(1, '/')).json(), { count: 2 })
  })

  t.test('a refusal is seen by onResponse', async t => {
    const statuses: number[] = []
    const makeApp = async (cluster: Cluster) => {
      const app = fastify()
      await app.register(clowderFastify, { cluster })
      app.addHook('onResponse', async (_request, reply) => void statuses.push(reply.statusCode))
      app.get('/', async ({ session }) => Object.assign(session, { count: (session.count ?? 0) + 1 }))
      await app.ready()
      return app.server
    }
    const cluster = await createTestCluster(2, { app: makeApp, valve: { whenStale: 'refuse' } })
    t.teardown(() => cluster.stop())
    const user = cluster.browser()
    await user.get(0, '/')
    cluster.isolate(0)
    await user.get(0, '/')
    t.equal((await user.get(1, '/')).status, 503)
    t.strictSame(statuses, [200, 200, 503])
  })

  t.test('a session that cannot be had is for the error handler', async t => {
    const cluster = await oneNode(t)
    cluster.valve().run = () => {
      throw new Error('no session to be had')
    }
    const server = fastify()
    await server.register(clowderFastify, { cluster })
    server.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
    server.get('/', async () => 'never')
    t.equal((await server.inject('/')).body, 'no session to be had')
  })

  t.test('assigning null ends the session, anything else is refused', async t => {
    const server = await app(t)
    server.get('/null', async request => {
      Object.assign(request, { session: null })
      return { gone: request.session === undefined }
    })
    server.get('/other', async request => Object.assign(request, { session: {} }))
    t.strictSame((await server.inject('/null')).json(), { gone: true })
    t.match((await server.inject('/other')).json(), { code: 'HTTP_SESSION_ASSIGNED' })
  })
})

t.test('koa', async t => {
  faceSuite(t, async (cluster, gates) => (await koaApp(cluster, gates)).callback())

  t.test('what is written after next, by ctx.respond = false and by ctx.req is kept', async t => {
    const app = new Koa()
    app.use(koa(await oneNode(t)))
    app.use(async (ctx, next) => {
      await next()
      ctx.session.note = `after ${ctx.path}`
    })
    app.use(ctx => {
      if (ctx.path === '/read') ctx.body = { ...ctx.session }
      if (ctx.path === '/req') ctx.req.session.user = 'by req'
      if (ctx.path === '/raw') ctx.respond = false
      if (ctx.path === '/raw') setImmediate(() => ctx.res.end('raw'))
    })
    const { ask } = await listening(t, app.callback())
    const cookie = cookieOf((await ask('/raw')).headers.getSetCookie())
    await ask('/req', cookie)
    t.strictSame(await (await ask('/read', cookie)).json(), { note: 'after /req', user: 'by req' })
  })

  t.test('assigning null to ctx.session ends it', async t => {
    const app = new Koa()
    app.use(koa(await oneNode(t)))
    app.use(ctx => {
      if (ctx.path === '/in') ctx.session.user = 'ada'
      else Object.assign(ctx, { session: null })
      ctx.body = { gone: ctx.session === undefined }
    })
    const { ask } = await listening(t, app.callback())
    const cookie = cookieOf((await ask('/in')).headers.getSetCookie())
    const answer = await ask('/out', cookie)
    t.strictSame(await answer.json(), { gone: true })
    t.match(answer.headers.getSetCookie(), [/^clowder\.sid=; Max-Age=0/])
  })
})

t.test('hono', async t => {
  faceSuite(t, async (cluster, gates) => listener(honoApp(cluster, gates)))

  t.test('c.get and c.var show the session that there is now, and variables of others', async t => {
    const app = new Hono<ClowderEnv & { Variables: { other: number } }>()
    app.use(hono(await oneNode(t)))
    app.get('/', async c => {
      c.set('other', 7)
      const old = c.get('session')
      await c.var.session.regenerate()
      const { other } = c.var
      return c.json([c.get('session') === c.var.session, c.get('session') === old, other, c.get('other')])
    })
    const { ask } = await listening(t, listener(app))
    t.strictSame(await (await ask('/')).json(), [true, false, 7, 7])
  })

  t.test('server-sent events arrive one by one, and what they change is kept', async t => {
    const app = new Hono<ClowderEnv>()
    let goOn = () => {}
    app.use(hono(await oneNode(t)))
    app.get('/events', c => {
      const session = c.get('session')
      session.note = 'before'
      return streamSSE(c, async stream => {
        await stream.writeSSE({ data: 'one' })
        await new Promise<void>(resolve => {
          goOn = resolve
        })
        session.user = 'during'
        await stream.writeSSE({ data: 'two' })
      })
    })
    app.get('/read', c => c.json({ ...c.get('session') }))
    const { ask } = await listening(t, listener(app))
    const response = await ask('/events')
    const reader = response.body!.getReader()
    t.match(Buffer.from((await reader.read()).value!).toString(), 'data: one')
    const cookie = cookieOf(response.headers.getSetCookie())
    t.strictSame(await (await ask('/read', cookie)).json(), { note: 'before' })
    goOn()
    while (!(await reader.read()).done);
    t.strictSame(await (await ask('/read', cookie)).json(), { note: 'before', user: 'during' })
  })

  t.test('without a Node request the error says what to do', async t => {
    const app = new Hono<ClowderEnv>()
    let caught: unknown
    app.use(hono(await oneNode(t)))
    app.get('/', c => c.text('never'))
    app.onError((error, c) => {
      caught = error
      return c.text('failed', 500)
    })
    t.equal((await app.request('/')).status, 500)
    t.match(caught, { code: 'CLOWDER_NO_NODE_REQUEST' })
  })
})

function listener({ fetch }: Pick<Hono<ClowderEnv>, 'fetch'>): RequestListener {
  const answer = getRequestListener(fetch, { overrideGlobalObjects: false })
  return (req, res) => void answer(req, res)
}

async function listening(t: Test, app: RequestListener) {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const ask = (path: string, cookie = '') => fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie } })
  return { ask }
}

t.test('options of one mount replace those of the cluster', async t => {
  const options = { cookie: { name: 'own.sid' } }
  const cluster = await oneNode(t)
  const server = fastify()
  await server.register(clowderFastify, { cluster, options })
  server.get('/', async ({ session }) => Object.assign(session, { count: 1 }))
  t.match((await server.inject('/')).headers['set-cookie'], /^own\.sid=/)
  const app = new Koa()
  app.use(koa(cluster, options))
  app.use(ctx => {
    ctx.session.count = 1
  })
  const inner = new Hono<ClowderEnv>()
  inner.use(hono(cluster, options))
  inner.get('/', c => c.json(Object.assign(c.get('session'), { count: 1 })))
  for (const one of [app.callback(), listener(inner)]) {
    const { ask } = await listening(t, one)
    t.match((await ask('/')).headers.getSetCookie(), [/^own\.sid=/])
  }
})

t.test('what only makes a middleware says so when it is used as one', async t => {
  const cluster = await createCluster({
    distributable: false,
    logger: false,
    applications: { admin: { cookie: { name: 'admin.sid' } } },
  })
  t.teardown(() => cluster.stop())
  const code = 'CLOWDER_FACE_MISUSED'

  const seen: unknown[] = []
  const app = express()
  app.use('/express', cluster.express as never)
  app.use('/bound', cluster.express.bind(cluster) as never)
  app.use('/admin', cluster.application('admin').express as never)
  app.use((error: unknown, _: express.Request, res: express.Response, __: express.NextFunction) => {
    seen.push(error)
    res.sendStatus(500)
  })
  const { ask } = await listening(t, app)
  for (const path of ['/express', '/bound', '/admin']) t.equal((await ask(path)).status, 500, path)
  t.match(seen, [{ code }, { code }, { code }])
  t.match(seen[0], { message: /write app\.use\(cluster\.express\(\)\)/ })

  const wrongs: [name: string, call: (cluster: never) => unknown][] = [
    ['no handler', () => cluster.nodeHttp(undefined as never)],
    ['no handler for an application', () => cluster.application('admin').nodeHttp(undefined as never)],
    ['given to createServer', () => cluster.nodeHttp.call({} as never, { headers: {} } as never, {})],
    ['koa without a cluster', () => koa(undefined as never)],
    ['koa without the call', () => koa({ req: {}, res: {} } as never, (() => {}) as never)],
    ['koa-session without a cluster', () => koaStore(undefined as never)],
    ['Socket.IO without a cluster', () => clowderSessions(new Server() as never, undefined as never)],
    ['the adapter without the call', () => new Server().adapter(clowderAdapter as never)],
    ['hono without the call', () => hono({ req: {} } as never, (() => {}) as never)],
  ]
  for (const [name, call] of wrongs) t.throws(call, { code, name: 'FaceMisusedError' }, name)
  t.throws(() => koa(Promise.resolve(cluster) as never), { code, example: /await createCluster\(\)/ })
  await t.rejects(async () => await fastify().register(clowderFastify, {} as never), { code })
  const cookies = { get: () => undefined, set: () => undefined }
  await t.rejects(getSession(undefined as never, cookies as never), { code })
  await t.rejects(getSession(cluster, Promise.resolve(cookies) as never), { code, message: /not awaited/ })
})
