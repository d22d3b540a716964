import assert from 'node:assert/strict'
import type { FaceBrowser } from '../face-browser.js'
import type { FaceCase } from '../face-case.js'

const LIFETIME_MS = 1_000
const LARGE = 100_000

/** What a handler does with its session, and what the next request finds. */
export const sessionCases: readonly FaceCase[] = [
  {
    title: 'attributes are set, changed inside, and removed',
    async run(hands) {
      const user = hands.browser()
      await user.get('/set?list=["a"]&deep={"a":{"b":[null,true,1.5,"é"]}}')
      await user.get('/push?x=b')
      assert.deepEqual(await read(user), { list: ['a', 'b'], deep: { a: { b: [null, true, 1.5, 'é'] } } })
      await user.get('/remove?deep')
      assert.deepEqual(await read(user), { list: ['a', 'b'] })
    },
  },
  {
    title: 'attributes may have odd names, and be large',
    async run(hands) {
      const user = hands.browser()
      const names = ['constructor', 'ключ', 'a b', '0', 'toString']
      await user.get(`/set?${names.map(name => `${encodeURIComponent(name)}=1`).join('&')}`)
      assert.deepEqual(await read(user), Object.fromEntries(names.map(name => [name, 1])))
      for (let n = 0; n < 10; n++) await user.get(`/set?large${n}="${'x'.repeat(LARGE / 10)}"`)
      assert.ok((await user.get('/read')).text.length > LARGE)
    },
  },
  {
    title: 'save is done before the answer is',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const reached = hands.gates.reached()
      const saving = user.copy().get('/save')
      await reached
      assert.deepEqual(await read(user), { count: 1, saved: true })
      hands.gates.open()
      await saving
    },
  },
  {
    title: 'reload gives up what this request changed, and finds what others did',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const reached = hands.gates.reached()
      const reloading = user.copy().get('/reload')
      await reached
      await user.get('/count')
      await hands.settled()
      hands.gates.open()
      assert.deepEqual((await reloading).json, { count: 2 })
      assert.deepEqual(await read(user), { count: 2 })
    },
  },
  {
    title: 'regenerate begins a session with a new id, and the old cookie is worth nothing',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const before = user.copy()
      const id = (await user.get('/id')).json
      const fresh = (await user.get('/login?user=ada')).json
      assert.notEqual(fresh, id)
      assert.notEqual(hands.cookieOf(user), hands.cookieOf(before))
      assert.deepEqual(await read(user), { user: 'ada' })
      assert.equal((await user.get('/id')).json, fresh)
      await hands.settled()
      assert.deepEqual(await read(before), {})
    },
  },
  {
    title: 'after destroy there is no session, and its cookie is worth nothing',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const before = user.copy()
      assert.equal((await user.get('/logout')).json, null)
      await hands.settled()
      for (let n = 0; n < 3; n++) assert.deepEqual(await read(before.copy()), {})
      assert.equal((await before.get('/count')).json, 1)
    },
  },
  {
    title: 'destroy takes the cookie out of the browser',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      await user.get('/logout')
      assert.equal(hands.cookieOf(user), undefined)
    },
  },
  {
    title: "null in place of the session ends it, with unset: 'destroy'",
    settings: { unset: 'destroy' },
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const before = user.copy()
      assert.equal((await user.get('/unset')).json, null)
      await hands.settled()
      assert.deepEqual(await read(before), {})
    },
  },
  {
    title: "null in place of the session lets go of what this request changed, with unset: 'keep'",
    settings: { unset: 'keep' },
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      await user.get('/unset')
      assert.deepEqual(await read(user), { count: 1 })
    },
  },
  {
    title: 'what a handler stored before it threw is kept, and the answer is 500',
    async run(hands) {
      const user = hands.browser()
      const failed = await user.get('/throw')
      assert.equal(failed.status, 500)
      assert.deepEqual(await read(user), { thrown: true })
    },
  },
  {
    title: 'a session that nobody asks for during maxAge is gone',
    settings: { maxAge: LIFETIME_MS },
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      await hands.pass(1.6 * LIFETIME_MS)
      assert.deepEqual(await read(user), {})
    },
  },
  {
    title: 'a session that is asked for again and again lives on, though nothing changes in it',
    settings: { maxAge: 3 * LIFETIME_MS },
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      for (let n = 0; n < 3; n++) {
        await hands.pass(1.2 * LIFETIME_MS)
        assert.deepEqual(await read(user), { count: 1 })
      }
    },
  },
]

async function read(user: FaceBrowser): Promise<unknown> {
  return (await user.get('/read')).json
}
