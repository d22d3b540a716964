import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { Balancer, NODE_HEADER } from '../src/balancer.js'

const HOST = '127.0.0.1'

async function listen<S extends TcpServer>(t: Test, server: S): Promise<number> {
  await once(server.listen(0, HOST), 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/** A node that answers with what it was sent. */
async function node(t: Test, listener: RequestListener = (req, res) => void req.pipe(res)): Promise<number> {
  const server: Server = createServer(listener)
  t.teardown(() => server.closeAllConnections())
  return listen(t, server)
}

/** A port at which nobody listens. */
async function refusingPort(): Promise<number> {
  const server = createTcpServer()
  await once(server.listen(0, HOST), 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

async function balanced(t: Test, targets: Readonly<Record<string, number>>, timeoutMs = 5000) {
  const balancer = new Balancer({ timeoutMs })
  for (const [name, port] of Object.entries(targets)) balancer.bringIn({ name, host: HOST, port })
  const server = createServer((req, res) => balancer.handle(req, res))
  t.teardown(() => server.closeAllConnections())
  const url = `http://${HOST}:${await listen(t, server)}/`
  const post = (body: string) => fetch(url, { method: 'POST', body, headers: { connection: 'close' } })
  return { balancer, post, url }
}

function nodeOf(response: Response): string | null {
  return response.headers.get(NODE_HEADER)
}

t.test('requests go round', async t => {
  const { post } = await balanced(t, { a: await node(t), b: await node(t), c: await node(t) })
  const names: (string | null)[] = []
  for (let i = 0; i < 6; i++) names.push(nodeOf(await post('x')))
  t.strictSame(names, ['a', 'b', 'c', 'a', 'b', 'c'])
})

t.test('a refused connection sends the request, body and all, to the next node, and nobody there any more', async t => {
  const { post } = await balanced(t, { a: await refusingPort(), b: await node(t) })
  for (const body of ['first', 'second', 'third']) {
    const response = await post(body)
    t.equal(response.status, 200)
    t.equal(nodeOf(response), 'b')
    t.equal(await response.text(), body)
  }
})

t.test(
  'a connection that breaks after the request was sent is a 502 that names the node, and no second try',
  async t => {
    let seenByB = 0
    const a = await node(t, req => void req.socket.destroy())
    const b = await node(t, (_req, res) => {
      seenByB++
      res.end()
    })
    const { post } = await balanced(t, { a, b })
    const response = await post('x')
    t.equal(response.status, 502)
    t.equal(nodeOf(response), 'a')
    t.equal(seenByB, 0)
  },
)

t.test('a node that does not answer in time is a 502', async t => {
  const { post } = await balanced(t, { a: await node(t, () => {}) }, 50)
  const response = await post('x')
  t.equal(response.status, 502)
  t.match(await response.text(), /no answer within 50 ms/)
})

t.test('without any node left the answer is 503', async t => {
  const { post } = await balanced(t, { a: await refusingPort() })
  t.equal((await post('x')).status, 503)
})

t.test('a node that was taken out finishes what it has begun, and gets nothing more', async t => {
  let finish: () => void = () => {}
  const begun = new Promise<void>(resolve => {
    finish = () => resolve()
  })
  let release: () => void = () => {}
  const a = await node(t, (_req, res) => {
    release = () => res.end('done')
    finish()
  })
  const { balancer, post } = await balanced(t, { a, b: await node(t) })
  const slow = post('x')
  await begun
  balancer.takeOut('a')
  let isDrained = false
  const drained = balancer.drained('a').then(() => {
    isDrained = true
  })
  t.equal(nodeOf(await post('y')), 'b')
  t.equal(nodeOf(await post('y')), 'b')
  t.equal(isDrained, false)
  release()
  t.equal(await (await slow).text(), 'done')
  await drained
})

t.test('a node that has nothing under way is drained at once', async t => {
  const { balancer, post } = await balanced(t, { a: await node(t) })
  await post('x')
  balancer.takeOut('a')
  await balancer.drained('a')
  await balancer.drained('nobody')
})

t.test('a node that refuses because it is behind is passed over; when all refuse, the client hears it', async t => {
  const behind: RequestListener = (_, res) => void res.writeHead(503, { 'clowder-stale': '1' }).end()
  const current: RequestListener = (_, res) => void res.end('current')
  const { url } = await balanced(t, { a: await node(t, behind), b: await node(t, behind), c: await node(t, current) })
  for (let i = 0; i < 4; i++) t.equal(nodeOf(await fetch(url, { method: 'POST' })), 'c')
  const stale = await balanced(t, { a: await node(t, behind), b: await node(t, behind) })
  t.equal((await fetch(stale.url)).status, 503)
  t.equal((await stale.post('a body is not sent twice')).status, 503)
})
