import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import t from 'tap'
import { RawClient } from './support/raw-client.js'
import { Signal } from './support/signal.js'
import { type Handler, serve, serveWith, type Teardown } from './support/test-server.js'

/** A request whose answer waits for its session, and the means to let it go. */
async function hold(t: Teardown, handler: Handler) {
  const handled = new Signal()
  const served = await serve(t, (req, res) => {
    req.session.naps = 1
    handler(req, res)
    handled.resolve()
  })
  const held = served.manager.holdNextCommit()
  const client = new RawClient(served.port)
  t.teardown(() => client.destroy())
  client.get('/')
  await handled.promise
  return { served, held, client }
}

t.test('early hints go out at once, the headers wait', async t => {
  const { held, client } = await hold(t, (_, res) => {
    res.writeEarlyHints({ link: '</style.css>; rel=preload; as=style' })
    res.end('page')
  })
  const early = await client.until('\r\n\r\n')
  t.match(early, /^HTTP\/1\.1 103 Early Hints/)
  t.notMatch(early, / 200 OK/)
  held.settle()
  t.match(await client.until('page'), /Set-Cookie: clowder\.sid=/i)
})

t.test('trailers follow a body that has waited', async t => {
  const { held, client } = await hold(t, (_, res) => {
    res.setHeader('Trailer', 'X-Sum')
    res.write('body')
    res.addTrailers({ 'X-Sum': '42' })
    res.end()
  })
  held.settle()
  t.match(await client.until('X-Sum: 42\r\n\r\n'), /body/)
})

t.test('a pipeline waits at its first write and then flows through', async t => {
  const size = 300_000
  const { held, client } = await hold(t, (_, res) => {
    res.setHeader('Content-Length', size)
    void pipeline(Readable.from([Buffer.alloc(size / 3, 'a'), Buffer.alloc((size * 2) / 3, 'b')]), res)
  })
  t.equal(client.received, '')
  held.settle()
  const received = await client.until(/b$/)
  while (client.received.length < size) await once(client.socket, 'data')
  t.match(received.slice(0, 20), /^HTTP\/1\.1 200 OK/)
})

t.test('a stream whose headers are out is not held by what changes meanwhile, but for its end', async t => {
  const goOn = new Signal()
  const { manager, port } = await serve(t, async (req, res) => {
    res.write('first ')
    await goOn.promise
    req.session.naps = 1
    res.write('second ')
    res.end('last')
  })
  const client = new RawClient(port)
  t.teardown(() => client.destroy())
  client.get('/')
  await client.until('first')
  const held = manager.holdNextCommit()
  goOn.resolve()
  await client.until('second')
  t.notMatch(client.received, /last/)
  held.settle()
  await client.until('last')
})

t.test('a client that goes away in the middle of a pipeline harms nobody, and what was changed is kept', async t => {
  const failed = new Signal<unknown>()
  const { manager, port } = await serve(t, async (req, res) => {
    res.write('x')
    req.session.naps = 1
    const endless = new Readable({ read: () => void endless.push(Buffer.alloc(65_536)) })
    await pipeline(endless, res).catch(failed.resolve)
  })
  const client = new RawClient(port)
  client.get('/')
  await client.until('x')
  client.destroy()
  t.match(await failed.promise, { code: 'ERR_STREAM_PREMATURE_CLOSE' })
  t.equal(manager.countOf('commit'), 1)
})

/** What compression and its like do: they stand in front of write and end, and make the headers when the first of them is called. */
function compressing(res: ServerResponse): void {
  const { write, end } = res
  const implicit = () => {
    if (!res.headersSent) Reflect.get(res, '_implicitHeader').call(res)
  }
  Object.assign(res, {
    write(chunk: string) {
      implicit()
      return write.call(res, chunk.toUpperCase(), 'utf8')
    },
    end(chunk?: string) {
      implicit()
      return end.call(res, chunk?.toUpperCase(), 'utf8')
    },
  })
}

for (const place of ['before', 'after'] as const) {
  t.test(`middleware that compresses, mounted ${place} the session, leaves the answer waiting and whole`, async t => {
    const handled = new Signal()
    const served = await serveWith(t, {}, valve => {
      const middleware = valve.express()
      return (req: IncomingMessage, res: ServerResponse) => {
        if (place === 'before') compressing(res)
        middleware(req, res, () => {
          if (place === 'after') compressing(res)
          req.session.naps = 1
          res.write('one ')
          res.end('two')
          handled.resolve()
        })
      }
    })
    const held = served.manager.holdNextCommit()
    const client = new RawClient(served.port)
    t.teardown(() => client.destroy())
    client.get('/')
    await handled.promise
    t.equal(client.received, '')
    held.settle()
    t.match(await client.until('0\r\n\r\n'), /Set-Cookie: clowder\.sid=.*ONE .*TWO/is)
  })
}

/** What the package compression does besides: the body goes through a stream of its own, at which whoever waits for 'drain' is kept. */
function throughStream(res: ServerResponse): void {
  const { write, end, on } = res
  const stream = new PassThrough()
  stream.on('data', chunk => {
    if (Reflect.apply(write, res, [chunk]) === false) stream.pause()
  })
  stream.on('end', () => Reflect.apply(end, res, []))
  Reflect.apply(on, res, ['drain', () => stream.resume()])
  Object.assign(res, {
    write: (chunk: string) => stream.write(chunk),
    end: () => stream.end(),
    on: (type: string, listener: () => void) =>
      type === 'drain' ? stream.on(type, listener) : Reflect.apply(on, res, [type, listener]),
  })
}

for (const places of ['before', 'after', 'before and after'])
  t.test(
    `what is piped into an answer that waits goes on afterwards, with compression ${places} the session`,
    async t => {
      const handled = new Signal()
      const served = await serveWith(t, {}, valve => {
        const middleware = valve.express()
        return (req: IncomingMessage, res: ServerResponse) => {
          if (places.includes('before')) throughStream(res)
          middleware(req, res, () => {
            req.session.naps = 1
            if (places.includes('after')) throughStream(res)
            const pages = Readable.from(['one ', 'two ', 'three'])
            pages.once('end', handled.resolve).once('pause', handled.resolve)
            pages.pipe(res)
          })
        }
      })
      const held = served.manager.holdNextCommit()
      const client = new RawClient(served.port)
      t.teardown(() => client.destroy())
      client.get('/')
      await handled.promise
      held.settle()
      t.match(await client.until('0\r\n\r\n'), /Set-Cookie: clowder\.sid=.*one .*two .*three/is)
    },
  )

t.test('a list of headers for writeHead keeps all of them beside the cookie, whatever has been set before', async t => {
  const lists: [before: string, list: unknown[]][] = [
    ['', ['X-Toy', 'yarn', 'x-toy', 'mouse']],
    ['', ['X-Toy', 'yarn', 'X-Toy', 'mouse', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2']],
    ['X-Powered-By', ['X-Toy', ['yarn', 'mouse'], 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2']],
    [
      '',
      [
        ['X-Toy', 'yarn'],
        ['X-Toy', 'mouse'],
      ],
    ],
    [
      'X-Powered-By',
      [
        ['X-Toy', 'yarn'],
        ['X-Toy', 'mouse'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ],
    ],
  ]
  for (const [before, list] of lists) {
    const { port } = await serve(t, (req, res) => {
      req.session.naps = 1
      if (before) res.setHeader(before, 'cats')
      res.writeHead(200, list as string[]).end()
    })
    const { headers } = await fetch(`http://127.0.0.1:${port}/`)
    const text = JSON.stringify(list)
    t.equal(headers.get('x-toy'), 'yarn, mouse', text)
    t.equal(headers.getSetCookie().length, text.includes('a=1') ? 3 : 1, text)
  }
})

t.test('a list of headers that Node refuses is refused beside the cookie too', async t => {
  const { port } = await serve(t, (req, res) => {
    req.session.naps = 1
    for (const list of [['X-Toy'], [7, 'yarn'], ['X-Toy', 'yarn', 'X-Toy']])
      t.throws(() => res.writeHead(200, list as string[]), { code: /^ERR_(INVALID|HTTP)/ })
    res.end('all the same')
  })
  t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'all the same')
})

t.test('writeHeader, as Node also calls it, is writeHead', async t => {
  const { browser } = await serve(t, (req, res) => {
    req.session.naps = 1
    const { writeHeader } = res as unknown as { writeHeader: ServerResponse['writeHead'] }
    writeHeader.call(res, 201, { 'X-Toy': 'yarn' })
    res.end('page')
  })
  t.match(await browser().get('/'), { status: 201, body: 'page', setCookies: { length: 1 } })
})

t.test('headers that went out past us are no reason to fail: the session is committed at the end', async t => {
  const { browser, valve } = await serve(t, (req, res) => {
    // Taken before the first look at the session.
    const writeHead = res.writeHead
    req.session.naps = 1
    writeHead.call(res, 201)
    res.end('page')
  })
  t.match(await browser().get('/'), { status: 201, body: 'page', setCookies: [] })
  t.match(valve.statistics, { nrOfSendRequests: 1, nrOfLateCommits: 1 })
})

t.test('a status that is set while the answer waits comes too late, as everywhere', async t => {
  const answers: Handler[] = [
    (_, res) => void res.end('page'),
    (_, res) => void res.write('page'),
    (_, res) => void res.writeHead(200).end('page'),
  ]
  for (const answer of answers) {
    const { held, client } = await hold(t, (req, res) => {
      res.statusMessage = 'Fine'
      answer(req, res)
      res.statusCode = 500
      res.statusMessage = 'Late'
    })
    held.settle()
    t.match(await client.until('Keep-Alive'), /^HTTP\/1\.1 200 Fine/)
  }
})
