import { createServer, connect as rawConnect } from 'node:net'
import t from 'tap'
import { nodeNetwork } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'
import { StreamEnd } from './support/stream-end.js'
import { streamSuite } from './support/stream-suite.js'

keepOpen()

streamSuite(t, nodeNetwork)

t.test('a reset by the peer is an error of this stream and of nothing else', async t => {
  const ends: StreamEnd[] = []
  const listener = await nodeNetwork.listen({ host: '127.0.0.1', port: 0 }, s => void ends.push(new StreamEnd(s)))
  const peer = rawConnect(listener.address)
  await until(() => ends.length === 1)
  peer.resetAndDestroy()
  await until(() => ends[0]!.closed.length > 0)
  t.match(ends[0]!.closed, [{ code: 'ECONNRESET' }])
})

t.test('a peer that speaks in the first moment is heard by the one who dialled', async t => {
  const server = createServer(socket => socket.end('hello')).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await until(() => server.listening)
  const { port } = server.address() as { port: number }
  for (let i = 0; i < 50; i++) {
    const end = new StreamEnd(await nodeNetwork.connect({ host: '127.0.0.1', port }, 1000))
    await until(() => end.closed.length === 1)
    t.equal(end.text, 'hello')
  }
})

t.test('IPv4 peers of a listener on all interfaces have IPv4 addresses', async t => {
  const ends: StreamEnd[] = []
  const listener = await nodeNetwork.listen({ host: '::', port: 0 }, s => void ends.push(new StreamEnd(s)))
  await nodeNetwork.connect({ host: '127.0.0.1', port: listener.address.port }, 1000)
  await until(() => ends.length === 1)
  t.equal(ends[0]!.stream.remote.host, '127.0.0.1')
})
