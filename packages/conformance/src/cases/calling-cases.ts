import assert from 'node:assert/strict'
import type { ConformanceCase } from '../conformance-case.js'
import type { ConformantStore } from '../conformant-store.js'
import { attributesOf, call, sessionOf } from '../store-hands.js'

/** Callbacks and promises. That each callback comes once, and that no call throws, is looked at in every case. */
export const callingCases: readonly ConformanceCase[] = [
  {
    title: 'set, touch and destroy need no callback',
    async run(hands) {
      const id = hands.newId()
      const store = hands.store()
      store.set(id, sessionOf({ a: 1 }))
      await untilFound(store, id, true)
      store.touch?.(id, sessionOf({ a: 1 }))
      store.destroy(id)
      await untilFound(store, id, false)
    },
  },
  {
    title: 'without a callback a call gives a promise of its outcome',
    async run(hands) {
      const id = hands.newId()
      const store = hands.store() as PromisingStore
      assert.equal(await store.set(id, sessionOf({ a: 1 })), undefined)
      assert.deepEqual(attributesOf((await store.get(id)) as never), { a: 1 })
      if (hands.has('touch')) assert.equal(await store.touch(id, sessionOf({})), undefined)
      if (hands.has('length')) assert.equal(await store.length(), 1)
      await store.destroy(id)
      assert.equal(await store.get(id), undefined)
    },
  },
  {
    title: 'a callback has no error when all is well',
    async run(hands) {
      const store = hands.store()
      const id = hands.newId()
      const errorOf = (act: (done: (error?: unknown) => void) => void) => new Promise(act)
      assert.ok(!(await errorOf(done => store.set(id, sessionOf({}), done))))
      assert.ok(!(await errorOf(done => store.get(id, done))))
      assert.ok(!(await errorOf(done => store.destroy(id, done))))
      assert.ok(!(await errorOf(done => store.get(id, done))))
    },
  },
]

interface PromisingStore extends ConformantStore {
  get(id: string): Promise<object | null | undefined>
  set(id: string, session: object): Promise<unknown>
  destroy(id: string): Promise<unknown>
  touch(id: string, session: object): Promise<unknown>
  length(): Promise<number>
}

const MAX_LOOKS = 1_000

async function untilFound(store: ConformantStore, id: string, isThere: boolean): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) if (Boolean(await call(store, 'get', id)) === isThere) return
  assert.fail(`the session is ${isThere ? 'not' : 'still'} there`)
}
