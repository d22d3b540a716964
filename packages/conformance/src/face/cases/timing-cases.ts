import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage } from 'node:http'
import type { FaceCase } from '../face-case.js'

const REDIRECTS = 25
const AT_ONCE = 20

/** What comes before what, and what happens at the same time. */
export const timingCases: readonly FaceCase[] = [
  {
    title: 'who follows a redirect at once finds what was stored before it',
    async run(hands) {
      const user = hands.browser()
      for (let n = 0; n < REDIRECTS; n++) {
        const { headers, status } = await user.get(`/write?n=${n}`)
        assert.equal(status, 302)
        assert.deepEqual((await user.get(headers.location!)).json, { written: String(n) })
      }
    },
  },
  {
    title: 'a stream arrives while it is made',
    async run(hands) {
      const reached = hands.gates.reached()
      const [response] = (await once(hands.browser().open('/stream'), 'response')) as [IncomingMessage]
      const [first] = await once(response, 'data')
      await reached
      assert.equal(String(first), 'first ')
      hands.gates.open()
      await once(response.resume(), 'end')
    },
  },
  {
    title: 'what was stored before a stream began is there when its first part is',
    async run(hands) {
      const user = hands.browser()
      const [response] = (await once(user.open('/stream'), 'response')) as [IncomingMessage]
      await once(response, 'data')
      const cookie = response.headers['set-cookie']![0]!.split(';')[0]!
      assert.deepEqual((await user.get('/read', { cookie })).json, { early: true })
      hands.gates.open()
      await once(response.resume(), 'end')
    },
  },
  {
    title: 'what changes while a stream is sent is kept',
    async run(hands) {
      const user = hands.browser()
      hands.gates.open()
      assert.equal((await user.get('/stream')).text, 'first last')
      await hands.settled()
      assert.deepEqual((await user.get('/read')).json, { early: true, late: true })
    },
  },
  {
    title: 'a session that is made when the headers are out disturbs nobody',
    async run(hands) {
      const user = hands.browser()
      const answer = await user.get('/late')
      assert.equal(answer.text, 'first last')
      assert.deepEqual(answer.setCookies, [])
      assert.equal((await user.get('/count')).json, 1)
    },
  },
  {
    title: 'two requests at once that store different attributes both keep what they stored',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const reached = hands.gates.reached()
      const slow = user.copy().get('/slow?left=1')
      await reached
      await user.copy().get('/set?right=1')
      hands.gates.open()
      await slow
      await hands.settled()
      assert.deepEqual((await user.get('/read')).json, { count: 1, left: 1, right: 1 })
    },
  },
  {
    title: 'twenty requests at once are all answered, and all keep what they stored',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const names = Array.from({ length: AT_ONCE }, (_, n) => `a${n}`)
      const answers = await Promise.all(names.map(name => user.copy().get(`/set?${name}=1`)))
      assert.ok(answers.every(({ status }) => status === 200))
      await hands.settled()
      assert.deepEqual((await user.get('/read')).json, {
        count: 1,
        ...Object.fromEntries(names.map(name => [name, 1])),
      })
    },
  },
  {
    title: 'a request that ends after the logout does not undo it',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const reached = hands.gates.reached()
      const slow = user.copy().get('/slow?user="ada"')
      await reached
      await user.copy().get('/logout')
      hands.gates.open()
      await slow
      await hands.settled()
      assert.deepEqual((await user.get('/read')).json, {})
    },
  },
  {
    title: 'a request that ends after the login of another does not bring the old id back',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const before = user.copy()
      const reached = hands.gates.reached()
      const slow = user.copy().get('/slow?note="late"')
      await reached
      await user.get('/login?user=ada')
      hands.gates.open()
      await slow
      await hands.settled()
      assert.deepEqual((await before.get('/read')).json, {})
      assert.deepEqual((await user.get('/read')).json, { user: 'ada' })
    },
  },
  {
    title: 'who goes away before the answer leaves nobody waiting, and what was stored is kept',
    async run(hands) {
      const user = hands.browser()
      await user.get('/count')
      const reached = hands.gates.reached()
      const request = user.open('/save')
      const closed = new Promise(resolve => request.on('error', () => {}).once('close', resolve))
      await reached
      request.destroy()
      await closed
      hands.gates.open()
      await hands.settled()
      assert.deepEqual((await user.get('/read')).json, { count: 1, saved: true })
    },
  },
  {
    title: 'several clients on one connection have a session each',
    async run(hands) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      const users = ['ada', 'bob', 'eve'].map(name => ({ name, browser: hands.browser(agent) }))
      for (const { name, browser } of users) await browser.get(`/set?user="${name}"`)
      for (let n = 0; n < 3; n++)
        for (const { name, browser } of users) assert.deepEqual((await browser.get('/read')).json, { user: name })
      assert.deepEqual((await hands.browser(agent).get('/read')).json, {})
      agent.destroy()
    },
  },
]
