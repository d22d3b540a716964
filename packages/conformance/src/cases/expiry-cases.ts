import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance-case.js'
import type { StoredData } from '../conformant-store.js'
import { attributesOf, call, cookieFor, sessionOf } from '../store-hands.js'

const SHORT_MS = 300
const SKEW_MS = 5_000

/** How long sessions live. */
export const expiryCases: readonly ConformanceCase[] = [
  {
    title: 'a session that has expired is undefined, and neither counted nor listed',
    async run(hands) {
      const [short, long] = [hands.newId(), hands.newId()]
      await hands.set(short, { cookie: cookieFor(SHORT_MS), a: 1 })
      await hands.set(long, sessionOf({ b: 2 }))
      await hands.pass(SHORT_MS + 50)
      if (hands.has('length')) assert.equal(await hands.length(), 1)
      if (hands.has('all')) assert.equal((await hands.all()).length, 1)
      assert.equal(await hands.get(short), undefined)
      assert.deepEqual(attributesOf(await hands.get(long)), { b: 2 })
    },
  },
  {
    title: 'lifetimes count to the millisecond, not to the second',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, { cookie: cookieFor(1_400), a: 1 })
      await hands.pass(1_100)
      assert.ok(await hands.get(id), 'it is there after 1.1 of 1.4 seconds')
      await hands.pass(400)
      assert.equal(await hands.get(id), undefined, 'and gone after 1.5')
    },
  },
  {
    title: 'expires may be text, as JSON makes of it',
    async run(hands) {
      const id = hands.newId()
      const cookie = { ...cookieFor(SHORT_MS), expires: new Date(Date.now() + SHORT_MS).toISOString() }
      await hands.set(id, { cookie, a: 1 })
      assert.deepEqual(attributesOf(await hands.get(id)), { a: 1 })
      await hands.pass(SHORT_MS + 50)
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a session whose cookie ends with the browser lives on',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, { cookie: { originalMaxAge: null, expires: null, httpOnly: true, path: '/' }, a: 1 })
      await hands.pass(SHORT_MS)
      const data = await hands.get(id)
      assert.deepEqual(attributesOf(data), { a: 1 })
      assert.ok(!data!.cookie.expires)
    },
  },
  {
    title: 'what is set with a cookie that has expired is not there',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      await hands.set(id, { cookie: { ...cookieFor(1_000), expires: new Date(Date.now() - 1_000) }, a: 2 })
      assert.equal(await hands.get(id), undefined)
      if (hands.has('length')) assert.equal(await hands.length(), 0)
    },
  },
  {
    title: 'a touch lengthens the life of a session and of its stored cookie',
    applies: hands => hands.has('touch'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, { cookie: cookieFor(SHORT_MS), a: 1 })
      const data = (await hands.get(id))!
      const before = timeOf(data)
      const cookie = cookieFor(10 * SHORT_MS)
      await hands.touch(id, { ...data, cookie })
      await hands.pass(2 * SHORT_MS)
      const touched = (await hands.get(id))!
      assert.ok(touched, 'it has outlived its first cookie')
      assert.ok(timeOf(touched) > before)
      assert.equal(touched.cookie.originalMaxAge, cookie.originalMaxAge)
      await hands.pass(10 * SHORT_MS)
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a touch renews a cookie for its own time',
    applies: hands => hands.has('touch'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, { cookie: cookieFor(1_000), a: 1 })
      for (let n = 0; n < 3; n++) {
        await hands.pass(600)
        const data = (await hands.get(id))!
        assert.ok(data, `it is there when it is touched for the ${n + 1}. time`)
        await hands.touch(id, { ...data, cookie: { ...data.cookie, expires: new Date(Date.now() + 1_000) } })
      }
      await hands.pass(1_100)
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a touch never writes data: neither its own nor, late, what has been replaced',
    applies: hands => hands.has('touch'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const stale = (await hands.get(id))!
      await hands.set(id, sessionOf({ a: 2, b: 3 }))
      await hands.touch(id, stale)
      await hands.touch(id, sessionOf({ a: 4, c: 5 }))
      assert.deepEqual(attributesOf(await hands.get(id)), { a: 2, b: 3 })
    },
  },
  {
    title: 'a touch of what does not exist is no error and makes no session',
    applies: hands => hands.has('touch'),
    async run(hands) {
      const id = hands.newId()
      await hands.touch(id, sessionOf({ a: 1 }))
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a session under an expired one’s id begins empty',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, { cookie: cookieFor(SHORT_MS), secret: 'of the one before' })
      await hands.pass(SHORT_MS + 50)
      await hands.set(id, sessionOf({ b: 2 }))
      assert.deepEqual(attributesOf(await hands.get(id)), { b: 2 })
    },
  },
  ...[SKEW_MS, -SKEW_MS].map(
    skewMs =>
      ({
        title: `a session does not expire early because its node's clock is ${skewMs > 0 ? 'ahead' : 'behind'} by 5 s`,
        applies: hands => hands.nodes > 1,
        async run(hands) {
          const id = hands.newId()
          await withClock(skewMs, () => call(hands.store(), 'set', id, { cookie: cookieFor(3_000), a: 1 }))
          await hands.settled()
          await hands.pass(2_000)
          assert.deepEqual(attributesOf(await withClock(-skewMs, () => hands.get(id))), { a: 1 })
          const data = await hands.get(id)
          assert.ok(timeOf(data!) > Date.now(), 'and its cookie has time left, by the clock of whoever reads it')
        },
      }) satisfies ConformanceCase,
  ),
]

function timeOf({ cookie }: StoredData): number {
  return new Date(cookie.expires as Date | string).getTime()
}

/** While the store is being called, the time of day is another. */
function withClock<T>(skewMs: number, work: () => T): T {
  const { now } = Date
  Date.now = () => now() + skewMs
  try {
    return work()
  } finally {
    Date.now = now
  }
}
