import express from 'express'
import Fastify from 'fastify'
import t from 'tap'
import { clowderFastify } from '../src/faces/fastify/index.js'
import type { Application, Cluster, ClusterOptions } from '../src/index.js'
import { createTestCluster, type TestBrowser } from '../src/testing/index.js'

const options: ClusterOptions = {
  singleSignOn: {},
  applications: {
    admin: { cookie: { name: 'admin.sid', path: '/admin' } },
    wiki: { cookie: { name: 'wiki.sid', path: '/wiki' } },
  },
}

/** One application: it knows who is in from single sign-on, and keeps a counter of its own. */
function routes(cluster: Cluster, application: Cluster | Application) {
  const app = express()
  app.use(application.express())
  app.post('/login/:name', (req, res) => {
    cluster.singleSignOn.login(req, res, { name: req.params.name }, 'FORM')
    res.json(req.session.id)
  })
  app.post('/twice/:name', (req, res) => {
    cluster.singleSignOn.login(req, res, { name: 'somebody' })
    cluster.singleSignOn.login(req, res, { name: req.params.name }, 'FORM')
    res.json(null)
  })
  for (const giveUp of ['destroy', 'regenerate'] as const)
    app.post(`/given-up/${giveUp}`, async (req, res) => {
      cluster.singleSignOn.login(req, res, { name: 'ada' })
      await req.session[giveUp]()
      res.json(null)
    })
  app.post('/given-up/unset', (req, res) => {
    cluster.singleSignOn.login(req, res, { name: 'ada' })
    Object.assign(req, { session: null })
    res.json(null)
  })
  app.post('/mutable', (req, res) => {
    const principal: { name: string; call?: () => void } = { name: 'ada' }
    cluster.singleSignOn.login(req, res, principal, 'FORM')
    principal.call = () => {}
    res.json(null)
  })
  app.get('/unseen', (_req, res) => void res.json(null))
  app.post('/logout', async (req, res) => void res.json(await cluster.singleSignOn.logout(req, res)))
  app.post('/late-logout', async (req, res) => {
    res.write('"')
    res.end(`${await cluster.singleSignOn.logout(req, res)}"`)
  })
  app.post('/principal', (req, res) => {
    req.session.setPrincipal({ name: 'ada' }, 'FORM')
    res.json(null)
  })
  app.post('/destroy', async (req, res) => {
    await req.session.destroy()
    res.json(null)
  })
  app.post('/rename', (req, res) => void res.json(req.session.changeId()))
  app.post('/short', (req, res) => {
    req.session.setMaxInactiveInterval(60)
    res.json(null)
  })
  app.post('/set/:value', (req, res) => {
    Object.assign(req.session, { value: req.params.value })
    res.json(null)
  })
  app.get('/', (req, res) => {
    const { principal, authType } = req.session
    res.json([principal ?? null, authType ?? null, { ...req.session }])
  })
  app.use((error: Error & { code?: string }, _req: unknown, res: express.Response, _next: unknown) => {
    res.status(500).json(error.code)
  })
  return app
}

function makeApp(cluster: Cluster) {
  const app = express()
  app.use('/admin', routes(cluster, cluster.application('admin')))
  app.use('/wiki', routes(cluster, cluster.application('wiki')))
  app.use('/', routes(cluster, cluster))
  return app
}

async function started(t: { teardown(stop: () => unknown): void }, more: ClusterOptions = {}) {
  const cluster = await createTestCluster(3, { app: makeApp, ...options, ...more })
  t.teardown(() => cluster.stop())
  return { cluster, browser: cluster.browser() }
}

const ADA = [{ name: 'ada' }, 'FORM', {}]
const NOBODY = [null, null, {}]
const PATHS = ['/', '/admin/', '/wiki/']
const seen = async (browser: TestBrowser, node: number, path: string) => (await browser.get(node, path)).json()

t.test('whoever logs in to one application is in in all, on all nodes, each with a session of its own', async t => {
  const { cluster, browser } = await started(t)
  t.strictSame(await seen(browser, 0, '/admin/'), NOBODY)
  await browser.post(0, '/admin/login/ada')
  for (const node of [0, 1, 2]) for (const path of PATHS) t.strictSame(await seen(browser, node, path), ADA, path)
  t.strictSame(Object.keys(browser.cookies).sort(), ['CLOWDERSSO', 'clowder.sid'], 'those for /')
  await browser.post(1, '/wiki/set/1')
  t.strictSame(await seen(browser, 2, '/wiki/'), [{ name: 'ada' }, 'FORM', { value: '1' }])
  t.strictSame(await seen(browser, 2, '/admin/'), ADA, 'sessions of different applications never meet')
  const counts = cluster.nodes.map(({ managers }) => managers.map(manager => manager.inspect().sessions))
  t.strictSame(counts, Array(3).fill([1, 1, 1, 1]))
})

t.test('the login changes the session’s id', async t => {
  const { browser } = await started(t)
  await browser.post(0, '/set/1')
  const stolen = browser.copy()
  await browser.post(0, '/login/ada')
  t.strictSame(await seen(stolen, 1, '/'), NOBODY)
  t.strictSame(await seen(browser, 1, '/'), [{ name: 'ada' }, 'FORM', { value: '1' }])
})

t.test('to one that the application makes, where it makes its ids', async t => {
  let made = 0
  const cluster = await createTestCluster(1, {
    singleSignOn: {},
    app: node => {
      const app = express()
      app.use(node.express({ genid: () => `made-${++made}` }))
      app.post('/login', (req, res) => {
        node.singleSignOn.login(req, res, { name: 'ada' })
        res.json(req.session.id)
      })
      return app
    },
  })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  for (const id of ['made-2', 'made-3']) t.equal(await (await browser.post(0, '/login')).json(), id)
})

for (const path of ['/admin/logout', '/wiki/destroy']) {
  t.test(`a logout in one application is one in all, on all nodes: ${path}`, async t => {
    const { cluster, browser } = await started(t)
    await browser.post(0, '/login/ada')
    for (const at of PATHS) await browser.get(1, at)
    await cluster.converged()
    const stolen = browser.copy()
    await browser.post(2, path)
    await cluster.converged()
    for (const node of [0, 1, 2]) for (const at of PATHS) t.strictSame(await seen(stolen.copy(), node, at), NOBODY, at)
    t.strictSame(
      cluster.nodes.map(({ managers }) => managers.map(m => m.inspect().sessions)),
      Array(3).fill([0, 0, 0, 0]),
    )
    await browser.post(1, '/login/eve')
    t.strictSame(await seen(browser, 0, '/wiki/'), [{ name: 'eve' }, 'FORM', {}])
  })
}

t.test('a logout after the headers are out is one all the same, with an entry or without', async t => {
  for (const path of ['/login/ada', '/principal']) {
    const { browser } = await started(t)
    await browser.post(0, path)
    t.strictSame(await seen(browser, 1, '/'), ADA)
    t.equal(await (await browser.post(0, '/late-logout')).json(), 'held')
    for (const node of [0, 1, 2]) t.strictSame(await seen(browser.copy(), node, '/'), NOBODY, path)
  }
})

t.test('a logout reaches the sessions of a node that was cut off', async t => {
  const { cluster, browser } = await started(t)
  const [a, b, c] = cluster.nodes
  await browser.post(0, '/login/ada')
  await cluster.converged()
  cluster.isolate(c)
  await cluster.advance(5_000)
  const there = browser.copy()
  t.strictSame(await seen(there, 2, '/wiki/'), ADA)
  await browser.post(0, '/logout')
  cluster.heal()
  await cluster.converged()
  await cluster.advance(5_000)
  for (const node of [0, 1, 2])
    for (const path of PATHS) t.strictSame(await seen(there.copy(), node, path), NOBODY, path)
  for (const { manager } of [a, b, c]) t.equal(manager.inspect().sessions, 0)
})

t.test(
  'so does one on a node that was cut off before the login, in an application that the client had not seen',
  async t => {
    const { cluster, browser } = await started(t)
    cluster.isolate(cluster.nodes[2])
    await cluster.advance(5_000)
    await browser.post(0, '/login/ada')
    t.strictSame(await seen(browser, 1, '/wiki/'), ADA)
    const elsewhere = browser.copy()
    await browser.post(2, '/admin/logout')
    cluster.heal()
    await cluster.converged()
    await cluster.advance(5_000)
    for (const path of PATHS) t.strictSame(await seen(elsewhere.copy(), 0, path), NOBODY, path)
  },
)

t.test('what the application does to its principal after the login is no part of that', async t => {
  const { browser } = await started(t)
  await browser.post(0, '/mutable')
  for (const path of PATHS) t.strictSame(await seen(browser, 1, path), ADA, path)
})

t.test('a session that expires only leaves: the others stay in; a change of id is no logout', async t => {
  const { cluster, browser } = await started(t, { manager: { maxInactiveInterval: 600 } })
  await browser.post(0, '/login/ada')
  await browser.get(0, '/wiki/')
  await browser.post(1, '/admin/short')
  await browser.post(1, '/wiki/rename')
  await cluster.advance(200_000)
  t.equal(cluster.nodes[2].application('admin').manager.inspect().sessions, 0)
  for (const path of PATHS) t.strictSame(await seen(browser, 2, path), ADA, path)
})

t.test('an entry that nobody uses ends with the sessions', async t => {
  const { cluster, browser } = await started(t, { manager: { maxInactiveInterval: 60 } })
  await browser.post(0, '/login/ada')
  await browser.get(0, '/wiki/')
  await cluster.advance(200_000)
  t.strictSame(await seen(browser, 1, '/admin/'), NOBODY)
  t.equal(cluster.nodes[1].managers.at(-1)!.inspect().sessions, 0)
})

t.test('whoever logs in as somebody else leaves the former login, which ends in all applications', async t => {
  const { browser } = await started(t)
  await browser.post(0, '/login/ada')
  await browser.get(0, '/wiki/')
  const wiki = browser.copy()
  await browser.post(1, '/login/eve')
  t.strictSame(await seen(browser, 2, '/'), [{ name: 'eve' }, 'FORM', {}])
  t.strictSame(await seen(browser, 2, '/admin/'), [{ name: 'eve' }, 'FORM', {}])
  t.strictSame(await seen(wiki, 2, '/wiki/'), NOBODY)
})

t.test('a login after another in one request leaves the former one too', async t => {
  const { browser } = await started(t)
  await browser.post(0, '/login/ada')
  await browser.get(0, '/wiki/')
  const wiki = browser.copy()
  await browser.post(1, '/twice/eve')
  t.strictSame(await seen(browser, 2, '/admin/'), [{ name: 'eve' }, 'FORM', {}])
  t.strictSame(await seen(wiki, 2, '/wiki/'), NOBODY)
})

for (const giveUp of ['destroy', 'regenerate', 'unset'])
  t.test(`a login whose session is given up in the same request lets nobody in: ${giveUp}`, async t => {
    const { cluster, browser } = await started(t)
    await browser.post(0, `/given-up/${giveUp}`)
    for (const path of PATHS) t.strictSame(await seen(browser, 0, path), NOBODY, path)
    t.equal(cluster.nodes[0].managers.at(-1)!.inspect().sessions, 0, 'and leaves nothing')
  })

t.test('the login lives as long as the sessions that are used with it', async t => {
  for (const maxAge of [null, 1_800_000]) {
    const { cluster, browser } = await started(t, {
      manager: { maxInactiveInterval: 600 },
      valve: { cookie: { maxAge } },
    })
    await browser.post(0, '/login/ada')
    for (let n = 0; n < 3; n++) {
      await cluster.advance(0.8 * (maxAge ?? 600_000))
      await browser.get(n, '/unseen')
    }
    t.strictSame(await seen(browser, 1, '/wiki/'), ADA, `${maxAge}`)
  }
})

t.test('and no longer', async t => {
  const { cluster, browser } = await started(t, { valve: { cookie: { maxAge: 60_000 } } })
  await browser.post(0, '/login/ada')
  await cluster.advance(200_000)
  t.strictSame(await seen(browser, 1, '/wiki/'), NOBODY)
})

t.test('its cookie goes beside one that the framework sends, and is signed anew with a new secret', async t => {
  const app = async (cluster: Cluster) => {
    const app = Fastify()
    await app.register(clowderFastify, { cluster })
    app.post('/login', async (req, reply) => {
      reply.header('set-cookie', 'theme=dark')
      cluster.singleSignOn.login(req.raw, reply.raw, { name: 'ada' }, 'FORM')
      return null
    })
    app.get('/', async ({ session }) => [session.principal ?? null, session.authType ?? null, { ...session }])
    await app.ready()
    return app.server
  }
  const secret = (name: string) => `the ${name} secret of the shop, thirty-two bytes`
  const cluster = await createTestCluster(2, { app, singleSignOn: {}, secret: secret('old') })
  t.teardown(() => cluster.stop())
  await cluster.advance(11_000)
  const browser = cluster.browser()
  await browser.post(0, '/login')
  t.strictSame(Object.keys(browser.cookies).sort(), ['CLOWDERSSO', 'clowder.sid', 'theme'])
  const [{ keyring }] = cluster.nodes
  const [old] = keyring.list()
  await keyring.useKey(keyring.addKey(secret('new')))
  t.strictSame(await seen(browser, 1, '/'), ADA)
  await keyring.removeKey(old!.id)
  const { CLOWDERSSO = '' } = browser.cookies
  t.strictSame((await cluster.request(1, { url: '/', cookies: { CLOWDERSSO } })).json(), ADA)
})

t.test('a login anew that takes its time is not undone by the end of the former one', async t => {
  const app = (cluster: Cluster) => {
    const slow = express().use(cluster.express())
    slow.post('/slow', async (req, res) => {
      cluster.singleSignOn.login(req, res, { name: 'eve' })
      await cluster.context().setAttribute('waited', true)
      res.json(req.session.principal)
    })
    return slow.use(makeApp(cluster))
  }
  const cluster = await createTestCluster(3, { app, ...options, context: {} })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  await browser.post(0, '/login/ada')
  await browser.get(1, '/wiki/')
  await cluster.converged()
  await browser.post(2, '/slow')
  await cluster.converged()
  t.strictSame(await seen(browser, 1, '/'), [{ name: 'eve' }, null, {}])
})

t.test('a cookie that we did not sign, or that was made for something else, lets nobody in', async t => {
  const { cluster, browser } = await started(t)
  await browser.post(0, '/login/ada')
  const { CLOWDERSSO: good = '', 'clowder.sid': session = '' } = browser.cookies
  const [entry, signature = ''] = good.split('.')
  const forged = [
    `${entry}.${signature.slice(0, -1)}${signature.endsWith('A') ? 'E' : 'A'}`,
    `${entry}.`,
    entry,
    session,
    `${'x'.repeat(400)}.${signature}`,
    '',
  ]
  for (const value of forged) {
    const answer = await cluster.request(1, { url: '/wiki/', cookies: { CLOWDERSSO: value! } })
    t.strictSame(answer.json(), NOBODY)
  }
  const known = await cluster.request(1, { url: '/wiki/', cookies: { CLOWDERSSO: good } })
  t.strictSame(known.json(), ADA)
})

t.test('what cannot be replicated is no principal, and without a session there is no login', async t => {
  const { cluster } = await started(t)
  const [node] = cluster.nodes
  const app = (handler: (req: express.Request, res: express.Response) => unknown) =>
    express()
      .use(node.express())
      .get('/', handler)
      .use((error: { code: string }, _q: unknown, res: express.Response, _n: unknown) => void res.json(error.code))
  const asked = async (handler: (req: express.Request, res: express.Response) => unknown) =>
    (await cluster.request(node, app(handler), '/')).json()
  t.equal(await asked((req, res) => node.singleSignOn.login(req, res, () => 1)), 'HA_UNSERIALIZABLE_VALUE')
  const ended = async (req: express.Request, res: express.Response) => {
    await req.session.destroy()
    node.singleSignOn.login(req, res, 'ada')
  }
  t.equal(await asked(ended), 'HTTP_NO_SESSION')
  t.equal(
    await asked(async (req, res) => void res.json(await node.singleSignOn.logout(req, res))),
    'held',
    'nobody was in',
  )
  const late = async (req: express.Request, res: express.Response) => {
    res.write('[')
    try {
      node.singleSignOn.login(req, res, 'ada')
    } catch (error) {
      res.end(JSON.stringify([(error as { code: string }).code, req.session.principal ?? null]).slice(1))
    }
  }
  t.strictSame(await asked(late), ['HTTP_LATE_LOGIN', null])
  t.equal(
    await asked((req, res) => node.singleSignOn.login({ headers: {} } as typeof req, res, 'ada')),
    'HTTP_NO_SESSION',
  )
})

t.test('what was not asked for says so', async t => {
  const cluster = await createTestCluster(1)
  t.teardown(() => cluster.stop())
  const [node] = cluster.nodes
  t.throws(() => node.singleSignOn, { code: 'CLOWDER_SIGN_ON_DISABLED' })
  t.throws(() => node.application('admin'), { code: 'CLOWDER_NO_SUCH_APPLICATION' })
})

t.test('two applications with one cookie are refused, and so is a realm that is asked again', async t => {
  const bad = { applications: { a: { cookie: { path: '/a' } } }, singleSignOn: { requireReauthentication: true } }
  await t.rejects(createTestCluster(1, bad as ClusterOptions), {
    message:
      /there is no realm to ask again[\s\S]*applications\.a\.cookie\.name: given 'clowder\.sid'; is the name of valve\.cookie/,
  })
})
