import { createCluster } from 'clowder'
import express from 'express'
import { readSettings } from './settings.js'

declare module 'clowder' {
  interface SessionData {
    count: number
    user: string
    cart: Record<string, number>
  }
}

const { port, cluster: options } = readSettings(process.env)
const cluster = await createCluster(options)
const node = cluster.localMember().name

const app = express()
app.disable('x-powered-by')
app.use(cluster.express())

app.get('/', (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1
  const { count, user, cart = {} } = req.session
  res.json({ node, count, user, cart })
})

app.post('/cart/:item', (req, res) => {
  req.session.cart ??= {}
  // A change deep inside is found as well: no need to assign `cart` again.
  req.session.cart[req.params.item] = (req.session.cart[req.params.item] ?? 0) + 1
  res.json({ node, cart: req.session.cart })
})

app.post('/login/:user', async (req, res) => {
  const { cart } = req.session
  // A new id at every login, so that an id which somebody planted before is worth nothing.
  await req.session.regenerate()
  req.session.user = req.params.user
  if (cart) req.session.cart = cart
  res.json({ node, user: req.session.user })
})

app.post('/logout', async (req, res) => {
  await req.session.destroy()
  res.json({ node, user: null })
})

const server = app.listen(port, '127.0.0.1', error => {
  if (error) throw error
  console.log(`${node} answers at http://127.0.0.1:${port}/`)
})

/** No new connections; those who wait are answered; then the other nodes are told. */
process.once('SIGTERM', () => {
  server.close(() => cluster.stop())
  server.closeIdleConnections()
})
