import assert from 'node:assert/strict'
import session from 'express-session'
import { bob, count, type SuiteCase } from './suite-case.js'
import { forged, idIn, type SuiteHandler } from './suite-server.js'

/** What goes out with an answer, and what others have done to it, or to its request. */
export const answerCases: readonly SuiteCase[] = [
  {
    title: 'the cookie comes when something changed, and not otherwise',
    async run(suite) {
      let changes = true
      const user = await suite.visit({}, (req, res) => {
        if (changes) req.session.count = Number(req.session.count ?? 0) + 1
        res.end(String(req.session.count))
      })
      await user.get()
      assert.ok((await user.get()).cookie)
      changes = false
      const quiet = await user.get()
      assert.deepEqual([quiet.text, quiet.cookie], ['2', undefined])
      changes = true
      const loud = await user.get()
      assert.equal(loud.text, '3')
      assert.ok(loud.cookie)
    },
  },
  {
    title: 'write and end may have been replaced before the middleware, and after it',
    async run(suite) {
      const respond: SuiteHandler = (req, res) => {
        req.session.hit = true
        res.write('hello, ')
        res.end('world')
      }
      const before = await suite.visit({}, respond, (_, res) => replaceWrites(res))
      assert.equal((await before.get()).text, 'hello, world')
      const after = await suite.visit({}, (req, res) => {
        replaceWrites(res)
        respond(req, res)
      })
      assert.equal((await after.get()).text, 'hello, world')
    },
  },
  {
    title: 'a header after the end throws as it does without sessions',
    async run(suite) {
      let thrown: unknown
      const user = await suite.visit({}, (_, res) => {
        res.end()
        try {
          res.setHeader('Content-Length', '3')
          res.end('foo')
        } catch (error) {
          thrown = error
        }
      })
      assert.equal((await user.get()).status, 200)
      assert.equal((thrown as { code?: string }).code, 'ERR_HTTP_HEADERS_SENT')
    },
  },
  ...[true, false].map(
    isSigned =>
      ({
        title: `a cookie that a parser has put in req.${isSigned ? 'signedCookies' : 'cookies'} counts`,
        async run(suite) {
          const name = suite.site.cookieName({})
          const user = await suite.visit({}, count, req => {
            const value = req.headers.cookie?.split('=')[1]
            delete req.headers.cookie
            if (value === undefined) return
            if (isSigned) req.signedCookies = { [name]: idIn(value) }
            else req.cookies = { [name]: decodeURIComponent(value) }
          })
          await user.get()
          assert.equal((await user.get()).text, '2')
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'a cookie that a parser has put in req.cookies is worth nothing without its signature',
    async run(suite) {
      const name = suite.site.cookieName({})
      const user = await suite.visit({}, count, req => {
        const value = req.headers.cookie?.split('=')[1]
        delete req.headers.cookie
        if (value !== undefined) req.cookies = { [name]: req.url === '/bare' ? idIn(value) : forged(value) }
      })
      await user.get()
      assert.equal((await user.get('/bare')).text, '1')
      assert.equal((await user.get('/forged')).text, '1')
    },
  },
  {
    title: 'express-session has its constructors',
    isOfStores: true,
    async run() {
      for (const made of [session.Session, session.Store, session.MemoryStore, session.Cookie])
        assert.equal(typeof made, 'function')
    },
  },
  {
    title: 'what does not change is not written when resave is false, and what is called cookie is a change like any',
    async run(suite) {
      const same = await suite.visit({ resave: false }, bob)
      assert.equal(await suite.writesOf(() => same.get()), 1)
      assert.equal(await suite.writesOf(() => same.get()), 0)
      const cookies = await suite.visit({ resave: false }, (req, res) => {
        const user = (req.session.user ??= { cookie: 0 }) as { cookie: number }
        user.cookie++
        res.end()
      })
      await cookies.get()
      assert.equal(await suite.writesOf(() => cookies.get()), 1)
    },
  },
]

function replaceWrites(res: Parameters<SuiteHandler>[1]): void {
  const { write, end } = res
  res.write = (...given: unknown[]) => Reflect.apply(write, res, given) as boolean
  res.end = (...given: unknown[]) => Reflect.apply(end, res, given) as typeof res
}
