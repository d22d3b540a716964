import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { RawClient } from './support/raw-client.js'
import { Signal } from './support/signal.js'
import { type Handler, serve, type Teardown, type TestServer } from './support/test-server.js'

/** Serves `handler` with the first commit held, and has a raw client ask for `path`. Resolves when the handler has returned. */
async function heldAnswer(t: Teardown, handler: Handler, path = '/') {
  const handled = new Signal<ServerResponse>()
  const served = await serve(t, async (req, res) => {
    if (req.url === '/ping') return void res.end('pong')
    await handler(req, res)
    handled.resolve(res)
  })
  const held = served.manager.holdNextCommit()
  const client = rawClient(t, served)
  client.get(path)
  return { ...served, held, client, res: await handled.promise }
}

function rawClient(t: Teardown, { port }: TestServer): RawClient {
  const client = new RawClient(port)
  t.teardown(() => client.destroy())
  return client
}

const change = (req: IncomingMessage) => {
  req.session.naps = (req.session.naps ?? 0) + 1
}

t.test('a redirect waits until its session is held elsewhere', async t => {
  const { held, client, res, browser } = await heldAnswer(t, (req, res) => {
    change(req)
    res.writeHead(302, { Location: '/next' })
    res.end()
  })
  t.equal((await browser().get('/ping')).body, 'pong', 'others are served meanwhile')
  t.equal(res.socket!.bytesWritten, 0)
  t.equal(client.received, '')
  held.settle()
  await client.until('\r\n\r\n')
  t.match(client.received, /^HTTP\/1\.1 302 Found\r\nSet-Cookie: clowder\.sid=[^\r]*\r\nLocation: \/next\r\n/)
})

t.test('an answer that waits looks sent to the application', async t => {
  const seen: unknown[] = []
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    seen.push(res.headersSent, res.writableEnded)
    t.equal(res.end('done'), res)
    seen.push(res.headersSent, res.writableEnded, res.writableFinished)
  })
  t.strictSame(seen, [false, false, true, true, false])
  held.settle()
  await client.until('done')
  t.match(client.received, /Content-Length: 4\r\n/, 'as Node does for an answer in one piece')
  t.strictSame([res.headersSent, res.writableEnded], [true, true])
})

t.test('an answer whose session did not change waits for nothing', async t => {
  const { browser, manager } = await serve(t, (req, res) => {
    if (req.url === '/change') change(req)
    res.end(String(req.session.naps))
    t.equal(res.headersSent, true)
  })
  const user = browser()
  await user.get('/change')
  const held = manager.holdNextCommit()
  t.equal((await user.get('/')).body, '1')
  held.settle()
})

t.test('a streamed body keeps its order, and flows after the wait', async t => {
  const chunks = Array.from({ length: 50 }, (_, i) => `${i},`.padEnd(4096, '.'))
  const started = new Signal()
  const { browser, manager } = await serve(t, async (req, res) => {
    change(req)
    res.once('pipe', () => started.resolve())
    await pipeline(Readable.from(chunks), res)
  })
  const held = manager.holdNextCommit()
  const answer = browser().get('/')
  await started.promise
  held.settle()
  t.equal((await answer).body, chunks.join(''))
})

t.test('write returns false while it waits, calls back, and is followed by one drain', async t => {
  const written: unknown[] = []
  let drains = 0
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    res.on('drain', () => drains++)
    t.equal(
      res.write('first ', () => written.push('first')),
      false,
    )
    t.equal(
      res.write('second ', 'utf8', () => written.push('second')),
      false,
    )
    t.equal(res.headersSent, true)
    t.equal(res.writableEnded, false)
  })
  held.settle()
  await once(res, 'drain')
  res.end('third')
  await client.until('third')
  t.equal(drains, 1)
  t.match(client.received, /first [\s\S]*second [\s\S]*third/)
  t.strictSame(written, ['first', 'second'])
})

t.test("end's callback is called, and a second end does no harm", async t => {
  let calls = 0
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    res.end('one', () => calls++)
    res.end()
    res.end(() => calls++)
  })
  t.equal(calls, 0)
  const finished = once(res, 'finish')
  held.settle()
  await finished
  await client.until('one')
  t.equal(calls, 2)
})

t.test('whoever answers twice is told so, waiting or not, and the first answer goes out', async t => {
  const codes: unknown[] = []
  const code = (call: () => unknown) => {
    try {
      call()
      codes.push('none')
    } catch (error) {
      codes.push((error as { code: unknown }).code)
    }
  }
  const again = (res: ServerResponse) => {
    code(() => res.setHeader('X', '1'))
    code(() => res.appendHeader('X', '1'))
    code(() => res.removeHeader('X'))
    code(() => res.writeHead(500))
    res.end('two', 'utf8', ((error: { code?: string }) => codes.push(error.code)) as never)
    t.equal(res.write('three'), false)
  }
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    res.end('one')
    again(res)
  })
  await new Promise(setImmediate)
  const finished = once(res, 'finish')
  held.settle()
  await finished
  t.match(await client.until('one'), /Set-Cookie: clowder\.sid=/i)
  again(res)
  await new Promise(setImmediate)
  const sent = 'ERR_HTTP_HEADERS_SENT'
  const each = [sent, sent, sent, sent, 'ERR_STREAM_WRITE_AFTER_END']
  t.strictSame(codes, [...each, ...each])
  t.notMatch(client.received, /two|three/)
})

t.test('a connection that is destroyed behind an answer that waits goes when the answer has', async t => {
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    res.end('done')
    t.equal(req.socket.destroy(), req.socket)
    t.notOk(req.socket.destroyed)
  })
  const closed = once(res, 'close')
  held.settle()
  await closed
  t.ok(res.req.socket.destroyed)
  t.match(await client.until('done'), /Set-Cookie: clowder\.sid=/i)
})

t.test('but at once with an error, behind an answer that is not complete, or that does not wait', async t => {
  for (const path of ['/error', '/part', '/later']) {
    const { held, client, res } = await heldAnswer(
      t,
      (req, res) => {
        if (req.url === '/again') return void req.socket.destroy()
        change(req)
        if (path !== '/part') res.end('done')
        else res.write('part')
        if (path !== '/later') req.socket.destroy(path === '/error' ? new Error('odd') : undefined)
      },
      path,
    )
    const { socket } = res.req
    t.equal(socket.destroyed, path !== '/later', path)
    held.settle()
    if (path !== '/later') continue
    await client.until('done')
    const closed = once(socket, 'close')
    client.get('/again')
    await closed
  }
})

t.test('flushHeaders waits too', async t => {
  const { held, client, res } = await heldAnswer(t, (req, res) => {
    change(req)
    res.flushHeaders()
    t.equal(res.headersSent, true)
  })
  t.equal(res.socket!.bytesWritten, 0)
  held.settle()
  await client.until('\r\n\r\n')
  t.match(client.received, /Set-Cookie: clowder\.sid=/)
  res.end()
})

t.test('a HEAD request gets its cookie and no body', async t => {
  const { browser, manager } = await serve(t, (req, res) => {
    change(req)
    res.end('body')
  })
  const held = manager.holdNextCommit()
  held.settle()
  const answer = await browser().get('/', { method: 'HEAD' })
  t.equal(answer.body, '')
  t.equal(answer.setCookies.length, 1)
})

t.test('pipelined requests are answered in order though the first one waits', async t => {
  const second = new Signal()
  const served = await serve(t, (req, res) => {
    if (req.url === '/1') change(req)
    res.end(`answer ${req.url}`)
    if (req.url === '/2') second.resolve()
  })
  const held = served.manager.holdNextCommit()
  const client = rawClient(t, served)
  client.get('/1')
  client.get('/2')
  await second.promise
  t.equal(client.received, '')
  held.settle()
  await client.until('answer /2')
  t.match(client.received, /answer \/1HTTP\/1\.1 200 OK[\s\S]*answer \/2$/)
})

t.test("Set-Cookie joins the application's own, however it sets them", async t => {
  const { browser } = await serve(t, (req, res) => {
    change(req)
    switch (req.url) {
      case '/set':
        res.setHeader('Set-Cookie', 'a=1')
        res.writeHead(200, { 'X-A': 'b' })
        break
      case '/object':
        res.writeHead(200, { 'set-cookie': ['a=1', 'b=2'] })
        break
      case '/reason':
        res.writeHead(201, 'Fine', { 'Set-Cookie': 'a=1' })
        break
      case '/list':
        res.writeHead(200, ['X-A', 'b', 'Set-Cookie', 'a=1'])
        break
      case '/plain-list':
        res.setHeader('Set-Cookie', 'a=1')
        res.writeHead(200, ['X-A', 'b'])
        break
    }
    res.end()
  })
  const names = async (path: string) => (await browser().get(path)).setCookies.map(line => line.split('=')[0])
  t.strictSame(await names('/set'), ['a', 'clowder.sid'])
  t.strictSame(await names('/object'), ['a', 'b', 'clowder.sid'])
  t.strictSame(await names('/reason'), ['a', 'clowder.sid'])
  t.strictSame(await names('/list'), ['a', 'clowder.sid'])
  t.strictSame(await names('/plain-list'), ['a', 'clowder.sid'])
  t.strictSame(await names('/none'), ['clowder.sid'])
})

t.test('what changes after the headers is committed at the end, and counted', async t => {
  const { browser, manager, valve } = await serve(t, (req, res) => {
    change(req)
    res.writeHead(200)
    res.write('head is out ')
    if (req.url === '/late') change(req)
    res.end('end')
  })
  const user = browser()
  await user.get('/late')
  t.strictSame(manager.attributes(user.sid), { naps: 2 })
  t.equal(valve.statistics.nrOfLateCommits, 1)
  await user.get('/')
  t.equal(valve.statistics.nrOfLateCommits, 1)
})

t.test('the end of a stream waits for what changed late', async t => {
  const handled = new Signal()
  const served = await serve(t, (req, res) => {
    change(req)
    res.write('early ')
    change(req)
    res.end('late')
    handled.resolve()
  })
  served.manager.holdNextCommit().settle()
  const held = served.manager.holdNextCommit()
  const client = rawClient(t, served)
  client.get('/')
  await handled.promise
  held.settle()
  await client.until('0\r\n\r\n')
  t.match(client.received, /early [\s\S]*late/)
})

t.test('a session first looked at after the headers is committed, though no cookie can carry it', async t => {
  const { browser, valve } = await serve(t, (req, res) => {
    res.write('out')
    change(req)
    res.end()
  })
  t.strictSame((await browser().get('/')).setCookies, [])
  t.equal(valve.statistics.nrOfLateCommits, 1)
})

t.test('a client that goes away before the answer does not lose what was changed', async t => {
  const entered = new Signal<ServerResponse>()
  let sid = ''
  const served = await serve(t, (req, res) => {
    change(req)
    sid = req.session.id
    entered.resolve(res)
  })
  const client = rawClient(t, served)
  client.get('/')
  const res = await entered.promise
  const closed = once(res, 'close')
  client.destroy()
  await closed
  t.strictSame(served.manager.attributes(sid), { naps: 1 })
  res.end()
  t.equal(served.valve.statistics.nrOfSendRequests, 1)
})

t.test('a client that goes away during the wait harms nobody', async t => {
  const { held, client, res, browser } = await heldAnswer(t, (req, res) => {
    change(req)
    res.write('a')
    res.end('b')
  })
  const closed = once(res, 'close')
  client.destroy()
  await closed
  held.settle()
  t.equal((await browser().get('/ping')).body, 'pong')
})

t.test('what Node refuses after the wait ends that answer only, and is logged', async t => {
  const { held, client, browser, logger, valve } = await heldAnswer(t, (req, res) => {
    change(req)
    res.statusCode = 9999
    res.end()
  })
  held.settle()
  await once(client.socket, 'close')
  t.equal(client.received, '')
  t.match(logger.lines, [/^error an answer that had waited for its session failed/])
  t.equal(valve.statistics.nrOfFailedAnswers, 1)
  t.equal((await browser().get('/ping')).body, 'pong')
})

t.test('what Node refuses of writeHead is thrown at once, waiting or not', async t => {
  const { held, client } = await heldAnswer(t, (req, res) => {
    change(req)
    t.throws(() => res.writeHead(200, { 'X-Bad': 'a\nb' }), { code: 'ERR_INVALID_CHAR' })
    res.writeHead(200)
    t.throws(() => res.writeHead(200), { code: 'ERR_HTTP_HEADERS_SENT' })
    t.throws(() => res.setHeader('X-Late', '1'), { code: 'ERR_HTTP_HEADERS_SENT' })
    res.end()
  })
  held.settle()
  await client.until('\r\n\r\n')
  t.match(client.received, /^HTTP\/1\.1 200 OK\r\nSet-Cookie/)
})

t.test('what is no body is refused at once, waiting or not, and whoever refused it may still answer', async t => {
  const bodies = [{ cat: 'ann' }, 7, true, ['ann'], null, undefined]
  const refusals = (body: unknown) => ({ code: body === null ? 'ERR_STREAM_NULL_VALUES' : 'ERR_INVALID_ARG_TYPE' })
  const { held, client, manager } = await heldAnswer(t, (req, res) => {
    change(req)
    for (const body of bodies) t.throws(() => res.write(body), refusals(body))
    for (const body of bodies.slice(0, 4)) t.throws(() => res.end(body), refusals(body))
    t.strictSame([res.headersSent, res.writableEnded], [false, false])
    change(req)
    res.statusCode = 500
    res.write(new Uint8Array([99, 97, 116]))
    for (const body of bodies) t.throws(() => res.write(body), refusals(body))
    res.end(' gone')
  })
  held.settle()
  t.match(await client.until('0\r\n\r\n'), /^HTTP\/1\.1 500 [\s\S]*cat[\s\S]* gone/)
  t.equal(manager.countOf('commit'), 2)
})

t.test('a commit that is not held in time lets the answer go and is counted', async t => {
  const { held, client, valve } = await heldAnswer(t, (req, res) => {
    change(req)
    res.end('ok')
  })
  held.settle('degraded')
  await client.until('ok')
  t.equal(valve.statistics.nrOfDegradedCommits, 1)
})

t.test('an answer waits for every commit of its request', async t => {
  const handled = new Signal<ServerResponse>()
  const served = await serve(t, (req, res) => {
    change(req)
    void req.session.save()
    change(req)
    res.end('ok')
    handled.resolve(res)
  })
  const [first, second] = [served.manager.holdNextCommit(), served.manager.holdNextCommit()]
  const client = rawClient(t, served)
  client.get('/')
  const res = await handled.promise
  second.settle()
  await second.acknowledged
  t.equal(res.socket!.bytesWritten, 0)
  first.settle()
  await client.until('ok')
})
