import assert from 'node:assert/strict'
import { end, type SuiteCase } from './suite-case.js'
import { idIn, readCookie, type SuiteHandler } from './suite-server.js'

const HTTPS = { 'x-forwarded-proto': 'https' }
const LARGE_MS = 3_000_000_000
const RELOADS = 20

/** Sets the session's cookie to something, and stores something if `hit`. */
function withCookie(change: object, hits = false): SuiteHandler {
  return (req, res) => {
    Object.assign(req.session.cookie, change)
    if (hits) req.session.hit = Number(req.session.hit ?? 0) + 1
    res.end()
  }
}

const age: SuiteHandler = (req, res) => void res.end(JSON.stringify(req.session.cookie.originalMaxAge))

/** The verbs of `req.session`, and its cookie. */
export const sessionCases: readonly SuiteCase[] = [
  {
    title: 'destroy: there is no session then, nor a cookie',
    async run(suite) {
      const user = await suite.visit({}, (req, res) => {
        req.session.destroy(error => {
          if (error) res.statusCode = 500
          res.end(String(req.session))
        })
      })
      const answer = await user.get()
      assert.deepEqual([answer.status, answer.text, answer.cookie], [200, 'undefined', undefined])
    },
  },
  {
    title: 'regenerate: another session with another id, each time',
    async run(suite) {
      const user = await suite.visit({}, (req, res) => {
        const { id } = req.session
        req.session.regenerate(error => {
          if (error) res.statusCode = 500
          res.end(String(req.session.id === id))
        })
      })
      const first = await user.get()
      const second = await user.get()
      assert.deepEqual([first.text, second.text, second.status], ['false', 'false', 200])
      assert.notEqual(idIn(first.cookie!.value), idIn(second.cookie!.value))
    },
  },
  {
    title: 'reload: what another request has stored meanwhile',
    async run(suite) {
      let meanwhile = async () => {}
      const server = await suite.serve({}, async (req, res) => {
        req.session.url = req.url
        if (req.url !== '/foo') return void res.end('stored')
        await meanwhile()
        req.session.reload(error => res.end(error?.message ?? `saw ${String(req.session.url)}`))
      })
      const user = server.visitor()
      await user.get()
      const other = server.visitor()
      other.cookie = user.cookie
      meanwhile = async () => void (await other.get('/bar'))
      assert.equal((await user.get('/foo')).text, 'saw /bar')
    },
  },
  {
    title: 'reload: fails when the session is gone, and says so',
    async run(suite) {
      const user = await suite.visit({}, async (req, res) => {
        req.session.active = true
        if (req.url === '/') return void res.end()
        await suite.clear()
        req.session.reload(error => {
          res.statusCode = error ? 500 : 200
          res.end(error?.message)
        })
      })
      await user.get()
      const answer = await user.get('/foo')
      assert.equal(answer.status, 500)
      assert.match(answer.text, /^failed to load session/)
    },
  },
  {
    title: 'reload: again and again when the session is gone',
    async run(suite) {
      const user = await suite.visit({ resave: false }, async (req, res) => {
        req.session.active = true
        if (req.url === '/') return void res.end()
        await suite.clear()
        const { session } = req
        let left = RELOADS
        const reload = () => (--left === 0 ? res.end('ok') : session.reload(reload))
        reload()
      })
      await user.get()
      assert.equal((await user.get('/foo')).text, 'ok')
    },
  },
  {
    title: 'save: it is in the store then',
    async run(suite) {
      const user = await suite.visit({}, (req, res) => {
        req.session.hit = true
        req.session.save(async error => {
          const stored = await suite.get(req.session.id)
          res.end(error?.message ?? (stored ? 'stored' : 'empty'))
        })
      })
      assert.equal((await user.get()).text, 'stored')
    },
  },
  ...[false, true].flatMap(reloads =>
    [true, false].map(
      saveUninitialized =>
        ({
          title: `save: the end of the answer saves no second time${reloads ? ', after a reload' : ''}, with saveUninitialized ${saveUninitialized}`,
          async run(suite) {
            let hits = 0
            const user = await suite.visit({ saveUninitialized }, (req, res) => {
              req.session.hit = ++hits
              const save = () => void req.session.save(error => res.end(error?.message ?? 'saved'))
              if (reloads) req.session.reload(() => save())
              else save()
            })
            const least = reloads && !suite.site.isExpressSession ? 0 : 1
            for (const _ of [1, 2]) {
              const writes = await suite.writesOf(async () => assert.equal((await user.get()).text, 'saved'))
              assert.ok(writes <= 1 && writes >= least, `${writes} writes`)
            }
          },
        }) satisfies SuiteCase,
    ),
  ),
  {
    title: 'touch: the session begins its time again',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({ resave: false, cookie: { maxAge: 60_000 } }, (req, res) => {
        req.session.hit = true
        req.session.touch()
        res.end()
      })
      await user.get()
      const id = idIn(user.cookie)
      const before = (await suite.get(id))!.cookie.expires!
      await suite.site.pass(100)
      await user.get()
      // Others are told of uses together, each twentieth of what a session may be idle.
      await suite.site.pass(5_000)
      assert.notEqual(new Date((await suite.get(id))!.cookie.expires!).getTime(), new Date(before).getTime())
    },
  },
  {
    title: 'cookie: what is assigned is what is sent',
    async run(suite) {
      const user = await suite.visit({ proxy: true }, withCookie({ httpOnly: false, secure: true }))
      const { attributes } = (await user.get('/', HTTPS)).cookie!
      assert.deepEqual([Object.hasOwn(attributes, 'httponly'), Object.hasOwn(attributes, 'secure')], [false, true])
    },
  },
  {
    title: 'cookie: without a time it ends with the browser, and is sent once',
    async run(suite) {
      const user = await suite.visit({ cookie: { path: '/admin' } })
      const { attributes } = (await user.get('/admin/foo')).cookie!
      assert.ok(!Object.hasOwn(attributes, 'expires') && !Object.hasOwn(attributes, 'max-age'))
      assert.equal((await user.get('/admin')).cookie, undefined)
    },
  },
  {
    title: 'cookie: what the options say, but for what a session says',
    async run(suite) {
      const cookie = { httpOnly: false, maxAge: 5_000, path: '/admin', priority: 'high', secure: true }
      const user = await suite.visit({ cookie }, withCookie({ secure: false }))
      const { attributes } = (await user.get('/admin')).cookie!
      const has = ['expires', 'httponly', 'secure'].map(name => Object.hasOwn(attributes, name))
      assert.deepEqual(has, [true, false, false])
      assert.deepEqual([attributes.path, attributes.priority], ['/admin', 'High'])
    },
  },
  {
    title: 'cookie: one that cannot be written is told of when the answer has gone',
    async run(suite) {
      const server = await suite.serve({ cookie: { expires: new Date(Number.NaN) } }, end)
      assert.equal((await server.visitor().get('/admin')).status, 200)
      await new Promise(setImmediate)
      assert.match(String(server.errors[0]), /expires/)
    },
  },
  {
    title: 'cookie: those of the application stay, also in writeHead',
    async run(suite) {
      const set = await suite.visit({}, (_, res) => {
        res.setHeader('Set-Cookie', 'previous=value; Path=/')
        res.end()
      })
      const written = await suite.visit({}, (_, res) => {
        res.writeHead(200, { 'Set-Cookie': 'previous=value; Path=/' })
        res.end()
      })
      for (const user of [set, written]) {
        const cookies = (await user.get()).setCookies.map(readCookie)
        assert.ok(cookies.some(({ name, value }) => name === 'previous' && value === 'value'))
      }
    },
  },
  {
    title: 'originalMaxAge: the same in every request',
    async run(suite) {
      const user = await suite.visit({ cookie: { maxAge: 2_000 } }, age)
      assert.match((await user.get()).text, /^(2000|1999)$/)
      await suite.site.pass(100)
      assert.match((await user.get()).text, /^(2000|1999)$/)
    },
  },
  {
    title: 'maxAge: the cookie expires so much later than the answer, as it is changed',
    async run(suite) {
      const ages = [2_000, 2_000, 5_000, LARGE_MS]
      let request = 0
      const user = await suite.visit({ cookie: { maxAge: 2_000 } }, (req, res) => {
        req.session.count = request
        const now = ages[request]!
        if (request++ > 1) req.session.cookie.maxAge = now
        res.end()
      })
      for (const expected of ages) {
        const { cookie } = await user.get()
        const ms = Date.parse(cookie!.attributes.expires!) - Date.now()
        assert.ok(Math.abs(ms - expected) <= 2_000, `${ms} of ${expected}`)
      }
    },
  },
  {
    title: 'expires: a date is what is sent',
    async run(suite) {
      const user = await suite.visit({}, withCookie({ expires: new Date(0) }))
      assert.equal((await user.get()).cookie!.attributes.expires, 'Thu, 01 Jan 1970 00:00:00 GMT')
    },
  },
  {
    title: 'expires: null is a cookie that ends with the browser, and is sent once',
    async run(suite) {
      const user = await suite.visit({}, withCookie({ expires: null }))
      assert.ok(!Object.hasOwn((await user.get()).cookie!.attributes, 'expires'))
      assert.equal((await user.get()).cookie, undefined)
    },
  },
  {
    title: 'expires: null, and not sent again when the session changes',
    async run(suite) {
      const user = await suite.visit({}, withCookie({ expires: null }, true))
      assert.ok((await user.get()).cookie)
      assert.equal((await user.get()).cookie, undefined)
    },
  },
]
