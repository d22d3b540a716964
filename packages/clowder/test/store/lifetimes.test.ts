import t, { type Test } from 'tap'
import { createTestCluster } from '../../src/testing/index.js'
import { passingTime } from './support/store-site.js'

const HALF_AN_HOUR_MS = 1_800_000

async function oneNode(t: Test) {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  const [{ manager }] = cluster.nodes
  const store = cluster.nodes[0].store()
  const pass = passingTime(t)
  const advance = async (ms: number) => {
    pass(ms)
    await cluster.advance(ms)
  }
  return { manager, store, advance }
}

const cookieOf = (maxAge: number | null, ms: number) => ({
  originalMaxAge: maxAge,
  expires: new Date(Date.now() + ms),
})

t.test('a cookie that is renewed while the clock moves on is no change', async t => {
  const { manager, store } = await oneNode(t)
  const cookie = { ...cookieOf(HALF_AN_HOUR_MS, HALF_AN_HOUR_MS), path: '/', httpOnly: true }
  await store.set('mine', { a: 1, cookie })
  const { commits } = manager.inspect().commits
  const req = { sessionID: 'mine', sessionStore: store as never }
  const session = store.createSession(req, await store.get('mine'))
  const { now } = Date
  let looks = 0
  Date.now = () => now() + looks++
  session.touch()
  Date.now = now
  t.not(session.cookie.originalMaxAge, HALF_AN_HOUR_MS)
  await store.touch('mine', session)
  t.equal(manager.inspect().commits.commits, commits)
})

t.test('a session ends when its cookie says, also when that said otherwise before', async t => {
  const { store, advance } = await oneNode(t)
  for (const before of [cookieOf(HALF_AN_HOUR_MS, HALF_AN_HOUR_MS), cookieOf(null, HALF_AN_HOUR_MS)]) {
    const id = `of ${before.originalMaxAge}`
    await store.set(id, { a: 1, cookie: before })
    await store.set(id, { ...(await store.get(id)), cookie: cookieOf(null, 10_000) })
    await store.set(id, { ...(await store.get(id)), a: 2 })
    await advance(9_000)
    t.match(await store.get(id), { a: 2 })
    await advance(2_000)
    t.equal(await store.get(id), undefined)
  }
})

t.test('a touch by whoever has not changed the cookie is a use of the session as it is by now', async t => {
  const { manager, store, advance } = await oneNode(t)
  await store.set('mine', { a: 1, cookie: cookieOf(60_000, 60_000) })
  await store.set('fixed', { a: 1, cookie: cookieOf(null, 60_000) })
  await advance(30_000)
  const [slow, fixed] = [(await store.get('mine'))!, (await store.get('fixed'))!]
  await advance(5_000)
  await store.touch('mine', { cookie: cookieOf(60_000, 60_000) })
  await store.touch('mine', slow)
  t.equal(manager.peekSession('mine')!.maxInactiveInterval, 60)
  await advance(20_000)
  for (const id of ['mine', 'fixed']) await store.touch(id, {})
  await store.touch('fixed', fixed)
  t.match((await store.get('mine'))!.cookie, { originalMaxAge: 60_000 }, 'without a cookie as well')
  await advance(20_000)
  t.ok(await store.get('mine'))
  t.equal(await store.get('fixed'), undefined, 'what ends at its time does')
})

t.test('a cookie that no longer says when leaves that to the options', async t => {
  const { manager, store } = await oneNode(t)
  for (const before of [cookieOf(5_000, 5_000), cookieOf(null, 5_000)]) {
    const id = `of ${before.originalMaxAge}`
    await store.set(id, { cookie: before })
    await store.set(id, { cookie: { originalMaxAge: null, expires: null } })
    t.equal(manager.peekSession(id)!.maxInactiveInterval, HALF_AN_HOUR_MS / 1000)
  }
})

t.test('a session of another face, whose cookie says other things but not when, ends as that face has it', async t => {
  const { manager, store } = await oneNode(t)
  const session = manager.createSession('mine')
  session.setProperty('cookie', { sameSite: 'none' })
  session.maxInactiveInterval = 60
  manager.requestCompleted(session)
  const data = await store.get('mine')
  t.match(data!.cookie, { expires: null, sameSite: 'none' })
  await store.set('mine', { ...data, a: 1 })
  t.equal(manager.peekSession('mine')!.maxInactiveInterval, 60)
})

t.test('a session that another face lets live for ever is not shown as one that has expired', async t => {
  const { manager, store } = await oneNode(t)
  await store.set('mine', { a: 1, cookie: cookieOf(HALF_AN_HOUR_MS, HALF_AN_HOUR_MS) })
  const session = manager.peekSession('mine')!
  session.maxInactiveInterval = -1
  manager.requestCompleted(session)
  t.equal((await store.get('mine'))!.cookie.expires, null)
})
