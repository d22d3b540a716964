import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { io as newClient } from 'socket.io-client'
import type { Test } from 'tap'
import { WebSocket } from 'ws'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { Recipe } from './recipe.js'

/** Who has logged in over HTTP counts over a socket, until the session ends. */
async function tellWsStory(t: Test, recipe: Recipe): Promise<void> {
  const makeApp = await recipe.makeApp()
  const cluster = await createTestCluster(2, { app: makeApp })
  t.teardown(() => cluster.stop())
  const user = cluster.browser()
  await user.post(0, '/login/ada')
  const port = await listening(t, (await makeApp(cluster.nodes[1])) as Server)

  const stranger = new WebSocket(`ws://127.0.0.1:${port}`)
  const [refusal] = await once(stranger, 'error')
  t.match(refusal.message, /401/)
  const socket = new WebSocket(`ws://127.0.0.1:${port}`, {
    headers: { cookie: `clowder.sid=${user.cookies['clowder.sid']}` },
  })
  t.teardown(() => socket.terminate())
  await once(socket, 'open')
  socket.send('anything')
  t.equal(String((await once(socket, 'message'))[0]), 'ada: 1')
  const closed = once(socket, 'close')
  await user.post(0, '/logout')
  await cluster.converged()
  t.equal((await closed)[0], 4401)
}

/** Who has logged in over HTTP speaks on one node and is heard on the others, until the session ends. */
async function tellSocketIoStory(t: Test, recipe: Recipe): Promise<void> {
  const makeApp = await recipe.makeApp()
  const cluster = await createTestCluster(3, { app: makeApp })
  t.teardown(() => cluster.stop())
  const user = cluster.browser()
  await user.post(0, '/login/ada')
  await cluster.converged()
  const extraHeaders = { cookie: `clowder.sid=${user.cookies['clowder.sid']}` }
  const ports = await Promise.all(cluster.nodes.map(async node => listening(t, (await makeApp(node)) as Server)))
  const clients = ports.map(port => newClient(`http://127.0.0.1:${port}`, { forceNew: true, extraHeaders }))
  t.teardown(() => void clients.map(client => client.disconnect()))
  await Promise.all(clients.map(client => new Promise<void>(resolve => client.once('connect', resolve))))
  const heard = clients.map(client => new Promise(resolve => client.once('said', (...said) => resolve(said))))
  clients[0]!.emit('say', 'hello')
  await heard[0]
  await cluster.advance(100)
  t.strictSame(await Promise.all(heard), [
    ['ada', 'hello'],
    ['ada', 'hello'],
    ['ada', 'hello'],
  ])
  const stranger = newClient(`http://127.0.0.1:${ports[0]}`, { forceNew: true })
  t.teardown(() => void stranger.disconnect())
  t.match(await new Promise(resolve => stranger.once('connect_error', resolve)), { message: 'unauthorized' })
  const gone = clients.map(client => new Promise(resolve => client.once('disconnect', resolve)))
  await user.post(1, '/logout')
  await cluster.converged()
  for (const reason of await Promise.all(gone)) t.equal(reason, 'io server disconnect')
}

async function listening(t: Test, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => void server.close())
  return (server.address() as AddressInfo).port
}

export const socketStories: Record<string, (t: Test, recipe: Recipe) => Promise<unknown>> = {
  ws: tellWsStory,
  'socket.io': tellSocketIoStory,
}
