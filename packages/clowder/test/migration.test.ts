import { spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import express, { type Express, type Request } from 'express'
import session from 'express-session'
import { createClient } from 'redis'
import t, { type Test } from 'tap'
import {
  type Cluster,
  type ClusterOptions,
  createCluster,
  FormerStoreError,
  MigrationDisabledError,
} from '../src/index.js'
import { createTestCluster } from '../src/testing/index.js'
import { isolated } from './support/test-node.js'

const SECRET = 'keyboard cat'
const CLIENTS = 8
const CLICKS_BETWEEN = 40
const HALF_AN_HOUR_MS = 1_800_000

type Store = session.Store
type Attributes = Record<string, unknown>
const attributesOf = (req: Request) => req.session as unknown as Attributes

/** The same application whoever keeps its sessions. */
function routes(app: Express): Express {
  app.get('/', (req, res) => {
    const attributes = attributesOf(req)
    if (attributes.user === undefined) return void res.status(401).json({ id: req.sessionID })
    attributes.count = Number(attributes.count) + 1
    res.json({ count: attributes.count, user: attributes.user, id: req.sessionID })
  })
  app.get('/login/:user', (req, res, next) => {
    req.session.regenerate((error: unknown) => {
      if (error) return next(error)
      Object.assign(req.session, { user: req.params.user, count: 0 })
      res.json(req.sessionID)
    })
  })
  app.get('/logout', (req, res, next) => {
    req.session.destroy((error: unknown) => (error ? next(error) : res.json(null)))
  })
  return app
}

function onExpressSession(store: Store): Express {
  const cookie = { maxAge: HALF_AN_HOUR_MS }
  return routes(express().use(session({ secret: SECRET, store, resave: false, saveUninitialized: false, cookie })))
}

const faces = {
  'cluster.store()': (cluster: Cluster) => onExpressSession(cluster.store({ acknowledge: 'all' }) as never),
  'cluster.express()': (cluster: Cluster) =>
    routes(
      express().use(
        cluster.express({
          acknowledge: 'all',
          cookie: { maxAge: HALF_AN_HOUR_MS },
          connectSid: { secret: SECRET, write: true },
        }) as never,
      ),
    ),
}
type Face = keyof typeof faces

/** A place where an instance stands, behind a balancer: the next one takes over for the next request, and the former one ends when it has answered what it has. */
class Place {
  readonly #server: Server
  #app: RequestListener = () => {}
  #open = 0
  #drained: () => void = () => {}
  #cluster: Cluster | undefined

  constructor() {
    this.#server = createServer((req, res) => {
      this.#open++
      res.once('close', () => {
        if (--this.#open === 0) this.#drained()
      })
      this.#app(req, res)
    })
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0, '127.0.0.1'), 'listening')
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** What stands there now, with the cluster that it belongs to. */
  async put(app: Express, cluster?: Cluster): Promise<void> {
    const former = this.#cluster
    this.#cluster = cluster
    this.#app = app as never
    if (this.#open > 0)
      await new Promise<void>(resolve => {
        this.#drained = resolve
      })
    await former?.stop()
  }

  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await this.#cluster?.stop()
  }
}

/** A browser behind a balancer that sends it to anybody. */
class Client {
  readonly #places: readonly Place[]
  cookies = new Map<string, string>()

  constructor(places: readonly Place[]) {
    this.#places = places
  }

  async get(path: string, place: number) {
    const cookie = Array.from(this.cookies, pair => pair.join('=')).join('; ')
    const answer = await fetch(this.#places[place % this.#places.length]!.url + path, { headers: { cookie } })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=')
      if (value === '') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return { status: answer.status, body: (await answer.json()) as { count?: number; user?: string } | null }
  }
}

/** Clients that click all the while; each knows what it must see. */
class Load {
  readonly #clients: readonly Promise<void>[]
  readonly #places: readonly Place[]
  readonly wrong: string[] = []
  clicks = 0
  logouts = 0
  #isOver = false

  constructor(places: readonly Place[]) {
    this.#places = places
    this.#clients = Array.from({ length: CLIENTS }, (_, i) => this.#client(i))
  }

  /** Resolves after some more clicks of all. */
  async goOn(): Promise<void> {
    const until = this.clicks + CLICKS_BETWEEN
    while (this.clicks < until) await new Promise(resolve => setImmediate(resolve))
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#clients)
  }

  async #client(i: number): Promise<void> {
    const client = new Client(this.#places)
    let count = await this.#login(client, i)
    for (let click = i; !this.#isOver; click++) {
      // Some stay logged in from the first to the last.
      if (i % 2 === 1 && click % 23 === 22) {
        await this.#logout(client, click)
        count = await this.#login(client, i)
      }
      const { status, body } = await client.get('/', click)
      count++
      this.clicks++
      if (status !== 200 || body?.count !== count || body.user !== `user${i}`)
        this.wrong.push(`client ${i}, click ${click}: expected ${count}, got ${status} ${JSON.stringify(body)}`)
      count = body?.count ?? count
    }
  }

  async #login(client: Client, i: number): Promise<number> {
    await client.get(`/login/user${i}`, i)
    return 0
  }

  async #logout(client: Client, click: number): Promise<void> {
    const before = new Map(client.cookies)
    await client.get('/logout', click)
    this.logouts++
    client.cookies = before
    for (const place of [0, 1]) {
      const { status } = await client.get('/', place)
      if (status !== 401) this.wrong.push(`logged out, and answered ${status}`)
      client.cookies = new Map(before)
    }
    client.cookies.clear()
  }
}

interface Former {
  /** A store on the same sessions, for one more instance. */
  store(): Store
}

async function startRedis(t: Test): Promise<Former> {
  const folder = mkdtempSync(join(tmpdir(), 'clowder-redis-'))
  const path = join(folder, 'redis.sock')
  const server = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--dir', folder])
  for await (const line of server.stdout.iterator({ destroyOnReturn: false }))
    if (String(line).includes('eady to accept connections')) break
  server.stdout.resume()
  const client = createClient({ socket: { path, tls: false } as never })
  await client.connect()
  t.teardown(async () => {
    await client.close()
    server.kill()
    await once(server, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })
  return { store: () => new RedisStore({ client }) }
}

function startMemory(): Former {
  const store = new session.MemoryStore()
  return { store: () => store }
}

const noRedis = spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed'

/** All instances on the former store; one after the other moves; then back, one after the other. */
async function moveAndBack(t: Test, former: Former, face: Face): Promise<void> {
  const options = isolated(`migration ${face}`)
  const places = [new Place(), new Place()]
  for (const place of places) await place.listen()
  t.teardown(() => Promise.all(places.map(place => place.close())))
  const onFormer = () => Promise.all(places.map(async place => place.put(onExpressSession(former.store()))))
  await onFormer()
  const load = new Load(places)
  await load.goOn()
  const taken: number[] = []
  const roll = async (first: 'old' | 'new') => {
    for (const [i, place] of places.entries()) {
      const cluster = await createCluster({
        ...options,
        jvmRoute: `${first}${i}`,
        migration: { store: former.store(), first },
      })
      await place.put(faces[face](cluster), cluster)
      await load.goOn()
      taken.push(cluster.migration.inspect().nrOfTakenIn)
    }
  }
  await roll('old')
  await roll('new')
  await load.goOn()
  await roll('old')
  for (const place of places) {
    await place.put(onExpressSession(former.store()))
    await load.goOn()
  }
  await load.end()
  t.strictSame(load.wrong, [])
  t.ok(load.logouts > 0, `${load.logouts} logouts, each final`)
  t.comment(`${load.clicks} clicks, ${load.logouts} logouts, sessions taken in: ${taken.join(' ')}`)
  t.ok(taken[0]! > 0)
}

for (const face of Object.keys(faces) as Face[]) {
  t.test(`a site on MemoryStore moves to ${face} and back while its users click: nobody is logged out`, t =>
    moveAndBack(t, startMemory(), face),
  )

  const onRedis = `a site on Redis moves to ${face} and back while its users click: nobody is logged out`
  t.test(onRedis, { skip: noRedis }, async t => moveAndBack(t, await startRedis(t), face))
}

/** Keeps what it is given as text, and fails or does not answer on demand. */
class FragileStore extends session.Store {
  readonly kept = new Map<string, string>()
  readonly asked: string[] = []
  state: 'well' | 'failing' | 'silent' | 'throwing' = 'well'

  get(id: string, callback: (error: unknown, session?: session.SessionData | null) => void): void {
    const text = this.kept.get(id)
    this.#answer(`get ${id}`, callback, () => (text === undefined ? null : JSON.parse(text)))
  }

  set(id: string, data: object, callback: (error?: unknown) => void = () => {}): void {
    this.#answer(`set ${id}`, callback, () => void this.kept.set(id, JSON.stringify(data)))
  }

  destroy(id: string, callback: (error?: unknown) => void = () => {}): void {
    this.#answer(`destroy ${id}`, callback, () => void this.kept.delete(id))
  }

  override all(callback: (error: unknown, all?: { [id: string]: session.SessionData }) => void): void {
    this.#answer('all', callback, () => Object.fromEntries(this.kept))
  }

  #answer(what: string, callback: (error: unknown, value?: never) => void, work: () => unknown): void {
    this.asked.push(what)
    if (this.state === 'throwing') throw new Error('out of order')
    if (this.state === 'failing') setImmediate(callback, new Error('out of order'))
    else if (this.state === 'well') setImmediate(() => callback(null, work() as never))
  }
}

const COOKIE = { originalMaxAge: HALF_AN_HOUR_MS, expires: '2020-01-01T00:00:00.000Z', httpOnly: true, path: '/' }

const live = () => ({ cookie: { ...COOKIE, expires: new Date(Date.now() + HALF_AN_HOUR_MS) } })

async function startOne(t: Test, former: FragileStore, migration: Partial<ClusterOptions['migration']> = {}) {
  const cluster = await createCluster({
    distributable: false,
    logger: false,
    migration: { store: former, timeout: 20, ...migration },
  })
  t.teardown(() => cluster.stop())
  return { cluster, store: cluster.store() }
}

t.test('a session that only the former store has is taken in once, as it is there, and lives on', async t => {
  const former = new FragileStore()
  former.kept.set('one', JSON.stringify({ cookie: COOKIE, user: 'ada', cart: [{ sku: 1 }] }))
  former.kept.set('two', JSON.stringify({ cookie: { ...COOKIE, originalMaxAge: null, expires: null }, user: 'bob' }))
  const { cluster, store } = await startOne(t, former)
  t.strictSame(await cluster.migration.remaining(), { there: 2, onlyThere: 2 })
  const [first, second] = await Promise.all([store.get('one'), store.get('one')])
  t.match(first, { user: 'ada', cart: [{ sku: 1 }], cookie: { originalMaxAge: HALF_AN_HOUR_MS } })
  t.strictSame({ ...second, cookie: 0 }, { ...first, cookie: 0 }, 'but for the millisecond of each')
  t.ok(first!.cookie.expires!.getTime() > Date.now(), 'what its cookie says of its last change there does not end it')
  await store.get('one')
  t.match(cluster.inspect().migration, { first: 'new', nrOfTakenIn: 1, nrOfFailures: 0, nrOfGoneThere: 0, openEnds: 0 })
  t.ok(cluster.migration.inspect().lastTakenInAt > 0)
  t.strictSame(await cluster.migration.remaining(), { there: 2, onlyThere: 1 })
  t.equal(await store.get('three'), undefined)
  await store.set('one', { ...first!, user: 'eve' })
  t.match(JSON.parse(former.kept.get('one')!), { user: 'eve', cart: [{ sku: 1 }], cookie: { path: '/' } })
})

t.test(
  'whoever logs out is logged out in both, also when the former store fails at that, and is not read back',
  async t => {
    const former = new FragileStore()
    former.kept.set('one', JSON.stringify({ cookie: COOKIE, user: 'ada' }))
    const { cluster, store } = await startOne(t, former)
    await store.get('one')
    former.state = 'failing'
    await store.destroy('one')
    t.ok(former.kept.has('one'))
    t.equal(cluster.migration.inspect().openEnds, 1)
    t.equal(await store.get('one'), undefined)
    former.state = 'well'
    await store.set('two', { ...live(), user: 'bob' })
    await store.destroy('two')
    t.strictSame([...former.kept.keys()], [], 'what failed was tried again')
    t.equal(cluster.migration.inspect().openEnds, 0)
    await store.set('three', { ...live(), user: 'bob' })
    cluster.manager.expireSession('three')
    await store.get('other')
    t.strictSame([...former.kept.keys()], [], 'however it ended')
  },
)

for (const state of ['failing', 'silent', 'throwing'] as const)
  t.test(`a former store that is ${state} makes no request fail`, async t => {
    const former = new FragileStore()
    const logged: unknown[] = []
    const note = (_: unknown, text: string) => void logged.push(text)
    const logger = { debug() {}, info() {}, warn() {}, error: note } as never
    const cluster = await createCluster({
      distributable: false,
      logger,
      migration: { store: former, first: 'old', timeout: 20 },
    })
    t.teardown(() => cluster.stop())
    const store = cluster.store()
    former.state = state
    await store.set('one', { ...live(), user: 'ada' })
    t.match(await store.get('one'), { user: 'ada' }, 'what is here is served')
    await store.destroy('one')
    t.ok(cluster.migration.inspect().nrOfFailures >= 3)
    t.equal(logged.length, 1, 'once a minute')
    t.match(logged[0], /former session store .* did not read/)
    await t.rejects(cluster.migration.remaining(), FormerStoreError)
    await t.rejects(store.clear(), FormerStoreError)
  })

for (const first of ['old', 'new'] as const)
  t.test(`first: '${first}': two nodes that are asked at a time take a session in once, and undo nothing`, async t => {
    const former = new FragileStore()
    const cluster = await createTestCluster(2, { migration: { store: former, first }, manager: { acknowledge: 'all' } })
    t.teardown(() => cluster.stop())
    for (let n = 0; n < 10; n++) {
      const id = `one-${n}`
      former.kept.set(id, JSON.stringify({ cookie: COOKIE, user: 'ada', count: 0 }))
      const [a, b] = cluster.nodes.map(node => node.store())
      const changed = (async () => a!.set(id, { ...(await a!.get(id))!, count: 1 }))()
      await Promise.all([changed, b!.get(id)])
      await cluster.converged()
      for (const store of [a!, b!]) t.match(await store.get(id), { user: 'ada', count: 1 })
    }
    const takenIn = cluster.nodes.map(node => node.migration.inspect().nrOfTakenIn)
    t.equal(takenIn[0]! + takenIn[1]!, 10)
  })

/** Writes when it is told to. */
class HeldStore extends FragileStore {
  readonly held: (() => void)[] = []
  isHolding = false

  override set(...write: Parameters<FragileStore['set']>): void {
    if (this.isHolding) this.held.push(() => super.set(...write))
    else super.set(...write)
  }
}

t.test('a write under way on a node that hears of no replicated end does not bring the session back there', async t => {
  const former = new HeldStore()
  const manager = { notifySessionListenersOnReplication: false, acknowledge: 'all' } as const
  const cluster = await createTestCluster(2, { migration: { store: former, wait: false }, manager })
  t.teardown(() => cluster.stop())
  const [a, b] = cluster.nodes.map(node => node.store())
  await a!.set('one', { ...live(), user: 'ada' })
  await cluster.converged()
  const record = await b!.get('one')
  former.isHolding = true
  await b!.set('one', { ...record!, user: 'eve' })
  await a!.destroy('one')
  await cluster.converged()
  while (former.kept.has('one')) await b!.get('other')
  for (const write of former.held) write()
  for (let n = 0; n < 5; n++) await b!.get('other')
  t.strictSame([...former.kept.keys()], [])
})

t.test("with first: 'old' a session that the former store could not be given lives on, on every node", async t => {
  const former = new FragileStore()
  const cluster = await createTestCluster(2, { migration: { store: former, first: 'old', timeout: 20 } })
  t.teardown(() => cluster.stop())
  const [a, b] = cluster.nodes.map(node => node.store())
  former.state = 'failing'
  await a!.set('one', { ...live(), user: 'ada' })
  former.state = 'well'
  t.notOk(former.kept.has('one'))
  t.match(await b!.get('one'), { user: 'ada' })
  t.match(JSON.parse(former.kept.get('one')!), { user: 'ada' }, 'it was given once more')
  await cluster.converged()
  former.kept.delete('one')
  t.equal(await a!.get('one'), undefined, 'and since then the former store says what there is')
})

t.test('sessions that move have their locks', async t => {
  const former = new FragileStore()
  former.kept.set('one', JSON.stringify({ cookie: COOKIE, count: 0 }))
  const options = { connectSid: { secret: 'cat' }, lock: { mode: 'all' } } as const
  const app = (cluster: Cluster) =>
    cluster.nodeHttp((req, res) => {
      const session = req.session as unknown as Record<string, number>
      session.count = Number(session.count ?? 0) + 1
      res.end(String(session.count))
    }, options)
  const cluster = await createTestCluster(2, { app, migration: { store: former } })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  const signature = createHmac('sha256', 'cat').update('one').digest('base64').replace(/=+$/, '')
  const cookie = `connect.sid=${encodeURIComponent(`s:one.${signature}`)}`
  const answers = await Promise.all([0, 1, 0, 1].map(node => browser.copy().get(node, '/', { headers: { cookie } })))
  t.strictSame(answers.map(({ text }) => text).sort(), ['1', '2', '3', '4'])
})

t.test("with first: 'old' the former store says what there is", async t => {
  const former = new FragileStore()
  const { cluster, store } = await startOne(t, former, { first: 'old' })
  await store.set('one', { ...live(), user: 'ada', at: new Date(0) })
  former.kept.set('one', JSON.stringify({ cookie: COOKIE, user: 'eve', at: new Date(0) }))
  t.match(await store.get('one'), { user: 'eve', at: new Date(0) }, 'what is the same in JSON stays what it was')
  former.kept.delete('one')
  t.equal(await store.get('one'), undefined, 'logged out there')
  former.kept.set('one', JSON.stringify({ cookie: COOKIE, user: 'eve' }))
  t.equal(await store.get('one'), undefined, 'and for good')
  t.match(cluster.migration.inspect(), { first: 'old', nrOfGoneThere: 1 })
})

t.test('clear ends what is in either', async t => {
  const former = new FragileStore()
  former.kept.set('there', JSON.stringify({ cookie: COOKIE }))
  const { store } = await startOne(t, former)
  await store.set('here', { ...live() })
  await store.clear()
  await store.get('other')
  t.equal(former.kept.size, 0)
  t.equal(await store.get('there'), undefined)
})

t.test('with wait: false no answer waits for the former store', async t => {
  const former = new FragileStore()
  const { store } = await startOne(t, former, { wait: false })
  await store.set('one', { ...live(), user: 'ada' })
  former.state = 'silent'
  let isAnswered = false
  store.set('one', { ...live(), user: 'eve' }, () => {
    isAnswered = true
  })
  await new Promise(resolve => setImmediate(resolve))
  t.ok(isAnswered)
})

t.test('without the option there is nothing to ask; a store that is none is refused', async t => {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  t.throws(() => cluster.migration, new MigrationDisabledError())
  await t.rejects(createCluster({ distributable: false, migration: { store: {} as never } }), {
    code: 'CLOWDER_BAD_OPTIONS',
    message: /migration\.store/,
  })
  await t.rejects(createCluster({ distributable: false, migration: {} as never }), { message: /migration\.store/ })
})
