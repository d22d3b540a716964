import type { Cluster } from 'clowder'
import express, { type Express } from 'express'

declare module 'clowder' {
  interface SessionData {
    user: string
    cart: Record<string, number>
  }
}

/** The whole application, given its cluster: production gives it the real one, a test one in memory. */
export function makeApp(cluster: Cluster): Express {
  const app = express()
  app.use(cluster.express())

  app.get('/', (req, res) => {
    const { user, cart = {} } = req.session
    res.json({ user, cart })
  })

  app.post('/login/:user', async (req, res) => {
    await req.session.regenerate()
    req.session.user = req.params.user
    res.json({ user: req.session.user })
  })

  app.post('/cart/:item', (req, res) => {
    req.session.cart ??= {}
    req.session.cart[req.params.item] = (req.session.cart[req.params.item] ?? 0) + 1
    res.json({ cart: req.session.cart })
  })

  app.post('/logout', async (req, res) => {
    await req.session.destroy()
    res.json({})
  })

  return app
}
