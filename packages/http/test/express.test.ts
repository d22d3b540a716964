import { setFlagsFromString } from 'node:v8'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import t from 'tap'
import { RawClient } from './support/raw-client.js'
import { Signal } from './support/signal.js'
import { serveWith, type Teardown } from './support/test-server.js'

/** A real express application behind the valve's middleware. */
function serveApp(t: Teardown, build: (app: Express) => void, options = {}) {
  return serveWith(t, options, valve => {
    const app = express()
    app.use(valve.express())
    build(app)
    return app
  })
}

t.test('express has req.session as everybody knows it', async t => {
  const { browser, manager } = await serveApp(t, app => {
    app.use(express.json())
    app.post('/login', (req: Request, res: Response) => {
      req.session.cat = req.body
      res.redirect('/')
    })
    app.get('/', (req, res) => void res.json(req.session))
  })
  const user = browser()
  const init = { method: 'POST', body: '{"name":"ann"}', headers: { 'content-type': 'application/json' } }
  const answer = await user.get('/login', init)
  t.equal(answer.status, 302)
  t.strictSame(manager.attributes(user.sid), { cat: { name: 'ann' } })
  t.equal((await user.get('/')).body, '{"cat":{"name":"ann"}}')
})

t.test('the middleware calls next in the same turn when the session is here', async t => {
  const turns: string[] = []
  const { browser } = await serveWith(t, {}, valve => {
    const middleware = valve.express()
    return (req, res) => {
      middleware(req, res, () => {
        turns.push('next')
        req.session.naps = 1
        res.end()
      })
      turns.push('returned')
    }
  })
  const user = browser()
  await user.get('/')
  await user.get('/')
  t.strictSame(turns, ['next', 'returned', 'next', 'returned'])
})

t.test('what a handler changed before it threw is committed with the error page', async t => {
  const { browser, manager } = await serveApp(t, app => {
    app.get('/own', req => {
      req.session.naps = 1
      throw new Error('handler')
    })
    app.use((error: Error, req: Request, res: Response, next: NextFunction) => {
      req.session.purrs = 2
      if (req.query.own) res.status(500).send(error.message)
      else next({ ...error, status: 418, expose: true, message: 'teapot' })
    })
  })
  for (const path of ['/own?own=1', '/own']) {
    const user = browser()
    const answer = await user.get(path)
    t.equal(answer.status, path === '/own' ? 418 : 500)
    t.strictSame(manager.attributes(user.sid), { naps: 1, purrs: 2 })
  }
})

t.test('a handler that throws after it has answered takes nothing from its client', async t => {
  const { browser, manager } = await serveApp(t, app => {
    app.get('/', (req, res) => {
      const held = manager.holdNextCommit()
      req.session.naps = 1
      res.send('ok')
      // Express gives up on it a turn later.
      setImmediate(() => setImmediate(() => held.settle()))
      throw new Error('answered already')
    })
  })
  const user = browser()
  const answer = await user.get('/')
  t.strictSame([answer.status, answer.body], [200, 'ok'])
  t.strictSame(manager.attributes(user.sid), { naps: 1 })
})

t.test('an error that next throws after a pull is not taken for one of the valve', async t => {
  const { browser, manager } = await serveApp(t, app => {
    app.get('/in', (req, res) => {
      req.session.naps = 1
      res.end()
    })
    app.get('/throw', () => {
      throw Object.assign(new Error('handler'), { status: 409 })
    })
  })
  const user = browser()
  await user.get('/in')
  manager.finding = 'unknown'
  manager.loading = 'here'
  t.equal((await user.get('/throw')).status, 409)
})

t.test('a manager that cannot serve becomes an error for express to handle', async t => {
  const { browser, manager } = await serveApp(t, app => {
    app.get('/', (req, res) => {
      req.session.naps = 1
      res.end('ok')
    })
    app.use((error: Error, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).send(error.message)
    })
  })
  const user = browser()
  await user.get('/')
  manager.findSession = () => {
    throw new Error('stopped')
  }
  t.equal((await user.get('/')).body, 'stopped')
})

t.test('trust proxy is left to express', async t => {
  const { browser } = await serveApp(t, app => {
    app.set('trust proxy', true)
    app.get('/', (req, res) => {
      req.session.naps = 1
      res.end()
    })
  })
  const answer = await browser().get('/', { headers: { 'x-forwarded-proto': 'https' } })
  t.match(answer.setCookies[0], /; Secure/)
})

t.test('the filter sees the whole path in a mounted application', async t => {
  const { browser } = await serveWith(t, { filter: /^\/static\// }, valve => {
    const app = express()
    const inner = express()
    inner.use(valve.express())
    inner.use((req, res) => void res.send(String(req.session)))
    app.use('/static', inner)
    return app
  })
  t.equal((await browser().get('/static/a')).body, 'undefined')
})

t.test('res.json waits for its session', async t => {
  const handled = new Signal<Response>()
  const served = await serveApp(t, app => {
    app.get('/', (req, res) => {
      req.session.naps = 1
      res.json({ ok: true })
      t.equal(res.headersSent, true)
      handled.resolve(res)
    })
  })
  const held = served.manager.holdNextCommit()
  const client = new RawClient(served.port)
  t.teardown(() => client.destroy())
  client.get('/')
  const res = await handled.promise
  t.equal(res.socket!.bytesWritten, 0)
  held.settle()
  await client.until('{"ok":true}')
})

t.test('what express adds to its requests and responses does not give each of them a shape of its own', async t => {
  setFlagsFromString('--allow-natives-syntax')
  const isSameShape = new Function('one', 'other', 'return %HaveSameMap(one, other)') as (...of: object[]) => boolean
  const seen: [Request, Response][] = []
  const { browser } = await serveApp(t, app => {
    app.get('/', (req, res) => {
      Object.assign(req, { cat: 'tabby' })
      Object.assign(res.locals, { cat: 'tabby' })
      Object.assign(res, { cat: 'tabby' })
      seen.push([req, res])
      if (seen.length === 2) {
        t.ok(isSameShape(seen[0]![0], req), 'requests')
        t.ok(isSameShape(seen[0]![1], res), 'responses')
      }
      res.once('close', () => t.equal(req.complete && res.finished, true, 'what was taken away is back'))
      // The first is as far as the second when they are compared.
      if (seen.length === 2) for (const [, held] of seen) held.end()
    })
  })
  const user = browser()
  await Promise.all([user.get('/'), user.get('/')])
  t.equal(seen.length, 2)
})

t.test('a request that lets go of nothing is served as it is', async t => {
  const { browser } = await serveWith(t, {}, valve => {
    const middleware = valve.express()
    return (req, res) => {
      const frozen = { configurable: false, writable: true, value: true }
      Object.setPrototypeOf(req, Object.create(Object.getPrototypeOf(req)))
      Object.defineProperty(req, 'complete', frozen)
      middleware(req, res, () => {
        req.session.naps = 1
        res.end(String(req.complete))
      })
    }
  })
  t.equal((await browser().get('/')).body, 'true')
})
