import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Cluster, type ClusterOptions, createCluster, type Session, SessionGoneError } from '../src/index.js'
import { createTestCluster } from '../src/testing/index.js'
import { isolated } from './support/test-node.js'
import { shopApp } from './testing/support/shop-app.js'

type Attributes = Record<string, unknown>
const attributes = (req: IncomingMessage) => req.session as unknown as Attributes

/** `/in` logs Ada in, `/out` out, everything else says who is there. */
function app(cluster: Cluster) {
  return cluster.nodeHttp(async (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/in') attributes(req).user = 'ada'
    if (req.url === '/out') await req.session.destroy()
    res.end(JSON.stringify({ user: req.session && (attributes(req).user ?? null), id: req.sessionID }))
  })
}

const NAME = 'clowder.sid'

/** What may come instead of `good`, the cookie of somebody else. */
function hostileCookies(good: string): Record<string, string> {
  const [id, token, signature] = good.split('.') as [string, string, string]
  return {
    empty: '',
    'a bare id': id,
    'without a signature': `${id}.${token}`,
    'with an empty signature': `${id}.${token}.`,
    'cut short': good.slice(0, -3).split('.').slice(0, 3).join('.').slice(0, -1),
    'another id': `${'A'.repeat(32)}.${token}.${signature}`,
    'an empty token': `${id}..${signature}`,
    'a swapped order': `${token}.${id}.${signature}`,
    'in another case': good.toUpperCase(),
    'of another name': `${NAME}=${good}`,
    quoted: `"${good}"`,
    'percent-encoded': good.replaceAll('.', '%2E'),
    'like __proto__': '__proto__.__proto__.__proto__',
    'with odd characters': `${id}.\u00e9\u00ff.${signature}`,
    'longer than anything of ours': good + 'x'.repeat(8_000),
    'all dots': '.'.repeat(500),
  }
}

t.test('whatever cookie comes, the answer comes too, and never from the session of somebody else', async t => {
  const cluster = await createTestCluster(2, { app })
  t.teardown(() => cluster.stop())
  const ada = cluster.browser()
  await ada.get(0, '/in')
  const good = ada.cookies[NAME]!
  const { id } = (await ada.get(1, '/')).json() as { id: string }
  for (const [what, cookie] of Object.entries(hostileCookies(good))) {
    for (const node of cluster.nodes) {
      const answer = await cluster.request(node, { url: '/', headers: { cookie: `${NAME}=${cookie}` } })
      t.equal(answer.status, 200, what)
      t.match(answer.json(), { user: null }, what)
      t.not((answer.json() as { id: string }).id, id, what)
    }
  }
  const many = Array.from({ length: 6 }, () => `${NAME}=x`).join('; ')
  const buried = await cluster.request(0, { url: '/', headers: { cookie: `${many}; ${NAME}=${good}` } })
  t.match(buried.json(), { user: null }, 'behind more bad ones than anybody needs, a good one is not looked for')
  const second = await cluster.request(0, { url: '/', headers: { cookie: `${NAME}=x; ${NAME}=${good}` } })
  t.match(second.json(), { user: 'ada' }, 'behind one of another application it is')
})

t.test('the cookie of a session that was ended or has expired makes a new one, on every node', async t => {
  const cluster = await createTestCluster(2, { app, manager: { maxInactiveInterval: 60 } })
  t.teardown(() => cluster.stop())
  for (const end of ['destroyed', 'expired'] as const) {
    const ada = cluster.browser()
    await ada.get(0, '/in')
    await cluster.converged()
    const { id } = (await ada.get(1, '/')).json() as { id: string }
    const old = ada.copy()
    if (end === 'destroyed') await ada.get(0, '/out')
    else await cluster.advance(120_000)
    for (const node of cluster.nodes) {
      const answer = await old.copy().get(node, '/in')
      t.equal(answer.status, 200, end)
      t.not((answer.json() as { id: string }).id, id, `${end}: an id is never used again`)
    }
  }
})

t.test('a session that is kept and used after its end changes nothing and says so', async t => {
  const outcomes: unknown[] = []
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  const server = createServer(
    cluster.nodeHttp(async (req, res) => {
      const session: Session = req.session
      Object.assign(session, { user: 'ada' })
      await session.destroy()
      Object.assign(session, { user: 'eve', more: true })
      for (const verb of ['save', 'reload'] as const) outcomes.push(await session[verb]().catch(error => error))
      await session.destroy()
      outcomes.push(req.session, req.sessionID)
      res.end()
    }),
  ).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const [response] = await once(request({ port, host: '127.0.0.1', agent: false }).end(), 'response')
  response.resume()
  t.equal(response.headers['set-cookie'], undefined)
  t.match(outcomes, [SessionGoneError, SessionGoneError, undefined, undefined])
  t.equal(cluster.manager.inspect().sessions, 0)
})

t.test('a Cookie header beyond what Node takes is refused by Node, and the server lives on', async t => {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  const server = createServer(app(cluster)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const statusWith = async (cookie: string) => {
    const asked = request({ port, host: '127.0.0.1', agent: false, headers: { cookie } }).end()
    const [response] = await once(asked, 'response')
    response.resume()
    return response.statusCode
  }
  t.equal(await statusWith(`a=${'x'.repeat(20_000)}`), 431)
  t.equal(await statusWith(`${NAME}=${'x'.repeat(10_000)}`), 200)
  t.equal(await statusWith(Array.from({ length: 1_000 }, () => `${NAME}=x`).join(';')), 200)
})

/** What `createCluster` writes in an environment of that kind. */
async function linesIn(environment: string, options: ClusterOptions): Promise<string[]> {
  const lines: string[] = []
  const note = (level: string) => (_: object, text: string) => void lines.push(`${level} ${text}`)
  const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
  const { NODE_ENV: former } = process.env
  process.env.NODE_ENV = environment
  try {
    const cluster = await createCluster({ ...options, logger })
    await cluster.stop()
  } finally {
    if (former === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = former
  }
  return lines
}

async function firstLineIn(environment: string, options: ClusterOptions): Promise<string | undefined> {
  return (await linesIn(environment, options))[0]
}

t.test('without a secret, or with a short one, the cluster says so before it starts, or refuses', async t => {
  const local = { distributable: false }
  t.match(await firstLineIn('test', local), /^info No secret: session cookies are signed with a key/)
  const alone = await firstLineIn('production', local)
  t.match(alone, /^info No secret/, 'what leaves no process is no cluster')
  t.notMatch(alone, /member/)
  t.match(await firstLineIn('test', { ...local, insecure: true }), /^info No secret/)
  process.env.CLOWDER_SECRET = ''
  t.match(await firstLineIn('test', local), /^info No secret \(CLOWDER_SECRET is empty\)/)
  delete process.env.CLOWDER_SECRET
  t.match(
    await firstLineIn('production', isolated('open')),
    /^warn THIS IS PRODUCTION\. No secret: .*CLOWDER_SECRET.*npx clowder secret/,
  )
  const secret = 'a secret of at least thirty-two bytes'
  t.notMatch(await firstLineIn('production', { ...isolated('closed'), secret }), /secret/i)
  await t.rejects(createCluster({ secret: 'short' }), { code: 'CLOWDER_BAD_OPTIONS' })
})

t.test('the line that says that a cluster is ready says how its members authenticate each other', async t => {
  const ready = async (options: ClusterOptions) =>
    (await linesIn('test', { ...isolated('ready'), ...options })).find(line => line.includes('is ready'))
  const secret = 'a secret of at least thirty-two bytes'
  t.match(await ready({}), /; without a secret, on this host only$/)
  t.match(await ready({ secret }), /; members authenticate each other by the secret$/)
  t.match(await ready({ secret, insecure: true }), /; insecure: members do not authenticate each other$/)
})

t.test('a redirect never outruns its session, whichever node is asked next', async t => {
  const shop = (cluster: Cluster) =>
    cluster.nodeHttp(
      (req, res) => {
        if (req.url === '/login') {
          attributes(req).user = 'ada'
          res.writeHead(303, { location: '/' }).end()
        } else res.end(String(attributes(req).user))
      },
      { acknowledge: 'all' },
    )
  const cluster = await createTestCluster(3, { app: shop })
  t.teardown(() => cluster.stop())
  for (let i = 0; i < 5; i++) {
    const browser = cluster.browser()
    t.equal((await browser.get(i % 3, '/login')).status, 303)
    for (const node of cluster.nodes) t.equal((await browser.copy().get(node, '/')).text, 'ada')
  }
})

t.test(
  'attributes named as what is the session’s own are refused, by middleware and store alike, and the others kept',
  async t => {
    const refused: string[] = []
    const onRefused = (error: { code: string }) => void refused.push(error.code)
    const cluster = await createTestCluster(2, {
      app: node =>
        node.nodeHttp((req, res) => {
          if (req.url === '/set') Object.assign(attributes(req), { '\0cookie': { maxAge: 1 }, '\u0001n': 1, good: 1 })
          res.end(JSON.stringify(req.session))
        }),
      valve: { onRefused },
    })
    t.teardown(() => cluster.stop())
    const browser = cluster.browser()
    await browser.get(0, '/set')
    t.strictSame(refused, ['HA_RESERVED_NAME', 'HA_RESERVED_NAME'])
    await cluster.converged()
    t.strictSame((await browser.get(1, '/')).json(), { good: 1 })
    const store = cluster.nodes[0].store()
    await t.rejects(store.set('mine', { '\0cookie': { maxAge: 1 }, '\u0001n': 1, good: 1 }), {
      code: 'HA_RESERVED_NAME',
    })
    t.strictSame(await store.get('mine'), { good: 1 })
  },
)

t.test('a good cookie of a session that has ended, or expired, is given a fresh id on every node', async t => {
  const cluster = await createTestCluster(2, { app: shopApp, manager: { maxInactiveInterval: 60 } })
  t.teardown(() => cluster.stop())
  const idOf = (browser: ReturnType<typeof cluster.browser>) => browser.cookies[NAME]!.split('.')[0]!
  for (const end of ['logout', 'expiry']) {
    const user = cluster.browser()
    await user.post(0, '/set', { user: 'Ada' })
    const id = idOf(user)
    const thief = user.copy()
    if (end === 'logout') await user.post(0, '/logout')
    else await cluster.advance(120_000)
    for (const node of [0, 1]) {
      const other = thief.copy()
      t.strictSame((await other.get(node, '/')).json(), {}, end)
      await other.post(node, '/set', { user: 'Eve' })
      t.not(idOf(other), id, end)
    }
  }
})
