import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance-case.js'
import { attributesOf, sessionOf } from '../store-hands.js'

const NESTED = {
  user: { name: 'Ada', tags: ['a', 'b'], address: { city: 'Zürich', zip: null } },
  n: 1.5,
  ok: false,
  empty: '',
}

export const readingCases: readonly ConformanceCase[] = [
  {
    title: 'a session that was never stored is undefined, and no error',
    async run(hands) {
      assert.equal(await hands.get(hands.newId()), undefined)
    },
  },
  {
    title: 'what is set is what is got, nested values too',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf(NESTED))
      assert.deepEqual(attributesOf(await hands.get(id)), NESTED)
    },
  },
  {
    title: 'an attribute that the next set leaves out is gone',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1, b: { c: 2 } }))
      await hands.set(id, sessionOf({ b: { d: 3 } }))
      assert.deepEqual(attributesOf(await hands.get(id)), { b: { d: 3 } })
    },
  },
  {
    title: 'undefined and functions are left out, as by JSON',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1, gone: undefined, call() {} }))
      assert.deepEqual(attributesOf(await hands.get(id)), { a: 1 })
    },
  },
  {
    title: 'each get gives an object of its own, and nothing done to it shows before it is set',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ list: [1] }))
      const first = await hands.get(id)
      ;(first!.list as number[]).push(2)
      first!.added = true
      const second = await hands.get(id)
      assert.notEqual(second, first)
      assert.notEqual(second!.list, first!.list)
      assert.deepEqual(attributesOf(second), { list: [1] })
    },
  },
  {
    title: 'an object that was set is not the store’s: what is done to it afterwards does not show',
    async run(hands) {
      const id = hands.newId()
      const mine = sessionOf({ list: [1] })
      await hands.set(id, mine)
      ;(mine.list as number[]).push(2)
      assert.deepEqual(attributesOf(await hands.get(id)), { list: [1] })
    },
  },
  {
    title: 'the settings of a cookie come back with its session',
    async run(hands) {
      const id = hands.newId()
      const data = sessionOf({})
      Object.assign(data.cookie, {
        secure: true,
        sameSite: 'strict',
        domain: 'example.org',
        path: '/shop',
        httpOnly: false,
      })
      await hands.set(id, data)
      const { cookie } = (await hands.get(id))!
      const { secure, sameSite, domain, path, httpOnly } = cookie
      assert.deepEqual(
        { secure, sameSite, domain, path, httpOnly },
        { secure: true, sameSite: 'strict', domain: 'example.org', path: '/shop', httpOnly: false },
      )
      assert.equal(cookie.originalMaxAge, data.cookie.originalMaxAge)
    },
  },
  ...['with:colon', 'ünï/codé ☃', '__proto__', 'constructor', 'a'.repeat(100)].map(
    id =>
      ({
        title: `an id may be ${id.slice(0, 20)}`,
        async run(hands) {
          await hands.set(id, sessionOf({ a: 1 }))
          assert.deepEqual(attributesOf(await hands.get(id)), { a: 1 })
          assert.deepEqual(await hands.get(`${id}2`), undefined)
          if (hands.has('all')) assert.equal((await hands.all()).length, 1)
          await hands.destroy(id)
          assert.equal(await hands.get(id), undefined)
        },
      }) satisfies ConformanceCase,
  ),
  ...['with:colon', 'ünï codé ☃', '__proto__', 'constructor', 'hasOwnProperty'].map(
    name =>
      ({
        title: `an attribute may be called ${name}`,
        async run(hands) {
          const id = hands.newId()
          await hands.set(id, sessionOf(JSON.parse(`{ ${JSON.stringify(name)}: { "a": 1 } }`)))
          const data = (await hands.get(id))!
          assert.deepEqual(Object.getOwnPropertyDescriptor(data, name)?.value, { a: 1 })
          assert.equal(({} as { a?: number }).a, undefined)
        },
      }) satisfies ConformanceCase,
  ),
  {
    title: 'a session of one megabyte is kept whole',
    async run(hands) {
      const id = hands.newId()
      const parts = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`part${i}`, String(i).repeat(100_000)]))
      await hands.set(id, sessionOf(parts))
      assert.deepEqual(attributesOf(await hands.get(id)), parts)
    },
  },
]
