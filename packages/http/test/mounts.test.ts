import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import t from 'tap'
import { ReplicationValve, type ReplicationValveOptions } from '../src/index.js'
import { Browser } from './support/browser.js'
import { RecordingLogger } from './support/recording-logger.js'
import { TestManager } from './support/test-manager.js'
import { SECRET, serve, type Teardown } from './support/test-server.js'

function counter(req: IncomingMessage, res: ServerResponse): void {
  if (!req.url!.endsWith('/quiet')) req.session.naps = (req.session.naps ?? 0) + 1
  res.end(String(req.url!.endsWith('/quiet') ? '' : req.session.naps))
}

/** An Express application with a mount for all and another one, with options of its own, for /pay. */
async function serveShop(t: Teardown, own: Partial<ReplicationValveOptions>, manager = new TestManager()) {
  const logger = new RecordingLogger()
  const valve = new ReplicationValve({ manager, logger }, { secrets: [SECRET] })
  const app = express()
  app.use(valve.express())
  app.use('/pay', valve.variant(own).express())
  app.use(counter)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { manager, valve, logger, user: new Browser(port) }
}

t.test('a mount for a part of the application changes what holds there, and counts with the other', async t => {
  const { manager, valve, user, logger } = await serveShop(t, { acknowledge: 'all', rolling: true })
  await user.get('/')
  await user.get('/pay')
  t.strictSame(manager.levels, [undefined, 'all'])
  t.equal(valve.statistics.nrOfRequests, 2)
  t.strictSame(logger.lines, [])
})

t.test('rolling on a part of the application renews the cookie of whoever comes there', async t => {
  const { user } = await serveShop(t, { rolling: true })
  await user.get('/')
  t.strictSame((await user.get('/quiet')).setCookies, [])
  t.equal((await user.get('/pay/quiet')).setCookies.length, 1)
})

t.test('a stale session is refused where that is the policy, though others have let it pass', async t => {
  const { manager, valve, user } = await serveShop(t, { whenStale: 'refuse' })
  await user.get('/')
  manager.finding = 'behind'
  manager.loading = 'stale'
  const served = await user.get('/')
  t.equal(served.status, 200)
  t.equal(served.headers.get('clowder-stale'), '1')
  const refused = await user.get('/pay')
  t.equal(refused.status, 503)
  t.equal(valve.statistics.nrOfRefusedRequests, 1)
})

t.test('everybody is given a session where a part of the application wants it', async t => {
  const { manager, user } = await serveShop(t, { saveUninitialized: true })
  await user.get('/quiet')
  t.equal(manager.countOf('create'), 0)
  await user.get('/pay/quiet')
  t.equal(manager.countOf('create'), 1)
})

t.test('options that a second mount cannot change any more are pointed out, once', async t => {
  const { logger, user } = await serveShop(t, { genid: () => 'x' })
  t.equal((await user.get('/pay')).body, '1')
  await user.get('/pay')
  t.match(logger.lines, [/^warn a request passes a second mount/])
})

t.test('a second mount whose cookie is called otherwise leaves the session to the first', async t => {
  const { logger, user } = await serveShop(t, { cookie: { name: 'other.sid' } })
  const answer = await user.get('/pay')
  t.strictSame(
    answer.setCookies.map(cookie => cookie.split('=')[0]),
    ['clowder.sid'],
  )
  t.match(logger.lines, [/^warn a request passes two mounts/])
})

t.test('of two clusters the first has the session, and the second says so', async t => {
  const other = new ReplicationValve({ manager: new TestManager() }, { secrets: [SECRET] })
  const { browser, logger, manager } = await serve(t, other.nodeHttp(counter))
  const user = browser()
  t.equal((await user.get('/')).setCookies.length, 1)
  t.equal((await user.get('/')).body, '2')
  t.equal(manager.countOf('commit'), 2)
  t.strictSame(logger.lines, [], 'the first has nothing to say')
})

t.test('the session of another middleware that was there first is left alone', async t => {
  const logger = new RecordingLogger()
  const manager = new TestManager()
  const valve = new ReplicationValve({ manager, logger }, { secrets: [SECRET] })
  const behind = valve.nodeHttp((req, res) => void res.end(JSON.stringify(req.session)))
  const theirs = { of: 'express-session' }
  const server = createServer((req, res) => {
    Object.assign(req, { session: theirs })
    behind(req, res)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < 2; i++) t.equal((await new Browser(port).get('/')).body, '{"of":"express-session"}')
  t.strictSame(manager.calls, [])
  t.match(logger.lines, [/^warn another session middleware/])
  t.equal(logger.lines.length, 1)
})

t.test('a request that has a session and does not touch it leaves request and response as they were', async t => {
  const untouched: unknown[] = []
  const { browser, manager } = await serve(t, (req, res) => {
    if (req.url === '/in') req.session.naps = 1
    else {
      const verbs = ['writeHead', 'write', 'end', 'flushHeaders', 'setHeader', 'headersSent', 'writableEnded']
      untouched.push(verbs.filter(name => Object.hasOwn(res, name)))
      untouched.push(Object.keys(req).filter(name => name.startsWith('session')))
      untouched.push(res.listenerCount('close'))
    }
    res.end()
  })
  const plain = createServer((_, res) => {
    untouched.push(res.listenerCount('close'))
    res.end()
  }).listen(0, '127.0.0.1')
  await once(plain, 'listening')
  t.teardown(() => plain.close())
  await new Browser((plain.address() as AddressInfo).port).get('/')
  const listeners = untouched.pop()
  const user = browser()
  await user.get('/in')
  manager.calls.length = 0
  await user.get('/')
  t.strictSame(untouched, [[], [], listeners])
  t.strictSame(manager.calls, ['find'])
})

t.test('what keeps browsers from keeping the cookie is said once', async t => {
  const https = { headers: { 'x-forwarded-proto': 'https' } }
  const untrusting = await serve(t, counter)
  for (let i = 0; i < 2; i++) await untrusting.browser().get('/', https)
  t.match(untrusting.logger.lines, [/^warn a proxy says .*valve\.trustProxy/])
  t.equal(untrusting.logger.lines.length, 1)

  const secure = await serve(t, counter, { cookie: { secure: true } })
  await secure.browser().get('/')
  t.strictSame(secure.logger.lines, [], 'browsers keep it on this host')
  await secure.browser().get('/', https)
  t.strictSame(secure.logger.lines, [], 'and behind a proxy that speaks https')
  const { request } = await import('node:http')
  const answered = request({ port: secure.port, host: '127.0.0.1', headers: { host: 'shop.example' } }).end()
  const [answer] = await once(answered, 'response')
  answer.resume()
  t.match(secure.logger.lines, [/^warn cookie\.secure is true, but this request came over plain http/])
})

t.test("a cookie for other sites' pages that goes out without Secure is pointed out once", async t => {
  const everywhere = await serve(t, counter, { cookie: { sameSite: 'none' } })
  for (let i = 0; i < 2; i++) await everywhere.browser().get('/')
  t.match(everywhere.logger.lines, [/^warn cookie\.sameSite is 'none', but .*plain http.*cookie\.sameSite to 'auto'/])
  t.equal(everywhere.logger.lines.length, 1)

  const proxied = await serve(t, counter, { trustProxy: true, cookie: { sameSite: 'none' } })
  await proxied.browser().get('/', { headers: { 'x-forwarded-proto': 'https' } })
  t.strictSame(proxied.logger.lines, [], 'over https there is nothing to say')

  const untrusting = await serve(t, counter, { cookie: { sameSite: 'none' } })
  await untrusting.browser().get('/', { headers: { 'x-forwarded-proto': 'https' } })
  t.match(untrusting.logger.lines, [/^warn a proxy says/], 'and of a proxy the cause is told, not the consequence')

  const late = await serve(t, (req, res) => {
    req.session.naps = 1
    req.session.cookie.secure = false
    req.session.cookie.sameSite = 'none'
    res.end()
  })
  await late.browser().get('/')
  t.match(late.logger.lines, [/^warn cookie\.sameSite is 'none'/], 'as well where a session has such a cookie')
})

t.test('a session made after the headers were sent is pointed out', async t => {
  const { browser, logger } = await serve(t, (req, res) => {
    res.flushHeaders()
    req.session.naps = 1
    res.end()
  })
  t.strictSame((await browser().get('/')).setCookies, [])
  t.match(logger.lines, [/^warn a session was made after the headers/])
})
