import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { ReplicationValve } from '../src/index.js'
import { Signal } from './support/signal.js'
import { TestManager } from './support/test-manager.js'

t.test('over HTTP/2, where writeHead sends, the headers wait as well', async t => {
  const manager = new TestManager()
  const valve = new ReplicationValve({ manager }, { secrets: ['sixteen characters or more'] })
  const handled = new Signal()
  const listener: RequestListener = (req, res) => {
    req.session.naps = 1
    res.writeHead(200, { 'x-a': 'b' })
    t.equal(res.headersSent, true)
    res.end('done')
    t.equal(res.writableEnded, true)
    handled.resolve()
  }
  const server = createServer(valve.nodeHttp(listener) as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const held = manager.holdNextCommit()
  const stream = client.request({ ':path': '/' })
  let answered = false
  stream.once('response', () => {
    answered = true
  })
  await handled.promise
  await new Promise(resolve => client.ping(resolve))
  t.notOk(answered)
  held.settle()
  const [headers] = await once(stream, 'response')
  t.match(headers, { ':status': 200, 'x-a': 'b', 'set-cookie': [/^clowder\.sid=/] })
  const [body] = await once(stream.setEncoding('utf8'), 'data')
  t.equal(body, 'done')
})

t.test('over HTTP/2 a stream flows once its session is held, and early hints do not wait', async t => {
  const manager = new TestManager()
  const valve = new ReplicationValve({ manager }, { secrets: ['sixteen characters or more'] })
  const handled = new Signal()
  const listener: RequestListener = (req, res) => {
    req.session.naps = 1
    res.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' })
    Readable.from(['one ', 'two ', 'three']).pipe(res)
    handled.resolve()
  }
  const server = createServer(valve.nodeHttp(listener) as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  const held = manager.holdNextCommit()
  const stream = client.request({ ':path': '/' })
  const answer = once(stream, 'response')
  const [hints] = await once(stream, 'headers')
  t.match(hints, { ':status': 103 })
  await handled.promise
  held.settle()
  const [headers] = await answer
  t.match(headers, { ':status': 200, 'set-cookie': [/^clowder\.sid=/] })
  t.equal(await text(stream), 'one two three')
})
