import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as realDelay } from 'node:timers/promises'
import t from 'tap'
import { createTestCluster } from '../../src/testing/index.js'

const cluster = await createTestCluster(2)
t.teardown(() => cluster.stop())
const node = cluster.nodes[0]

/** Says what came. */
async function echo(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const { method, url, headers } = req
  res.setHeader('content-type', 'application/json')
  res.end(JSON.stringify({ method, url, headers, body: await text(req) }))
}

interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

t.test('a request arrives as it was given, and a body with the type that it has', async t => {
  const cases = [
    { request: '/a?b=c', method: 'GET', type: undefined, body: '' },
    { request: { url: '/', body: 'text' }, method: 'POST', type: 'text/plain; charset=utf-8', body: 'text' },
    { request: { url: '/', body: { n: [1] } }, method: 'POST', type: 'application/json', body: '{"n":[1]}' },
    {
      request: { url: '/', body: new URLSearchParams({ user: 'Ada L' }), method: 'put' },
      method: 'PUT',
      type: 'application/x-www-form-urlencoded',
      body: 'user=Ada+L',
    },
    {
      request: { url: '/', body: '<a/>', headers: { 'Content-Type': 'text/xml' } },
      method: 'POST',
      type: 'text/xml',
      body: '<a/>',
    },
    { request: { url: '/', body: Buffer.from('hi') }, method: 'POST', type: 'application/octet-stream', body: 'hi' },
  ]
  for (const { request, method, type, body } of cases) {
    const came = (await cluster.request(node, echo, request)).json<Echo>()
    t.equal(came.method, method)
    t.equal(came.headers['content-type'], type)
    t.equal(came.headers.host, 'localhost')
    t.equal(came.body, body)
  }
})

t.test('cookies are sent beside those of the header', async t => {
  const request = { url: '/', headers: { Cookie: 'a=1' }, cookies: { b: '2', c: '3' } }
  t.equal((await cluster.request(node, echo, request)).json<Echo>().headers.cookie, 'a=1; b=2; c=3')
})

t.test('an answer has its status, headers, cookies and body, however it was written', async t => {
  const app = async (_req: IncomingMessage, res: ServerResponse) => {
    res.writeHead(201, { 'x-a': 'b', 'set-cookie': ['c=1', 'd=2'] })
    for (const part of ['one', 'two']) {
      res.write(part)
      await realDelay(1)
    }
    res.end()
  }
  const answer = await cluster.request(node, app, '/')
  t.equal(answer.status, 201)
  t.equal(answer.headers['x-a'], 'b')
  t.strictSame(answer.setCookies, ['c=1', 'd=2'])
  t.equal(answer.text, 'onetwo')
  t.strictSame((await cluster.request(node, (_, res) => void res.end(), '/')).setCookies, [])
})

t.test('a large body goes both ways', async t => {
  const body = Buffer.alloc(3_000_000, 'x')
  const app = (req: IncomingMessage, res: ServerResponse) => void req.pipe(res)
  t.ok((await cluster.request(node, app, { url: '/', body })).bytes.equals(body))
})

t.test(
  'the app may be a connect style middleware chain, a plain handler, or a server that does not listen',
  async t => {
    const counted = (req: IncomingMessage, res: ServerResponse) => {
      const attributes = req.session as unknown as Record<string, number>
      attributes.seen = (attributes.seen ?? 0) + 1
      res.end(String(attributes.seen))
    }
    const middleware = node.express()
    const chained = (req: IncomingMessage, res: ServerResponse) => middleware(req, res, () => counted(req, res))
    const browser = cluster.browser()
    t.equal((await browser.get(node, node.nodeHttp(counted), '/')).text, '1')
    t.equal((await browser.get(node, chained, '/')).text, '2')
    t.equal((await browser.get(node, createServer(chained), '/')).text, '3')
  },
)

t.test('what a handler throws or rejects with is what the request rejects with', async t => {
  const failure = new Error('mine')
  const throwing = () => {
    throw failure
  }
  await t.rejects(cluster.request(node, throwing, '/'), failure)
  await t.rejects(
    cluster.request(node, async () => throwing(), '/'),
    failure,
  )
  await t.rejects(
    cluster.request(
      node,
      node.nodeHttp(async () => throwing()),
      '/',
    ),
    failure,
  )
})

t.test('an app that cuts the connection is seen as clients see it', async t => {
  await t.rejects(
    cluster.request(node, req => void req.socket.destroy(), '/'),
    { code: 'ECONNRESET' },
  )
  const midway = (_: IncomingMessage, res: ServerResponse) => {
    res.write('some')
    setImmediate(() => res.destroy())
  }
  await t.rejects(cluster.request(node, midway, '/'), { code: 'ECONNRESET' })
})

t.test('a socket has an address and the manners that handlers ask for', async t => {
  const app = (req: IncomingMessage, res: ServerResponse) => {
    req.setTimeout(1000)
    res.setTimeout(1000)
    req.socket.setNoDelay(true)
    res.end(`${req.socket.remoteAddress} ${req.httpVersion}`)
  }
  t.equal((await cluster.request(node, app, '/')).text, '127.0.0.1 1.1')
})

t.test('a handler whose node is killed sees its client go', async t => {
  const short = await createTestCluster(1)
  t.teardown(() => short.stop())
  const closed = new Promise(resolve => {
    const app = (_: IncomingMessage, res: ServerResponse) => {
      void once(res, 'close').then(resolve)
      short.kill(0)
    }
    void short.request(0, app, '/').catch(() => {})
  })
  await closed
})

t.test('a browser keeps cookies by path, until they are cleared, and a copy keeps its own', async t => {
  const setting = (lines: string[]) => (_: IncomingMessage, res: ServerResponse) =>
    void res.writeHead(200, { 'set-cookie': lines }).end()
  const sent = async (url: string) =>
    (await browser.get(node, echo, url)).json<Echo>().headers.cookie?.split('; ').sort()
  const browser = cluster.browser()
  t.equal(await sent('/'), undefined)
  const late = new Date(Date.now() + 60_000).toUTCString()
  await browser.get(
    node,
    setting(['a=1; Path=/', 'b=x=y; Path=/shop; HttpOnly', 'c=3; Max-Age=60', `d=4; Expires=${late}`]),
    '/',
  )
  t.strictSame(await sent('/'), ['a=1', 'c=3', 'd=4'])
  t.strictSame(await sent('/shop/cart?x=1'), ['a=1', 'b=x=y', 'c=3', 'd=4'])
  t.strictSame(await sent('/shopping'), ['a=1', 'c=3', 'd=4'])
  const copy = browser.copy()
  const epoch = new Date(0).toUTCString()
  await browser.post(node, setting([`a=; Expires=${epoch}`, 'c=; Max-Age=0', 'd=5']), '/', { n: 1 })
  t.strictSame(await sent('/'), ['d=5'])
  t.strictSame(copy.cookies, { a: '1', c: '3', d: '4' })
})
