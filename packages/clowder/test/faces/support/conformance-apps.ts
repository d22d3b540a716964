import { createServer, type RequestListener, type Server } from 'node:http'
import { Readable } from 'node:stream'
import { connectVisit, type FaceAnswer, type FaceApplication, sendAnswer } from '@clowder/conformance'
import { getRequestListener } from '@hono/node-server'
import express from 'express'
import session from 'express-session'
import express4 from 'express4'
import fastify, { type FastifyReply } from 'fastify'
import { Hono } from 'hono'
import { stream } from 'hono/streaming'
import Koa from 'koa'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { clowderFastify } from '../../../src/faces/fastify/index.js'
import { type ClowderEnv, hono } from '../../../src/faces/hono/index.js'
import { koa } from '../../../src/faces/koa/index.js'
import type { MountOptions } from '../../../src/options/mount-options.js'

/** A server, not yet listening, of the application of the conformance suite behind one face. */
export type ConformanceApp = (app: FaceApplication, cluster: Cluster, options: MountOptions) => Promise<Server>

function viaExpress(make: typeof express): ConformanceApp {
  return async (app, cluster, options) => {
    const server = make()
    server.set('env', 'test')
    server.use(cluster.express(options))
    server.use((req, res, next) => {
      app(req.url, connectVisit(req))
        .then(answer => sendAnswer(answer, res))
        .catch(next)
    })
    return createServer(server)
  }
}

/** The one that is not ours: what of it is better with our store. */
export const viaExpressSession: ConformanceApp = async (
  app,
  cluster,
  { cookie, rolling, saveUninitialized, unset },
) => {
  const settings = { rolling, saveUninitialized, unset, cookie } as session.SessionOptions
  const store = cluster.store({ acknowledge: 'all' })
  const middleware = session({ ...settings, store, secret: 'x'.repeat(32), resave: false })
  return createServer((req, res) => {
    const failed = () => void res.writeHead(500).end()
    middleware(req as never, res as never, error => {
      if (error) return failed()
      app(req.url!, connectVisit(req))
        .then(answer => sendAnswer(answer, res))
        .catch(failed)
    })
  })
}

const viaNodeHttp: ConformanceApp = async (app, cluster, options) => {
  const listener: RequestListener = (req, res) => {
    app(req.url!, connectVisit(req))
      .then(answer => sendAnswer(answer, res))
      .catch(() => void res.writeHead(500).end())
  }
  return createServer(cluster.nodeHttp(listener, options))
}

const viaFastify: ConformanceApp = async (app, cluster, options) => {
  const server = fastify()
  await server.register(clowderFastify, { cluster, options })
  server.all('*', async (request, reply) => sendByFastify(await app(request.url, connectVisit(request)), reply))
  await server.ready()
  return server.server
}

function sendByFastify(answer: FaceAnswer, reply: FastifyReply): FastifyReply {
  switch (answer.kind) {
    case 'json':
      if (answer.setCookie) reply.header('set-cookie', answer.setCookie)
      return reply
        .code(answer.status ?? 200)
        .type('application/json')
        .send(JSON.stringify(answer.json))
    case 'redirect':
      return reply.redirect(answer.to)
    case 'empty':
      return reply.code(204).send()
    case 'stream':
      return reply.send(Readable.from(answer.parts, { objectMode: false }))
  }
}

const viaKoa: ConformanceApp = async (app, cluster, options) => {
  const server = new Koa()
  server.silent = true
  server.use(koa(cluster, options))
  server.use(async ctx => {
    const answer = await app(ctx.url, connectVisit(ctx))
    if (answer.kind === 'redirect') return ctx.redirect(answer.to)
    if (answer.kind === 'stream') ctx.body = Readable.from(answer.parts, { objectMode: false })
    else if (answer.kind === 'empty') ctx.status = 204
    else {
      if (answer.setCookie) ctx.append('set-cookie', answer.setCookie)
      ctx.status = answer.status ?? 200
      ctx.type = 'json'
      ctx.body = JSON.stringify(answer.json)
    }
  })
  return createServer(server.callback())
}

const viaHono: ConformanceApp = async (app, cluster, options) => {
  const server = new Hono<ClowderEnv>()
  server.use(hono(cluster, options))
  server.all('*', async c => {
    const { pathname, search } = new URL(c.req.url)
    const answer = await app(pathname + search, connectVisit(c.env.incoming))
    if (answer.kind === 'redirect') return c.redirect(answer.to)
    if (answer.kind === 'empty') return c.body(null, 204)
    if (answer.kind === 'json') {
      if (answer.setCookie) c.header('set-cookie', answer.setCookie)
      return c.json(answer.json as never, (answer.status ?? 200) as never)
    }
    return stream(c, async out => {
      for await (const part of answer.parts) await out.write(part)
    })
  })
  server.onError((_, c) => c.text('failed', 500))
  const answer = getRequestListener(server.fetch, { overrideGlobalObjects: false })
  return createServer((req, res) => void answer(req, res))
}

export const conformanceApps: Readonly<Record<string, ConformanceApp>> = {
  'express 5': viaExpress(express),
  'express 4': viaExpress(express4),
  'node:http': viaNodeHttp,
  fastify: viaFastify,
  koa: viaKoa,
  hono: viaHono,
}
