import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance-case.js'
import { attributesOf, sessionOf } from '../store-hands.js'

/** Two requests of one client at the same time, on any nodes. */
export const concurrencyCases: readonly ConformanceCase[] = [
  {
    title: 'two requests that set different attributes both keep what they set',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ n: 0 }))
      const [slow, fast] = [await hands.request(id), await hands.request(id)]
      fast.session.b = 1
      await fast.end()
      slow.session.a = 1
      await slow.end()
      await hands.settled()
      assert.deepEqual(attributesOf(await hands.get(id)), { n: 0, a: 1, b: 1 })
    },
  },
  {
    title: 'what one request removes stays removed when another ends later',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ cart: ['a'], user: 'ada' }))
      const [slow, fast] = [await hands.request(id), await hands.request(id)]
      delete fast.session.user
      await fast.end()
      slow.session.cart = ['a', 'b']
      await slow.end()
      await hands.settled()
      assert.deepEqual(attributesOf(await hands.get(id)), { cart: ['a', 'b'] })
    },
  },
  {
    title: 'a request that saves twice does not undo what another saved between',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({}))
      const [slow, fast] = [await hands.request(id), await hands.request(id)]
      slow.session.a = 1
      await slow.end()
      fast.session.b = 1
      await fast.end()
      slow.session.c = 1
      await slow.end()
      await hands.settled()
      assert.deepEqual(attributesOf(await hands.get(id)), { a: 1, b: 1, c: 1 })
    },
  },
  {
    title:
      'of two requests that set the same attribute one wins, the same on every node, and later than both it is the later',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ who: 'nobody' }))
      const requests = [await hands.request(id), await hands.request(id)]
      for (const [n, { session }] of requests.entries()) session.who = n
      await Promise.all(requests.map(request => request.end()))
      await hands.settled()
      const winners = await Promise.all(Array.from({ length: 4 * hands.nodes }, () => hands.get(id)))
      assert.equal(new Set(winners.map(data => data!.who)).size, 1)
      const next = await hands.request(id)
      next.session.who = 'the next'
      await next.end()
      await hands.settled()
      assert.equal((await hands.get(id))!.who, 'the next')
    },
  },
]
