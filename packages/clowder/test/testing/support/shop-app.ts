import express, { type Express } from 'express'
import type { Cluster } from '../../../src/cluster/cluster.js'

/** An application as production has it: a counter, a cart, login and logout. */
export function shopApp(cluster: Cluster): Express {
  const app = express()
  app.use(cluster.express())
  app.use(express.json())
  app.get('/', (req, res) => void res.json(attributesOf(req)))
  app.get('/count', (req, res) => {
    const attributes = attributesOf(req)
    attributes.count = Number(attributes.count ?? 0) + 1
    res.json(attributes.count)
  })
  app.post('/set', (req, res) => {
    Object.assign(attributesOf(req), req.body)
    res.json(cluster.localMember().name)
  })
  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.json(null)
  })
  return app
}

function attributesOf(req: { session: unknown }): Record<string, unknown> {
  return req.session as Record<string, unknown>
}
