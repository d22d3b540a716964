import type express from 'express'
import type { Express, Response } from 'express'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { answer, type FaceReply, type Gates, paths } from './face-routes.js'

/** Of Express 5 or 4. A promise that rejects means nothing to Express 4, so it is told of it. */
export async function expressApp(make: typeof express, cluster: Cluster, gates: Gates): Promise<Express> {
  const app = make()
  app.set('env', 'test')
  app.use(cluster.express())
  for (const path of paths)
    app.all(path, (req, res, next) => {
      answer(path, () => req.session, gates).then(reply => send(reply, res), next)
    })
  return app
}

function send(reply: FaceReply, res: Response): void {
  switch (reply.kind) {
    case 'json':
      if (reply.cookie) res.append('set-cookie', reply.cookie)
      res.json(reply.json)
      return
    case 'redirect':
      return res.redirect(reply.to)
    case 'stream':
      reply.stream.pipe(res)
  }
}
