import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance-case.js'
import type { ConformantStore, StoreRequest } from '../conformant-store.js'
import { attributesOf, call, sessionOf } from '../store-hands.js'

const AT_ONCE = 100

/** The end of sessions, one by one and all together. */
export const endingCases: readonly ConformanceCase[] = [
  {
    title: 'a session that was destroyed is undefined, and no error',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      await hands.destroy(id)
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'destroying twice, or what never was, is no error',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      await hands.destroy(id)
      await hands.destroy(id)
      await hands.destroy(hands.newId())
    },
  },
  {
    title: 'a request that ends after its session was destroyed does not bring it back',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const late = await hands.request(id)
      await hands.destroy(id)
      late.session.a = 2
      await late.end()
      await hands.settled()
      for (let i = 0; i < hands.nodes * 2; i++) assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a session that is written and destroyed at the same time is destroyed',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const requests = await Promise.all([hands.request(id), hands.request(id), hands.request(id)])
      for (const [n, { session }] of requests.entries()) session.a = n + 2
      await Promise.all([requests[0]!.end(), hands.destroy(id), requests[1]!.end(), requests[2]!.end()])
      await hands.settled()
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'a touch does not bring back what was destroyed',
    applies: hands => hands.has('touch'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const data = (await hands.get(id))!
      await hands.destroy(id)
      await hands.touch(id, data)
      assert.equal(await hands.get(id), undefined)
    },
  },
  {
    title: 'regenerate ends the old session and gives the request an empty one of another id',
    applies: hands => hands.has('regenerate'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const { request, store } = await opened(hands.store(), id, hands.newId())
      await call(store, 'regenerate', request)
      assert.notEqual(request.sessionID, id)
      assert.deepEqual(attributesOf(request.session as never), {})
      await call(store, 'set', request.sessionID, { ...request.session, b: 2 })
      await hands.settled()
      assert.equal(await hands.get(id), undefined)
      assert.deepEqual(attributesOf(await hands.get(request.sessionID)), { b: 2 })
    },
  },
  {
    title: 'reloading a session that was destroyed fails, and says so',
    applies: hands => typeof hands.store().createSession === 'function',
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const { request } = await opened(hands.store(), id, hands.newId())
      await hands.destroy(id)
      const { session } = request as { session: { reload(done: (error?: Error) => void): void } }
      const error = await new Promise<Error | undefined>(resolve => session.reload(resolve))
      assert.match(String(error?.message), /failed to load session/)
    },
  },
  {
    title: 'load gives a session with its verbs, and undefined when there is none',
    applies: hands => hands.has('load'),
    async run(hands) {
      const id = hands.newId()
      await hands.set(id, sessionOf({ a: 1 }))
      const session = await call<{ a?: number; save?: unknown }>(hands.store(), 'load', id)
      assert.equal(session?.a, 1)
      assert.equal(typeof session?.save, 'function')
      assert.ok(!(await call(hands.store(), 'load', hands.newId())))
    },
  },
  {
    title: 'all and length tell of every session, and clear ends them all',
    applies: hands => hands.has('all') && hands.has('length') && hands.has('clear'),
    async run(hands) {
      const ids = [hands.newId(), hands.newId(), hands.newId()]
      for (const [n, id] of ids.entries()) await hands.set(id, sessionOf({ n }))
      await hands.destroy(ids[1]!)
      const numbers = (await hands.all()).map(data => (data as { n: number }).n)
      assert.deepEqual(numbers.sort(), [0, 2])
      assert.equal(await hands.length(), 2)
      await hands.clear()
      assert.equal(await hands.length(), 0)
      assert.equal((await hands.all()).length, 0)
      assert.equal(await hands.get(ids[0]!), undefined)
    },
  },
  {
    title: 'many thousand sessions are all there',
    async run(hands) {
      const { many } = hands
      const ids = Array.from({ length: many }, () => hands.newId())
      for (let from = 0; from < many; from += AT_ONCE)
        await Promise.all(
          ids.slice(from, from + AT_ONCE).map((id, n) => call(hands.store(), 'set', id, sessionOf({ n: from + n }))),
        )
      await hands.settled()
      if (hands.has('length')) assert.equal(await hands.length(), many)
      for (const n of [0, 1, many >> 1, many - 1]) assert.deepEqual(attributesOf(await hands.get(ids[n]!)), { n })
    },
  },
]

/** A request as express-session has it, on a store whose `generate` gives it sessions of `nextId`. */
async function opened(store: ConformantStore, id: string, nextId: string) {
  const data = (await call<object>(store, 'get', id))!
  const request: StoreRequest = { sessionID: id, sessionStore: store }
  store.createSession!(request, data)
  store.generate = made => {
    made.sessionID = nextId
    made.session = sessionOf({})
  }
  return { store, request }
}
