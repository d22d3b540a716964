import cookie from '@fastify/cookie'
import fastifySession from '@fastify/session'
import Fastify from 'fastify'
import Koa, { type Context } from 'koa'
import koaSession from 'koa-session'
import t from 'tap'
import { koaStore } from '../../src/faces/koa/index.js'
import type { Cluster } from '../../src/index.js'
import { createTestCluster, type TestApp } from '../../src/testing/index.js'

const HALF_AN_HOUR_MS = 1_800_000
const LATE_MS = 200

/** What each of these frameworks hands to its store is an object of its own, with what it was given copied into it. */
type Data = Record<string, unknown>

/** The same application by each: what it answers is the session as it found it. */
interface Routes {
  /** The name of the attribute that a request stores, and when; none: it only reads. */
  readonly stored: string | undefined
  readonly isSlow: boolean
  readonly removed: string | undefined
}

function routesOf(url: string): Routes {
  const { pathname, searchParams } = new URL(url, 'http://localhost')
  const stored = searchParams.get('set') ?? undefined
  return { stored, isSlow: pathname === '/slow', removed: searchParams.get('remove') ?? undefined }
}

class Gate {
  #open: () => void = () => {}
  readonly opened = new Promise<void>(resolve => {
    this.#open = resolve
  })
  #reach: () => void = () => {}
  readonly reached = new Promise<void>(resolve => {
    this.#reach = resolve
  })

  async pass(): Promise<void> {
    this.#reach()
    await this.opened
  }

  open(): void {
    this.#open()
  }
}

async function handle(session: Data, url: string, gate: Gate): Promise<Data> {
  const { stored, isSlow, removed } = routesOf(url)
  const found = { ...session }
  if (isSlow) await gate.pass()
  if (stored) session[stored] = 1
  if (removed) delete session[removed]
  delete found.cookie
  return found
}

async function fastifyApp(cluster: Cluster, gate: Gate): Promise<TestApp> {
  const app = Fastify()
  await app.register(cookie)
  const store = cluster.store({ acknowledge: 'all' })
  await app.register(fastifySession, {
    store,
    secret: 'x'.repeat(32),
    saveUninitialized: false,
    cookie: { secure: false, maxAge: HALF_AN_HOUR_MS },
  })
  app.get('/logout', async req => {
    await req.session.destroy()
    return {}
  })
  app.get('/looks', (req, reply) => {
    const { stored } = routesOf(req.url)
    const look = (left: number): void =>
      left > 0
        ? store.get(`another ${left}`, () => look(left - 1))
        : void handle(req.session as unknown as Data, `/?set=${stored}`, gate).then(found => reply.send(found))
    void gate.pass().then(() => look(3))
  })
  app.get('*', req => handle(req.session as unknown as Data, req.url, gate))
  await app.ready()
  return app.server
}

function koaApp(cluster: Cluster, gate: Gate): TestApp {
  const app = new Koa()
  app.keys = ['some secret']
  const store = koaStore(cluster, { acknowledge: 'all' })
  app.use(koaSession({ store, maxAge: HALF_AN_HOUR_MS, renew: true } as never, app))
  app.use(async (ctx: Context) => {
    if (ctx.path === '/logout') Object.assign(ctx, { session: null })
    else ctx.body = await handle(ctx.session as unknown as Data, ctx.url, gate)
    ctx.body ??= {}
  })
  return app.callback()
}

t.test('koaStore gives a session that another program has set without a cookie', async t => {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  const [node] = cluster.nodes
  await node.store().set('mine', { a: 1 })
  t.strictSame(await koaStore(node).get('mine', undefined, { ctx: {} }), { a: 1, _session: true })
})

for (const [name, appOf] of [
  ['@fastify/session', fastifyApp],
  ['koa-session', koaApp],
] as const)
  t.test(name, async t => {
    const gates = { current: new Gate() }
    const cluster = await createTestCluster(3, {
      app: node => appOf(node, { pass: () => gates.current.pass() } as Gate),
    })
    t.teardown(() => cluster.stop())
    t.beforeEach(() => {
      gates.current = new Gate()
    })
    const shown = (data: Data) =>
      Object.fromEntries(Object.entries(data).filter(([name]) => !name.startsWith('_') && name !== 'isNew'))
    const seenBy = async (browser: ReturnType<typeof cluster.browser>, node: number) =>
      shown((await browser.get(node, '/')).json<Data>())

    t.test('a session is the same on every node', async t => {
      const browser = cluster.browser()
      await browser.get(0, '/?set=a')
      await browser.get(1, '/?set=b')
      t.strictSame(await seenBy(browser, 2), { a: 1, b: 1 })
      await browser.get(2, '/?remove=a')
      t.strictSame(await seenBy(browser, 0), { b: 1 })
    })

    for (const other of [0, 1])
      t.test(`two requests at a time both keep what they set, ${other === 0 ? 'on one node' : 'on two'}`, async t => {
        const browser = cluster.browser()
        await browser.get(0, '/?set=n')
        const slow = browser.copy().get(0, '/slow?set=a')
        await gates.current.reached
        await browser.get(other, '/?set=b')
        await browser.get(other, '/?remove=n')
        gates.current.open()
        await slow
        await cluster.converged()
        for (const node of [0, 1, 2]) t.strictSame(await seenBy(browser, node), { a: 1, b: 1 })
      })

    if (appOf === fastifyApp)
      t.test('also when one of them looks at other sessions meanwhile', async t => {
        for (const n of [1, 2, 3]) await cluster.nodes[0].store().set(`another ${n}`, { n, cookie: { path: '/' } })
        const browser = cluster.browser()
        await browser.get(0, '/?set=n')
        const slow = browser.copy().get(0, '/looks?set=a')
        await gates.current.reached
        await browser.get(0, '/?set=b')
        gates.current.open()
        await slow
        t.strictSame(await seenBy(browser, 0), { n: 1, a: 1, b: 1 })
      })

    t.test('a request that ends after the logout does not undo it', async t => {
      const browser = cluster.browser()
      await browser.get(0, '/?set=n')
      const slow = browser.copy().get(0, '/slow?set=a')
      await gates.current.reached
      await browser.copy().get(1, '/logout')
      gates.current.open()
      await slow
      await cluster.converged()
      for (const node of [0, 1, 2]) t.strictSame(await seenBy(browser.copy(), node), {})
    })

    t.test('a session that is only read costs no commit, and expires when it is no longer used', async t => {
      const browser = cluster.browser()
      await browser.get(0, '/?set=n')
      const commits = () => cluster.nodes.reduce((sum, node) => sum + node.manager.inspect().commits.commits, 0)
      const before = commits()
      for (let n = 0; n < 3; n++) t.strictSame(await seenBy(browser, n), { n: 1 })
      t.equal(commits(), before)
      await cluster.advance(HALF_AN_HOUR_MS + LATE_MS)
      t.strictSame(await seenBy(browser, 1), {})
    })
  })
