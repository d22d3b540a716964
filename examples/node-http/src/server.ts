import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createCluster } from 'clowder'
import { readSettings } from './settings.js'

declare module 'clowder' {
  interface SessionData {
    count: number
    user: string
    cart: Record<string, number>
  }
}

type Handler = (req: IncomingMessage, res: ServerResponse, argument: string) => void | Promise<void>

const { port, cluster: options } = readSettings(process.env)
const cluster = await createCluster(options)
const node = cluster.localMember().name

const handlers: Readonly<Record<string, Handler>> = {
  'GET /'(req, res) {
    req.session.count = (req.session.count ?? 0) + 1
    const { count, user, cart = {} } = req.session
    sendJson(res, 200, { node, count, user, cart })
  },
  'POST /cart'(req, res, item) {
    req.session.cart ??= {}
    // A change deep inside is found as well: no need to assign `cart` again.
    req.session.cart[item] = (req.session.cart[item] ?? 0) + 1
    sendJson(res, 200, { node, cart: req.session.cart })
  },
  async 'POST /login'(req, res, user) {
    const { cart } = req.session
    // A new id at every login, so that an id which somebody planted before is worth nothing.
    await req.session.regenerate()
    req.session.user = user
    if (cart) req.session.cart = cart
    sendJson(res, 200, { node, user })
  },
  async 'POST /logout'(req, res) {
    await req.session.destroy()
    sendJson(res, 200, { node, user: null })
  },
}

const server = createServer(
  cluster.nodeHttp(async (req, res) => {
    const [, verb = '', argument = ''] = (req.url ?? '/').split('/')
    const handler = handlers[`${req.method} /${verb}`]
    if (!handler) return sendJson(res, 404, { error: 'not found' })
    try {
      await handler(req, res, argument)
    } catch (error) {
      console.error(error)
      sendJson(res, 500, { error: 'something went wrong' })
    }
  }),
)

server.listen(port, '127.0.0.1', () => console.log(`${node} answers at http://127.0.0.1:${port}/`))

/** No new connections; those who wait are answered; then the other nodes are told. */
process.once('SIGTERM', () => {
  server.close(() => cluster.stop())
  server.closeIdleConnections()
})

function sendJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
}
