import express, { type Express, type Request, type Response } from 'express'
import session from 'express-session'
import passport from 'passport'
import { Strategy } from 'passport-local'
import t, { type Test } from 'tap'
import { type Cluster, createCluster, storeOf } from '../../src/index.js'
import { createTestCluster } from '../../src/testing/index.js'
import { isolated } from '../support/test-node.js'

const HALF_AN_HOUR_MS = 1_800_000

type Data = Record<string, unknown>
const dataOf = (req: Request) => req.session as unknown as Data
const attributesOf = (req: Request) => JSON.parse(JSON.stringify({ ...dataOf(req), cookie: undefined })) as Data

/** An application that was written for express-session, and knows of nothing else. */
function appOf(cluster: Cluster, gates: Gates, options: Partial<session.SessionOptions> = {}): Express {
  const app = express()
  const store = cluster.store({ acknowledge: 'all' })
  const cookie = { maxAge: HALF_AN_HOUR_MS }
  app.use(session({ store, secret: 'keyboard cat', resave: false, saveUninitialized: false, cookie, ...options }))
  app.get('/', (req, res) => void res.json(attributesOf(req)))
  app.get('/set/:name/:value', (req, res) => {
    dataOf(req)[req.params.name] = req.params.value
    res.json(attributesOf(req))
  })
  app.get('/slow/:name', async (req, res) => {
    await gates.wait()
    dataOf(req)[req.params.name] = 'slow'
    res.json(attributesOf(req))
  })
  app.get('/remember/:value', (req, res) => {
    const seen = (dataOf(req).seen ??= new Set()) as Set<string>
    seen.add(req.params.value)
    res.json([...seen])
  })
  app.get('/class', (req, res) => {
    dataOf(req).order = new Order(3)
    res.json(null)
  })
  app.get('/large', (req, res) => {
    dataOf(req).large = 'x'.repeat(300_000)
    dataOf(req).small = 1
    res.json(null)
  })
  app.get('/regenerate', (req, res) => void req.session.regenerate(() => res.json(req.sessionID)))
  app.get('/destroy', (req, res) => void req.session.destroy(() => res.json(null)))
  return app
}

class Order {
  readonly pieces: number
  constructor(pieces: number) {
    this.pieces = pieces
  }
}

/** Requests stand here until they are let go. */
class Gates {
  readonly #waiting: (() => void)[] = []
  #came: () => void = () => {}

  wait(): Promise<void> {
    return new Promise(resolve => {
      this.#waiting.push(resolve)
      this.#came()
    })
  }

  /** Resolves when a request stands here. */
  async reached(): Promise<void> {
    if (this.#waiting.length > 0) return
    await new Promise<void>(resolve => {
      this.#came = resolve
    })
  }

  open(): void {
    for (const go of this.#waiting.splice(0)) go()
  }
}

async function clusterOf<N extends number>(
  t: Test,
  nodes: N,
  gates = new Gates(),
  options?: Partial<session.SessionOptions>,
) {
  const cluster = await createTestCluster(nodes, { app: node => appOf(node, gates, options) })
  t.teardown(() => cluster.stop())
  return cluster
}

const commitsOf = (cluster: { readonly nodes: readonly Cluster[] }) =>
  cluster.nodes.reduce((sum, node) => sum + node.manager.inspect().commits.commits, 0)

for (const nodes of [1, 2])
  t.test(`two requests of one session at a time, on ${nodes} nodes: both keep what they set`, async t => {
    const gates = new Gates()
    const cluster = await clusterOf(t, nodes, gates)
    const browser = cluster.browser()
    await browser.get(0, '/set/n/1')
    const slow = browser.copy().get(0, '/slow/a')
    await gates.reached()
    await browser.get(nodes - 1, '/set/b/fast')
    gates.open()
    await slow
    await cluster.converged()
    for (const node of cluster.nodes)
      t.strictSame((await browser.get(node, '/')).json(), { n: '1', a: 'slow', b: 'fast' })
  })

t.test('a request that ends after the logout does not undo it', async t => {
  const gates = new Gates()
  const cluster = await clusterOf(t, 2, gates)
  const browser = cluster.browser()
  await browser.get(0, '/set/user/ada')
  const slow = browser.copy().get(0, '/slow/a')
  await gates.reached()
  await browser.copy().get(1, '/destroy')
  gates.open()
  await slow
  await cluster.converged()
  for (const node of cluster.nodes) t.strictSame((await browser.copy().get(node, '/')).json(), {})
})

t.test('a session that is only read costs no commit, and lives on', async t => {
  const cluster = await clusterOf(t, 2, new Gates(), { rolling: true, resave: true })
  const browser = cluster.browser()
  await browser.get(0, '/set/n/1')
  const commits = commitsOf(cluster)
  for (let n = 0; n < 4; n++) {
    await cluster.advance(HALF_AN_HOUR_MS / 2)
    t.strictSame((await browser.get(n % 2, '/')).json(), { n: '1' }, `after ${n + 1} quarters of an hour`)
  }
  t.equal(commitsOf(cluster), commits)
  // The other node has heard of the last use a message later.
  await cluster.advance(HALF_AN_HOUR_MS + 100)
  t.strictSame((await browser.get(0, '/')).json(), {}, 'and has expired when it was not used for its time')
})

t.test('what JSON does not show is kept: the inside of a Set', async t => {
  const cluster = await clusterOf(t, 2)
  const browser = cluster.browser()
  await browser.get(0, '/remember/a')
  t.strictSame((await browser.get(1, '/remember/b')).json(), ['a', 'b'])
  t.strictSame((await browser.get(0, '/remember/c')).json(), ['a', 'b', 'c'])
})

t.test('an instance of a class is kept as what JSON makes of it', async t => {
  const cluster = await clusterOf(t, 2)
  const browser = cluster.browser()
  await browser.get(0, '/class')
  t.strictSame((await browser.get(1, '/')).json(), { order: { pieces: 3 } })
})

t.test('an attribute that is too large is refused, the others are kept, and the store says so', async t => {
  const cluster = await clusterOf(t, 2)
  const browser = cluster.browser()
  await browser.get(0, '/large').catch(() => undefined)
  const store = cluster.nodes[0].store()
  t.strictSame(
    Object.values(await store.all()).map(({ small, large }) => ({ small, large })),
    [{ small: 1, large: undefined }],
  )
  await t.rejects(store.set('mine', { large: 'x'.repeat(300_000) }), { code: 'HA_SESSION_TOO_LARGE' })
})

t.test('an id that no session can have is refused when it is written, and unknown when it is read', async t => {
  const cluster = await clusterOf(t, 1)
  const store = cluster.nodes[0].store()
  for (const id of ['', 'x'.repeat(129), 'half a pair \ud800', undefined as never]) {
    await t.rejects(store.set(id, { a: 1 }), { code: 'HA_BAD_SESSION_ID' })
    t.equal(await store.get(id), undefined)
    await store.touch(id, { a: 1 })
    await store.destroy(id)
  }
  t.equal(await store.length(), 0)
})

t.test('who counts the sessions keeps none of them open', async t => {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  const [node] = cluster.nodes
  const store = node.store()
  await store.set('mine', { a: 1 })
  for (let n = 0; n < 20; n++) {
    await cluster.advance(1_000)
    t.equal(await store.length(), 1)
  }
  t.equal(node.manager.inspectCopy('mine')?.isPacked, true)
})

for (const acknowledge of ['async', 'all'] as const)
  t.test(`what fails between the store and the callback is told to the callback: ${acknowledge}`, async t => {
    const cluster = await createTestCluster(2)
    t.teardown(() => cluster.stop())
    const store = cluster.nodes[0].store({ acknowledge })
    const told = (ask: (done: (error?: unknown) => void) => void) => new Promise(ask)
    const cookie = { originalMaxAge: null, expires: null }
    await store.set('mine', { a: 1, cookie })
    const req = { sessionID: 'mine', sessionStore: store } as never
    const session = store.createSession(req, await store.get('mine'))
    await store.set('mine', { a: 1 })
    await cluster.converged()
    t.match(await told(done => session.reload(done)), TypeError, 'it has no cookie any more')
    t.match(await told(done => store.load('mine', done)), TypeError)
    store.generate = () => {
      throw new Error('no id')
    }
    t.match(await told(done => store.regenerate(req, done)), { message: 'no id' })
  })

t.test('callbacks come in the same turn when nobody else has to hold the change', async t => {
  const cluster = await createTestCluster(2)
  t.teardown(() => cluster.stop())
  const store = cluster.nodes[0].store({ acknowledge: 'async' })
  await store.set('mine', { a: 1 })
  const order: string[] = []
  store.get('mine', (_, data) => {
    order.push(`get ${data.a}`)
    data.a = 2
    store.set('mine', data, () => order.push('set'))
    store.touch('mine', data, () => order.push('touch'))
    store.destroy('mine', () => order.push('destroy'))
  })
  t.strictSame(order, ['get 1', 'set', 'touch', 'destroy'])
})

t.test(
  'who goes on from express-session to cluster.express() keeps the session, and its cookie’s settings',
  async t => {
    const connectSid = { secret: 'keyboard cat' }
    const cluster = await createTestCluster(2, { valve: { connectSid } })
    t.teardown(() => cluster.stop())
    const before = appOf(cluster.nodes[0], new Gates())
    const after = express()
    after.use(cluster.nodes[1].express())
    after.get('/', (req, res) => {
      const { maxAge, path } = req.session.cookie
      res.json({ n: dataOf(req).n, maxAge, path, seconds: (req.session as unknown as Data).maxInactiveInterval })
    })
    after.get('/set', (req, res) => {
      dataOf(req).m = 2
      res.json(null)
    })
    const browser = cluster.browser()
    await browser.get(0, before, '/set/n/1')
    const { maxAge, seconds, ...others } = (await browser.get(1, after, '/')).json() as Record<string, number>
    t.strictSame(others, { n: '1', path: '/' })
    // express-session looks at the clock twice to find it, and may lose a moment between.
    for (const ms of [maxAge!, seconds! * 1000]) t.ok(ms <= HALF_AN_HOUR_MS && ms > HALF_AN_HOUR_MS - 1_000, `${ms} ms`)
    await browser.get(1, after, '/set')
    t.strictSame((await browser.get(0, before, '/')).json(), { n: '1', m: 2 }, 'and back')
  },
)

t.test('a store has no options but its own', async t => {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  t.throws(() => cluster.nodes[0].store({ ttl: 1 } as never), { code: 'HTTP_BAD_STORE_OPTION', option: 'ttl' })
  t.throws(() => cluster.nodes[0].store({ acknowledge: 'some' as never }), { code: 'HTTP_BAD_STORE_OPTION' })
})

t.test('a store of a cluster that is starting', async t => {
  t.test('is disconnected until it has started, and answers then', async t => {
    const starting = createCluster({ ...isolated('starting'), distributable: false })
    const store = storeOf(starting)
    const events: string[] = []
    for (const event of ['disconnect', 'connect']) store.on(event, () => events.push(event))
    const connected = new Promise(resolve => store.once('connect', resolve))
    await store.set('mine', { a: 1 })
    t.match(await store.get('mine'), { a: 1 })
    await connected
    t.strictSame(events, ['disconnect', 'connect'])
    await (await starting).stop()
  })

  t.test('says why when it cannot', async t => {
    const store = storeOf(createCluster({ name: 7 as never }))
    const error = await new Promise(resolve => store.once('error', resolve))
    t.match(error, { code: 'CLOWDER_BAD_OPTIONS' })
    await t.rejects(store.get('mine'), { code: 'CLOWDER_BAD_OPTIONS' })
  })
})

t.test('passport', async t => {
  const cluster = await createTestCluster(3, { app: passportApp })
  t.teardown(() => cluster.stop())
  const login = { url: '/login', method: 'POST', body: { username: 'ada', password: 'secret' } } as const
  const everywhere = async (browser: { copy(): ReturnType<typeof cluster.browser> }) => {
    await cluster.converged()
    return Promise.all(cluster.nodes.map(async node => (await browser.copy().get(node, '/')).json()))
  }

  t.test('whoever logs in on one node is logged in on all, and logged out everywhere at once', async t => {
    const browser = cluster.browser()
    await browser.request(0, login)
    t.strictSame(await everywhere(browser), ['ada', 'ada', 'ada'])
    const stolen = browser.copy()
    await browser.post(1, '/logout')
    t.strictSame(await everywhere(stolen), [null, null, null])
    t.strictSame(await everywhere(browser), [null, null, null])
  })

  t.test('an id that was planted before the login is worth nothing after it, on any node', async t => {
    const victim = cluster.browser()
    await victim.get(2, '/visit')
    const planted = victim.copy()
    await victim.request(0, login)
    t.strictSame(await everywhere(victim), ['ada', 'ada', 'ada'])
    t.strictSame(await everywhere(planted), [null, null, null])
    await planted.copy().get(1, '/visit')
    t.strictSame(await everywhere(planted), [null, null, null])
  })
})

function passportApp(cluster: Cluster): Express {
  const app = express()
  const auth = new passport.Passport()
  auth.use(new Strategy((name, password, done) => done(null, password === 'secret' ? { name } : false)))
  auth.serializeUser((user, done) => done(null, (user as { name: string }).name))
  auth.deserializeUser((name: string, done) => done(null, { name }))
  const store = cluster.store({ acknowledge: 'all' })
  app.use(session({ store, secret: 'keyboard cat', resave: false, saveUninitialized: false }))
  app.use(express.json(), auth.session())
  app.get('/', (req, res) => void res.json((req.user as { name: string } | undefined)?.name ?? null))
  app.get('/visit', (req, res) => {
    dataOf(req).visits = Number(dataOf(req).visits ?? 0) + 1
    res.json(null)
  })
  app.post('/login', auth.authenticate('local'), (_req: Request, res: Response) => void res.json(null))
  app.post('/logout', (req, res, next) => void req.logout(error => (error ? next(error) : res.json(null))))
  return app
}
