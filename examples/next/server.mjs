import { createServer } from 'node:http'
import { createCluster } from 'clowder'
import next from 'next'

const isProduction = process.env.NODE_ENV === 'production'
const cluster = await createCluster({ name: 'example-next', distributable: isProduction, jvmRoute: process.env.ROUTE })
// Where lib/cluster.js looks first, so that there is one in the process.
globalThis.clowder = Promise.resolve(cluster)

const port = Number(process.env.PORT ?? 3000)
const app = next({ dev: !isProduction, port })
await app.prepare()
const pages = app.getRequestHandler()

const server = createServer(
  cluster.nodeHttp((req, res) => {
    // What is answered beside Next has the same session.
    if (req.url === '/raw') return res.end(JSON.stringify({ count: req.session.count ?? 0, user: req.session.user }))
    return pages(req, res)
  }),
)
server.listen(port, () => console.log(`http://127.0.0.1:${port}/`))

process.once('SIGTERM', () => {
  server.close(async () => {
    await app.close()
    await cluster.stop()
  })
})
