import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { cookieQuestions } from './cookie-questions.js'
import { bob, count, end, type SuiteCase } from './suite-case.js'
import type { SuiteHandler } from './suite-server.js'
import { expressSession } from './suite-sites.js'

const BOOM = new Error('boom!')

/** The options of the middleware. */
export const optionCases: readonly SuiteCase[] = [
  ...cookieQuestions,
  {
    title: 'genid: only a function',
    async run(suite) {
      await assert.rejects(suite.serve({ genid: 'bogus!' }), /genid/)
    },
  },
  ...Object.entries({
    apple: 's%3Aapple.D8Y%2BpkTAmeR0PobOhY4G97PRW%2Bj7bUnP%2F5m6%2FOn1MCU',
    '%': 's%3A%25.kzQ6x52kKVdF35Qh62AWk4ZekS28K5XYCXKa%2FOTZ01g',
    '/foo': 's%3A%2Ffoo.paEKBtAHbV5s1IB8B2zPnzAgYmmnRPIqObW4VRYj%2FMQ',
  }).map(
    ([id, value]) =>
      ({
        title: `genid: may make ${id}, and is given the request`,
        async run(suite) {
          const genid = (req: { url: string }) => (req.url === '/foo' ? req.url : id)
          const user = await suite.visit({ genid }, count)
          assert.equal((await user.get(id === '/foo' ? id : '/')).cookie!.value, value)
          assert.equal((await user.get()).text, '2')
        },
      }) satisfies SuiteCase,
  ),
  ...(['key', 'name'] as const).map(
    word =>
      ({
        title: `${word}: is the name of the cookie`,
        async run(suite) {
          assert.ok((await (await suite.visit()).get()).cookie)
          const user = await suite.visit({ [word]: 'session_id' }, count)
          assert.equal((await user.get()).cookie!.name, 'session_id')
          assert.equal((await user.get()).text, '2')
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'rolling: false unless it is said',
    async run(suite) {
      const user = await suite.visit({}, bob)
      assert.ok((await user.get()).cookie)
      assert.equal((await user.get()).cookie, undefined)
    },
  },
  {
    title: 'rolling: a cookie with every answer',
    async run(suite) {
      const user = await suite.visit({ rolling: true }, bob)
      assert.ok((await user.get()).cookie)
      assert.ok((await user.get()).cookie)
    },
  },
  {
    title: 'rolling: not for an empty session that is not saved',
    async run(suite) {
      const user = await suite.visit({ rolling: true, saveUninitialized: false })
      assert.equal(await suite.writesOf(async () => assert.equal((await user.get()).cookie, undefined)), 0)
    },
  },
  ...[true, false].map(
    saveUninitialized =>
      ({
        title: `rolling: with saveUninitialized ${saveUninitialized} what is saved has a cookie`,
        async run(suite) {
          const user = await suite.visit({ rolling: true, saveUninitialized }, saveUninitialized ? end : bob)
          assert.equal(await suite.writesOf(async () => assert.ok((await user.get()).cookie)), 1)
        },
      }) satisfies SuiteCase,
  ),
  ...[undefined, true].map(
    resave =>
      ({
        title: `resave: ${resave}, so that what did not change is stored all the same`,
        isOfStores: true,
        async run(suite) {
          const user = await suite.visit(resave === undefined ? {} : { resave }, bob)
          assert.equal(await suite.writesOf(() => user.get()), 1)
          assert.equal(await suite.writesOf(() => user.get()), 1)
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'resave: false, and what changed is stored',
    async run(suite) {
      const user = await suite.visit({ resave: false }, (req, res) => {
        if (req.method === 'PUT') req.session.token = req.url!.slice(1)
        res.end(`token=${req.session.token ?? ''}`)
      })
      const steps = [
        ['PUT', '/w6R', 1],
        ['GET', '/', 0],
        ['PUT', '/zfQ', 1],
      ] as const
      let token = ''
      for (const [method, path, writes] of steps) {
        token = method === 'PUT' ? path.slice(1) : token
        const ask = async () => assert.equal((await user.get(path, {}, method)).text, `token=${token}`)
        assert.equal(await suite.writesOf(ask), writes)
      }
    },
  },
  {
    title: 'resave: false, and a touch that fails is told of when the answer has gone',
    isOfStores: true,
    async run(suite) {
      const server = await suite.serve({ resave: false }, bob)
      const user = server.visitor()
      await user.get()
      expressSession(suite.site).break('touch', BOOM)
      assert.equal((await user.get()).status, 200)
      await new Promise(setImmediate)
      assert.deepEqual(server.errors, [BOOM])
    },
  },
  ...[undefined, true].map(
    saveUninitialized =>
      ({
        title: `saveUninitialized: ${saveUninitialized}, so that an empty session is stored`,
        async run(suite) {
          const user = await suite.visit(saveUninitialized === undefined ? {} : { saveUninitialized })
          assert.equal(await suite.writesOf(async () => assert.ok((await user.get()).cookie)), 1)
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'saveUninitialized: false, so that it is not, nor touched; what changed is',
    async run(suite) {
      const options = { saveUninitialized: false }
      const empty = await suite.visit(options)
      if (suite.site.isExpressSession) expressSession(suite.site).break('touch', BOOM)
      assert.equal(await suite.writesOf(async () => assert.equal((await empty.get()).cookie, undefined)), 0)
      const full = await suite.visit(options, count)
      assert.equal(await suite.writesOf(async () => assert.ok((await full.get()).cookie)), 1)
    },
  },
  {
    title: 'saveUninitialized: true, and a write that fails is told of when the answer has gone',
    isOfStores: true,
    async run(suite) {
      const server = await suite.serve({ saveUninitialized: true }, (_, res) => void res.end('saved'))
      expressSession(suite.site).break('set', BOOM)
      assert.equal((await server.visitor().get()).text, 'saved')
      await new Promise(setImmediate)
      assert.deepEqual(server.errors, [BOOM])
    },
  },
  {
    title: 'secret: not an empty list',
    async run(suite) {
      await assert.rejects(suite.serve({ secret: [] }), /secret/)
    },
  },
  ...[
    ['text', 'awesome cat'] as const,
    ['bytes', randomBytes(32)] as const,
    ['a list', ['new cat', 'old cat']] as const,
  ].map(
    ([what, secret]) =>
      ({
        title: `secret: may be ${what}`,
        async run(suite) {
          const user = await suite.visit({ secret }, count)
          assert.ok((await user.get()).cookie)
          assert.equal((await user.get()).text, '2')
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'secret: the first of a list signs, and all are read',
    async run(suite) {
      const both = await suite.visit({ secret: ['new cat', 'old cat'] }, count)
      await both.get()
      const old = await suite.visit({ secret: 'old cat' }, count)
      old.cookie = both.cookie
      assert.equal((await old.get()).text, '1')
      both.cookie = old.cookie
      assert.equal((await both.get()).text, '2')
    },
  },
  {
    title: 'unset: only words that it knows',
    async run(suite) {
      await assert.rejects(suite.serve({ unset: 'bogus!' }), /unset/)
    },
  },
  {
    title: 'unset: keep, unless it is said',
    async run(suite) {
      const user = await suite.visit({}, secondEnds)
      await user.get()
      await user.get()
      assert.equal(await suite.length(), 1)
    },
  },
  {
    title: 'unset: destroy ends the session',
    async run(suite) {
      const user = await suite.visit({ unset: 'destroy' }, secondEnds)
      await user.get()
      assert.equal(await suite.length(), 1)
      await user.get()
      assert.equal(await suite.length(), 0)
    },
  },
  {
    title: 'unset: a session that ends in its first request has no cookie',
    async run(suite) {
      const user = await suite.visit({ unset: 'destroy' }, (req, res) => {
        Object.assign(req, { session: null })
        res.end()
      })
      assert.equal((await user.get()).cookie, undefined)
      assert.equal(await suite.length(), 0)
    },
  },
  {
    title: 'unset: destroy, and one that fails is told of when the answer has gone',
    isOfStores: true,
    async run(suite) {
      const server = await suite.serve({ unset: 'destroy' }, (req, res) => {
        Object.assign(req, { session: null })
        res.end('destroyed')
      })
      expressSession(suite.site).break('destroy', BOOM)
      assert.equal((await server.visitor().get()).text, 'destroyed')
      await new Promise(setImmediate)
      assert.deepEqual(server.errors, [BOOM])
    },
  },
  {
    title: 'unset: what was written before the end arrives',
    async run(suite) {
      const user = await suite.visit({ unset: 'destroy' }, (req, res) => {
        const n = Number(req.session.count ?? 0) + 1
        req.session.count = n
        if (n > 1) {
          Object.assign(req, { session: null })
          res.write('destroyed ')
        }
        res.end(`hits: ${n}`)
      })
      assert.equal((await user.get()).text, 'hits: 1')
      assert.equal((await user.get()).text, 'destroyed hits: 2')
    },
  },
]

/** The second request lets go of the session. */
function secondEnds(...[req, res]: Parameters<SuiteHandler>): void {
  req.session.count = Number(req.session.count ?? 0) + 1
  if (req.session.count === 2) Object.assign(req, { session: null })
  res.end()
}
