import Koa, { type Context } from 'koa'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { koa } from '../../../src/faces/koa/index.js'
import { answer, type FaceReply, type Gates } from './face-routes.js'

export async function koaApp(cluster: Cluster, gates: Gates): Promise<Koa> {
  const app = new Koa()
  app.silent = true
  app.use(koa(cluster))
  app.use(async ctx => send(await answer(ctx.path, () => ctx.session, gates), ctx))
  return app
}

function send(answer: FaceReply, ctx: Context): void {
  switch (answer.kind) {
    case 'json':
      if (answer.cookie) ctx.append('set-cookie', answer.cookie)
      ctx.type = 'json'
      ctx.body = JSON.stringify(answer.json)
      return
    case 'redirect':
      return ctx.redirect(answer.to)
    case 'stream':
      ctx.body = answer.stream
  }
}
