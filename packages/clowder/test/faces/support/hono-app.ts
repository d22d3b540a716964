import { Readable } from 'node:stream'
import { type Context, Hono } from 'hono'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { type ClowderEnv, hono } from '../../../src/faces/hono/index.js'
import { answer, type FaceReply, type Gates } from './face-routes.js'

export function honoApp(cluster: Cluster, gates: Gates): Hono<ClowderEnv> {
  const app = new Hono<ClowderEnv>()
  app.use(hono(cluster))
  app.all('*', async c => send(await answer(c.req.path, () => c.get('session'), gates), c))
  app.onError((_error, c) => c.text('failed', 500))
  return app
}

function send(answer: FaceReply, c: Context): Response {
  switch (answer.kind) {
    case 'json':
      if (answer.cookie) c.header('set-cookie', answer.cookie, { append: true })
      return c.json(answer.json as object)
    case 'redirect':
      return c.redirect(answer.to)
    case 'stream':
      return c.body(Readable.toWeb(answer.stream) as ReadableStream)
  }
}
