import assert from 'node:assert/strict'
import type { FaceCase } from '../face-case.js'

const HOUR_MS = 3_600_000

/** When a cookie goes out, and what is in it. */
export const cookieCases: readonly FaceCase[] = [
  {
    title: 'who stores something gets a cookie, and is known by it',
    async run(hands) {
      const user = hands.browser()
      const { setCookies } = await user.get('/count')
      assert.equal(setCookies.length, 1)
      assert.ok(setCookies[0]!.startsWith(`${hands.cookieName}=`))
      for (const n of [2, 3, 4]) assert.equal((await user.get('/count')).json, n)
    },
  },
  {
    title: 'who stores nothing gets no cookie',
    async run(hands) {
      const user = hands.browser()
      for (const path of ['/read', '/untouched', '/id']) assert.deepEqual((await user.get(path)).setCookies, [], path)
    },
  },
  {
    title: 'with saveUninitialized everybody gets a cookie, and keeps the id',
    settings: { saveUninitialized: true },
    async run(hands) {
      const user = hands.browser()
      const first = await user.get('/id')
      assert.equal(first.setCookies.length, 1)
      assert.equal((await user.get('/id')).json, first.json)
      assert.equal((await hands.browser().get('/untouched')).setCookies.length, 1)
    },
  },
  {
    title: 'an answer of a session that did not change carries no cookie, or one with another route',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const cookie = hands.cookieOf(user)
      for (const path of ['/read', '/untouched']) {
        const [changed, ...more] = (await user.get(path)).setCookies
        if (changed) assert.ok(hands.hasRoute, path)
        assert.deepEqual(more, [], path)
        assert.equal(hands.cookieOf(user), cookie, path)
      }
    },
  },
  {
    title: 'with rolling every answer carries it',
    settings: { rolling: true, maxAge: HOUR_MS },
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      for (const path of ['/read', '/untouched']) assert.equal((await user.get(path)).setCookies.length, 1, path)
    },
  },
  {
    title: 'without maxAge it ends with the browser, with it at its time',
    async run(hands) {
      const { setCookies } = await hands.browser().get('/count')
      assert.doesNotMatch(setCookies[0]!, /Expires|Max-Age/i)
    },
  },
  {
    title: 'maxAge is told to the browser',
    settings: { maxAge: HOUR_MS },
    async run(hands) {
      const { setCookies } = await hands.browser().get('/count')
      assert.match(setCookies[0]!, /Expires|Max-Age/i)
    },
  },
  {
    title: 'scripts cannot read it, and it is sent to all paths',
    async run(hands) {
      const { setCookies } = await hands.browser().get('/count')
      assert.match(setCookies[0]!, /; HttpOnly/i)
      assert.match(setCookies[0]!, /; Path=\/(;|$)/i)
    },
  },
  {
    title: 'a cookie of the application goes beside it',
    async run(hands) {
      const user = hands.browser()
      await user.get('/own-cookie')
      assert.equal(user.cookies.get('theme'), 'dark')
      assert.deepEqual((await user.get('/read')).json, { own: true })
    },
  },
  {
    title: 'an answer without a body, one of an error, and one to HEAD carry it too',
    async run(hands) {
      for (const [path, method] of [
        ['/empty', 'GET'],
        ['/status', 'GET'],
        ['/count', 'HEAD'],
      ] as const) {
        const user = hands.browser()
        assert.equal((await user.get(path, { method })).setCookies.length, 1, path)
        assert.notDeepEqual((await user.get('/read')).json, {}, path)
      }
    },
  },
]
