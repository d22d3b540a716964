import assert from 'node:assert/strict'
import { A_SECOND_MS, count, type SuiteCase } from './suite-case.js'
import { forged, idIn, type SuiteHandler } from './suite-server.js'
import { expressSession } from './suite-sites.js'

const BOOM = new Error('boom!')
const SHORT_MS = 500
const MINUTE_MS = 60_000

const hit: SuiteHandler = (req, res) => {
  req.session.hit = true
  res.end('saved')
}

/** Requests with a cookie and without, and what becomes of their sessions. */
export const requestCases: readonly SuiteCase[] = [
  {
    title: 'a request that has a session of another middleware is left alone',
    async run(suite) {
      const user = await suite.visit({}, undefined, req => void Object.assign(req, { session: {} }))
      assert.equal((await user.get()).cookie, undefined)
    },
  },
  {
    title: 'without a secret there is an error',
    isOfStores: true,
    async run(suite) {
      const answer = await (await suite.visit({ secret: undefined })).get()
      assert.equal(answer.status, 500)
      assert.match(answer.text, /secret.*required/)
    },
  },
  {
    title: 'a secret may stand at the request',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({ secret: undefined }, undefined, req => {
        req.secret = 'keyboard cat'
      })
      assert.equal((await user.get()).status, 200)
    },
  },
  {
    title: 'who comes without a cookie has a session, and a cookie',
    async run(suite) {
      const answer = await (await suite.visit({}, hit)).get()
      assert.ok(answer.cookie)
      assert.equal(await suite.length(), 1)
    },
  },
  {
    title: 'who brings the cookie finds the session',
    async run(suite) {
      const user = await suite.visit({}, count)
      assert.equal((await user.get()).text, '1')
      assert.equal((await user.get()).text, '2')
    },
  },
  {
    title: 'that a session could not be read is an error of the request',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({}, hit)
      await user.get()
      expressSession(suite.site).break('get', BOOM)
      const answer = await user.get()
      assert.deepEqual([answer.status, answer.text], [500, 'boom!'])
    },
  },
  {
    title: 'ENOENT of a store is no session',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({}, count)
      await user.get()
      expressSession(suite.site).break('get', Object.assign(new Error('gone'), { code: 'ENOENT' }))
      assert.equal((await user.get()).text, '1')
    },
  },
  {
    title: 'two visitors at once have a session each',
    async run(suite) {
      const server = await suite.serve({}, count)
      const answers = await Promise.all([server.visitor().get(), server.visitor().get()])
      assert.deepEqual(
        answers.map(({ text }) => text),
        ['1', '1'],
      )
      assert.equal(await suite.length(), 2)
    },
  },
  {
    title: 'a request may have an empty URL',
    async run(suite) {
      const user = await suite.visit({}, hit, req => {
        req.url = ''
      })
      assert.ok((await user.get()).cookie)
    },
  },
  {
    title: 'an answer may be ended twice, and with null',
    async run(suite) {
      const twice = await suite.visit({}, (_, res) => {
        res.setHeader('Content-Type', 'text/plain')
        res.end('Hello')
        res.end()
      })
      const answer = await twice.get()
      assert.deepEqual([answer.status, answer.text, answer.headers['content-type']], [200, 'Hello', 'text/plain'])
      const nothing = await suite.visit({}, (_, res) => void res.end(null))
      assert.deepEqual([(await nothing.get()).status, (await nothing.get()).text], [200, ''])
    },
  },
  {
    title: 'an attribute in the store that is called like a verb of the session does no harm',
    async run(suite) {
      const user = await suite.visit({}, count)
      await user.get()
      const id = idIn(user.cookie)
      await suite.set(id, { ...(await suite.get(id)), save: 'nope' })
      const answer = await user.get()
      assert.deepEqual([answer.status, answer.text], [200, '2'])
    },
  },
  {
    title: 'of a session only its attributes and the cookie are enumerable',
    async run(suite) {
      const user = await suite.visit({}, (req, res) => {
        Object.assign(req.session, { test1: 1, test2: 'b' })
        const names = []
        for (const name in req.session) names.push(name)
        res.end([Object.keys(req.session).sort(), names.sort()].join(';'))
      })
      assert.equal((await user.get()).text, 'cookie,test1,test2;cookie,test1,test2')
    },
  },
  {
    title: 'a session whose id was replaced by nonsense is not saved',
    async run(suite) {
      const user = await suite.visit({}, (req, res) => {
        req.sessionID = () => {}
        req.session.test1 = 1
        res.end()
      })
      const answer = await user.get()
      assert.deepEqual([answer.status, answer.cookie], [200, undefined])
      assert.equal(await suite.length(), 0)
    },
  },
  {
    title: 'the cookie of a slow answer, with rolling, says when it was sent',
    async run(suite) {
      const user = await suite.visit({ rolling: true }, (req, res) => {
        req.session.user = 'bob'
        res.write('hello, ')
        setImmediate(() => res.end('world!'))
      })
      const { cookie: first } = await user.get()
      await suite.site.pass(A_SECOND_MS)
      const { cookie: second } = await user.get()
      assert.ok(first?.attributes.expires)
      assert.ok(second?.attributes.expires)
      assert.notEqual(first.attributes.expires, second.attributes.expires)
    },
  },
  ...Object.entries<SuiteHandler>({
    'in one piece': hit,
    'without a body': (req, res) => {
      req.session.hit = true
      res.setHeader('Content-Length', '0')
      res.end()
    },
    'in several pieces of a known length': (req, res) => {
      req.session.hit = true
      res.setHeader('Content-Length', '12')
      res.write('hello, ')
      res.end('world')
    },
    'of a known length': (req, res) => {
      req.session.hit = true
      res.setHeader('Content-Length', '5')
      res.end('saved')
    },
  }).map(
    ([how, respond]) =>
      ({
        title: `an answer ${how} has ended when its session is saved`,
        async run(suite) {
          const user = await suite.visit({}, respond)
          assert.equal(await suite.writesOf(() => user.get().catch(() => undefined)), 1)
          assert.equal(Reflect.get((await suite.get(idIn(user.cookie)))!, 'hit'), true)
        },
      }) satisfies SuiteCase,
  ),
  {
    title: 'the store has the time of the cookie, and each request moves both on',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({ cookie: { maxAge: MINUTE_MS } }, hit)
      const { cookie } = await user.get()
      const id = idIn(user.cookie)
      const before = new Date((await suite.get(id))!.cookie.expires!)
      assert.ok(Math.abs(before.getTime() - Date.parse(cookie!.attributes.expires!)) <= 1_000)
      await suite.site.pass(A_SECOND_MS)
      await user.get()
      const after = new Date((await suite.get(id))!.cookie.expires!)
      assert.ok(after > before)
      assert.equal(idIn(user.cookie), id)
    },
  },
  {
    title: 'who brings the id of a session that is gone begins a new one, with another id',
    async run(suite) {
      const user = await suite.visit({}, count)
      await user.get()
      const id = idIn(user.cookie)
      await suite.clear()
      const answer = await user.get()
      assert.equal(answer.text, '1')
      assert.notEqual(idIn(answer.cookie!.value), id)
    },
  },
  {
    title: 'who brings an id without a signature begins a new session, with another id',
    async run(suite) {
      const user = await suite.visit({ key: 'sessid' }, count)
      await user.get()
      const id = idIn(user.cookie)
      user.cookie = id
      const answer = await user.get()
      assert.equal(answer.text, '1')
      assert.notEqual(idIn(answer.cookie!.value), id)
    },
  },
  {
    title: 'with a wrong signature nobody looks for the session',
    async run(suite) {
      const user = await suite.visit({ key: 'sessid' }, count)
      await user.get()
      user.cookie = forged(user.cookie)
      const answer = await user.get()
      assert.equal(answer.text, '1')
      assert.ok(answer.cookie)
    },
  },
  {
    title: 'a session that has expired is not in the store, and its client begins a new one with another id',
    async run(suite) {
      const user = await suite.visit({ cookie: { maxAge: SHORT_MS } }, count)
      await user.get()
      const id = idIn(user.cookie)
      await suite.site.pass(2 * SHORT_MS)
      assert.equal(await suite.length(), 0)
      assert.equal(Object.keys(await suite.ask<object>('all')).length, 0)
      const answer = await user.get()
      assert.equal(answer.text, '1')
      assert.notEqual(idIn(answer.cookie!.value), id)
    },
  },
  {
    title: 'a session that was stored without a cookie is an error of the request',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({}, count)
      await user.get()
      await suite.set(idIn(user.cookie), { foo: 'bar' })
      const answer = await user.get()
      assert.equal(answer.status, 500)
      assert.match(answer.text, /Cannot read prop/)
    },
  },
  {
    title: 'there is no session while the store is disconnected, and there is one again when it is back',
    isOfStores: true,
    async run(suite) {
      const user = await suite.visit({}, (req, res) => void res.end(typeof req.session))
      expressSession(suite.site).emit('disconnect')
      const away = await user.get()
      assert.deepEqual([away.text, away.cookie], ['undefined', undefined])
      expressSession(suite.site).emit('connect')
      assert.equal((await user.get()).text, 'object')
    },
  },
  {
    title: 'a session may be loaded from the store by its id',
    async run(suite) {
      const user = await suite.visit({}, count)
      await user.get()
      assert.ok(await suite.ask('load', idIn(user.cookie)))
      assert.equal((await user.get()).text, '2')
    },
  },
]
