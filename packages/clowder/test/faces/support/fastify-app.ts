import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { clowderFastify } from '../../../src/faces/fastify/index.js'
import { answer, type FaceReply, type Gates, paths } from './face-routes.js'

export async function fastifyApp(cluster: Cluster, gates: Gates): Promise<FastifyInstance> {
  const app = fastify()
  await app.register(clowderFastify, { cluster })
  for (const path of paths)
    app.all(path, async (request, reply) => send(await answer(path, () => request.session, gates), reply))
  await app.ready()
  return app
}

export function send(answer: FaceReply, reply: FastifyReply): unknown {
  switch (answer.kind) {
    case 'json':
      if (answer.cookie) reply.header('set-cookie', answer.cookie)
      return reply.type('application/json').send(JSON.stringify(answer.json))
    case 'redirect':
      return reply.redirect(answer.to, 303)
    case 'stream':
      return reply.type('text/plain').send(answer.stream)
  }
}
