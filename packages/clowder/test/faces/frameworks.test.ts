import { getRequestListener } from '@hono/node-server'
import t from 'tap'
import { faceSuite } from './support/face-suite.js'
import { fastifyApp } from './support/fastify-app.js'
import { honoApp } from './support/hono-app.js'
import { koaApp } from './support/koa-app.js'

t.test('fastify', async t => faceSuite(t, async (cluster, gates) => (await fastifyApp(cluster, gates)).server))

t.test('koa', async t => faceSuite(t, async (cluster, gates) => (await koaApp(cluster, gates)).callback()))

t.test('hono', async t =>
  faceSuite(t, async (cluster, gates) => {
    const listener = getRequestListener(honoApp(cluster, gates).fetch, { overrideGlobalObjects: false })
    return (req, res) => void listener(req, res)
  }),
)
