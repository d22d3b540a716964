import express from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import t from 'tap'
import type { Cluster, ClusterOptions } from '../src/index.js'
import { createTestCluster, type TestBrowser } from '../src/testing/index.js'

/** As passport's users have it: nothing in it knows of Clowder but the first line and the two last routes. */
function makeApp(cluster: Cluster, sessions: express.RequestHandler = cluster.express()) {
  const app = express()
  app.use(sessions)
  const auth = new passport.Passport()
  auth.use(new Strategy((name, password, done) => done(null, password === 'secret' && { id: name })))
  auth.serializeUser((user, done) => done(null, (user as { id: string }).id))
  auth.deserializeUser((id, done) => done(null, { id }))
  app.use(express.urlencoded({ extended: false }))
  app.use(auth.session())
  app.post('/login', auth.authenticate('local'), (req, res) => void res.json(req.user))
  app.post('/logout', (req, res, next) => req.logout(error => (error ? next(error) : res.json(null))))
  app.get('/', (req, res) => void res.json(req.user ?? null))
  app.get('/sessions', async (req, res) => {
    const sessions = await cluster.sessions.of((req.user as { id: string }).id)
    res.json(sessions.map(({ id }) => id === req.session.id))
  })
  app.post('/kick/:user', async (req, res) => void res.json(await cluster.sessions.endAll(req.params.user)))
  app.post('/kick-others', async (req, res) => {
    const { id } = req.user as { id: string }
    res.json(await cluster.sessions.endAll(id, { but: req.session.id }))
  })
  app.use((error: Error & { code?: string }, _req: unknown, res: express.Response, _next: unknown) => {
    res.status(409).json(error.code)
  })
  return app
}

const options: ClusterOptions = { users: { attribute: 'passport' }, context: {} }

async function started(t: { teardown(stop: () => unknown): void }, more: ClusterOptions = {}) {
  const cluster = await createTestCluster(3, { app: makeApp, ...options, ...more })
  t.teardown(() => cluster.stop())
  const logIn = async (node: number, username: string) => {
    const browser = cluster.browser()
    const answer = await browser.post(node, '/login', new URLSearchParams({ username, password: 'secret' }))
    return { browser, answer: answer.json() }
  }
  return { cluster, logIn }
}

const who = async (browser: TestBrowser, node: number) => (await browser.copy().get(node, '/')).json()

t.test('whoever is kicked by the third node is logged out on all at once; a new login is in', async t => {
  const { logIn, cluster } = await started(t)
  const phone = await logIn(0, 'ada')
  const laptop = await logIn(1, 'ada')
  const eve = await logIn(1, 'eve')
  t.strictSame((await phone.browser.get(2, '/sessions')).json(), [true, false])
  t.strictSame((await eve.browser.post(2, '/kick/ada')).json(), { ended: 2, acknowledged: 'held' })
  for (const node of [0, 1, 2]) {
    t.equal(await who(phone.browser, node), null)
    t.equal(await who(laptop.browser, node), null)
    t.strictSame(await who(eve.browser, node), { id: 'eve' })
  }
  const again = await logIn(1, 'ada')
  await cluster.advance(5_000)
  for (const node of [0, 1, 2]) t.strictSame(await who(again.browser, node), { id: 'ada' })
})

t.test('a node that was cut off meanwhile logs out who came in there, as soon as it is back', async t => {
  const { logIn, cluster } = await started(t)
  const [a, b, c] = cluster.nodes
  const before = await logIn(2, 'ada')
  await cluster.converged()
  cluster.isolate(c)
  await cluster.advance(5_000)
  const hidden = await logIn(2, 'ada')
  await cluster.advance(1_000)
  await cluster.request(0, { url: '/kick/ada', method: 'POST' })
  t.strictSame([await who(before.browser, 0), await who(before.browser, 1)], [null, null])
  t.strictSame(await who(hidden.browser, 2), { id: 'ada' }, 'nobody can tell it yet')
  cluster.heal()
  await cluster.converged()
  for (const node of [0, 1, 2])
    t.strictSame([await who(before.browser, node), await who(hidden.browser, node)], [null, null])
  for (const node of [a, b, c]) t.strictSame(await node.sessions.of('ada'), [])
})

t.test('so it is for sessions of express-session in cluster.store()', async t => {
  const app = (cluster: Cluster) =>
    makeApp(cluster, session({ store: cluster.store(), secret: 'secret', resave: false, saveUninitialized: false }))
  const cluster = await createTestCluster(3, { app, ...options })
  t.teardown(() => cluster.stop())
  const body = new URLSearchParams({ username: 'ada', password: 'secret' })
  const browsers = [cluster.browser(), cluster.browser()]
  for (const [node, browser] of browsers.entries()) await browser.post(node, '/login', body)
  await cluster.converged()
  t.equal((await cluster.nodes[2].sessions.of('ada')).length, 2)
  t.strictSame((await browsers[0]!.post(2, '/kick-others')).json(), { ended: 1, acknowledged: 'held' })
  t.strictSame([await who(browsers[0]!, 1), await who(browsers[1]!, 1)], [{ id: 'ada' }, null])
  await cluster.nodes[1].sessions.endAll('ada')
  t.strictSame([await who(browsers[0]!, 0), await who(browsers[1]!, 0)], [null, null])
})

t.test('all but this one; and one by one', async t => {
  const { logIn, cluster } = await started(t)
  const [kept, other] = [await logIn(0, 'ada'), await logIn(1, 'ada')]
  t.equal((await kept.browser.post(2, '/kick-others')).json<{ ended: number }>().ended, 1)
  t.strictSame([await who(kept.browser, 1), await who(other.browser, 1)], [{ id: 'ada' }, null])
  const [session] = await cluster.nodes[1].sessions.of('ada')
  t.equal(await cluster.nodes[1].sessions.end(session!.id), 'held')
  t.equal(await who(kept.browser, 0), null)
  t.equal(await cluster.nodes[0].sessions.end('nobody’s'), 'held')
})

t.test('logging out takes the session from the list', async t => {
  const { logIn, cluster } = await started(t)
  const { browser } = await logIn(0, 'ada')
  await browser.post(1, '/logout')
  t.strictSame(await cluster.nodes[2].sessions.of('ada'), [])
})

t.test('a limit ends the oldest login, or refuses the new one with an error that passport hands on', async t => {
  const ending = await started(t, { users: { attribute: 'passport', limit: 2 } })
  const browsers = []
  for (const node of [0, 1, 2]) {
    browsers.push((await ending.logIn(node, 'ada')).browser)
    await ending.cluster.advance(100)
  }
  const answers = await Promise.all(browsers.map(browser => who(browser, 1)))
  t.strictSame(answers, [null, { id: 'ada' }, { id: 'ada' }])

  const refusing = await started(t, { users: { attribute: 'passport', limit: 1, whenOver: 'refuse' } })
  const first = await refusing.logIn(0, 'ada')
  const second = await refusing.logIn(1, 'ada')
  t.equal(second.answer, 'HA_TOO_MANY_USER_SESSIONS')
  t.strictSame([await who(first.browser, 2), await who(second.browser, 2)], [{ id: 'ada' }, null])
})

t.test('req.session.setUser does it without passport, and keeps an attribute of any name free', async t => {
  const app = (cluster: Cluster) =>
    cluster.nodeHttp((req, res) => {
      if (req.url !== '/') {
        req.session.setUser(req.url!.slice(1))
        Object.assign(req.session, { user: 'mine', userId: 'too' })
      }
      res.end(JSON.stringify([req.session.getUser() ?? null, { ...req.session }]))
    })
  const cluster = await createTestCluster(2, { app, users: {} })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  await browser.get(0, '/ada')
  t.strictSame((await browser.get(1, '/')).json(), ['ada', { user: 'mine', userId: 'too' }])
  t.equal((await cluster.nodes[1].sessions.of('ada')).length, 1)
  t.match(cluster.nodes[1].inspect(), { users: { indexed: 1, revocations: 0 }, context: { state: 'ready' } })
})

t.test('attributes that all members share', async t => {
  const { cluster } = await started(t, { context: { merges: { most: (a, b) => Math.max(Number(a), Number(b)) } } })
  const [a, b, c] = cluster.nodes
  t.equal(await a.context('shop').setAttribute('open', true), 'held')
  await cluster.converged()
  t.equal(c.context('shop').getAttribute('open'), true)
  t.equal(a.context('shop'), a.context('shop'))
  cluster.partition([a], [b, c])
  await cluster.advance(5_000)
  await a.context().setAttribute('most', 3)
  await b.context().setAttribute('most', 2)
  cluster.heal()
  await cluster.advance(10_000)
  for (const node of cluster.nodes) t.equal(node.context().getAttribute('most'), 3)
  const restarted = await cluster.restart(0)
  t.equal(restarted.context('shop').getAttribute('open'), true)
})

t.test('what was not asked for says so, and costs no manager', async t => {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  const [node] = cluster.nodes
  await t.rejects(node.sessions.of('ada'), { code: 'HA_USERS_DISABLED' })
  await t.rejects(node.sessions.endAll('ada'), { code: 'HA_USERS_DISABLED' })
  t.throws(() => node.context(), { code: 'CLOWDER_CONTEXT_DISABLED' })
  t.equal(node.inspect().context, undefined)
})
