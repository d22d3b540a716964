import { createCluster } from 'clowder'
import { makeApp } from './app.js'

const cluster = await createCluster()
const server = makeApp(cluster).listen(Number(process.env.PORT ?? 3000), '127.0.0.1')

process.once('SIGTERM', () => {
  server.close(() => cluster.stop())
  server.closeIdleConnections()
})
