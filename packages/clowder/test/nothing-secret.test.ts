import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Keyring } from '@clowder/node'
import t, { type Test } from 'tap'
import type { Cluster } from '../src/cluster/cluster.js'
import { createCluster } from '../src/create-cluster.js'
import type { ClusterOptions, ExpressSessionStore, RequestSession } from '../src/index.js'
import { RecordedLog } from './support/recorded-log.js'
import { isolated, memberCount } from './support/test-node.js'

/** Stands in every value, key of a Map, query, user's name and message of what a getter throws. */
const PLANTED = `planted${randomBytes(8).toString('hex')}`
const SECRETS = ['first', 'second', 'third'].map(name => `${name}-${randomBytes(24).toString('hex')}`)
const CONNECT_SECRET = `connect-${randomBytes(16).toString('hex')}`

type Data = RequestSession & Record<string, unknown>
type Handler = (session: Data, req: IncomingMessage, res: ServerResponse, cluster: Cluster) => unknown

/** What clients ask for, and what goes wrong with it. */
const routes: Record<string, Handler> = {
  '/set': session => {
    session.value = PLANTED
    session.cart = { items: [PLANTED], [PLANTED]: 1 }
  },
  '/unserialisable': session => {
    session.map = new Map([[PLANTED, () => PLANTED]])
    session.thrower = {
      get inside() {
        throw new Error(`it was ${PLANTED}`)
      },
    }
    session.reader = { toJSON: () => PLANTED }
  },
  '/large': session => {
    session.large = PLANTED.repeat(20_000)
  },
  '/medium': session => {
    session.medium = PLANTED.repeat(400)
  },
  '/login': (session, req, res, cluster) => {
    session.setUser(`ada-${PLANTED}`)
    cluster.singleSignOn.login(req, res, { name: PLANTED })
  },
  '/regenerate': session => session.regenerate(),
  '/lock': async session => {
    await session.lock()
    session.value = `${PLANTED}-locked`
    await new Promise(resolve => setTimeout(resolve, 300))
  },
  '/destroy': session => session.destroy(),
  '/short': session => {
    session.value = PLANTED
    session.setMaxInactiveInterval(1)
  },
  '/throw': () => {
    throw new Error('a handler failed')
  },
}

/** Fails in words that quote. */
function quotingStore(): ExpressSessionStore {
  let calls = 0
  return {
    get: (id, done) => done(calls++ % 2 ? new Error(`WRONGTYPE sess:${id}`) : parseError()),
    set: (id, _record, done) => done(calls++ % 2 ? new Error(`no room for ${id}`) : undefined),
    destroy: (id, done) => done(new Error(`who is ${id}?`)),
  }
}

function parseError(): unknown {
  try {
    return JSON.parse(`${PLANTED}{`)
  } catch (error) {
    return error
  }
}

/** A client of one cookie jar; it writes down all that nobody else may. */
class Client {
  readonly #needles: Set<string>
  readonly cookies = new Map<string, string>()

  constructor(needles: Set<string>) {
    this.#needles = needles
  }

  async ask(server: Server, path: string): Promise<Response> {
    const { port } = server.address() as AddressInfo
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const url = `http://127.0.0.1:${port}${path};jsessionid=${PLANTED}?token=${PLANTED}`
    const answer = await fetch(url, { headers: { cookie, connection: 'close' } })
    for (const header of answer.headers.getSetCookie()) this.#keep(header.split(';', 1)[0]!)
    await answer.text()
    return answer
  }

  #keep(cookie: string): void {
    const at = cookie.indexOf('=')
    const value = cookie.slice(at + 1)
    this.cookies.set(cookie.slice(0, at), value)
    for (const part of [value, ...value.split('.')]) if (part.length > 8) this.#needles.add(part)
  }
}

function options(log: RecordedLog, store: ExpressSessionStore): ClusterOptions {
  const base = isolated('quiet')
  return {
    ...base,
    secret: SECRETS[0]!,
    logger: log.logger,
    logLevel: 'debug',
    receiver: { ...base.receiver, address: '127.0.0.1' },
    membership: { ...base.membership, bind: '127.0.0.1' },
    manager: { maxAttributeBytes: 100_000, warnSessionBytes: 2_000, maxInactiveInterval: 60 },
    valve: { lock: { timeout: 50, lease: 500 }, statistics: true, connectSid: { secret: CONNECT_SECRET, write: true } },
    users: { limit: 2 },
    singleSignOn: {},
    migration: { store, timeout: 50 },
  }
}

async function serve(t: Test, cluster: Cluster, needles: Set<string>): Promise<Server> {
  const handle = cluster.nodeHttp(async (req, res) => {
    const session = (req as unknown as { session: Data }).session
    const path = req.url!.split(/[;?]/, 1)[0]!
    try {
      await routes[path]?.(session, req, res, cluster)
      if (session?.id) needles.add(session.id)
      res.end('done')
    } catch {
      if (!res.headersSent) res.statusCode = 500
      res.end('failed')
    }
  })
  const server = createServer(handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

/** Listeners of all kinds, all of which fail. */
function listenBadly(cluster: Cluster): void {
  const fail = () => {
    throw new Error('a listener failed')
  }
  for (const event of ['sessionCreated', 'sessionDestroyed', 'sessionExpired', 'sessionIdChanged', 'conflict'] as const)
    cluster.on(event, fail)
  cluster.on('attributeChanged', async () => fail())
  cluster.addListener({ attributeAdded: fail, attributeReplaced: fail, sessionCreated: fail })
}

t.test(
  'whatever goes wrong in a busy cluster, no log, error or inspection quotes a secret, an id, a cookie or a value',
  async t => {
    const log = new RecordedLog()
    t.teardown(() => log.stop())
    const needles = new Set([PLANTED, ...SECRETS, CONNECT_SECRET])
    const given = options(log, quotingStore())
    const clusters = await Promise.all(['n1', 'n2', 'n3'].map(jvmRoute => createCluster({ ...given, jvmRoute })))
    await Promise.all(clusters.map(cluster => memberCount(cluster, 2)))
    t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
    clusters.forEach(listenBadly)
    const servers = await Promise.all(clusters.map(cluster => serve(t, cluster, needles)))
    const [a, b, c] = clusters as [Cluster, Cluster, Cluster]

    await t.test('clients do what makes trouble', async t => {
      const clients = Array.from({ length: 4 }, () => new Client(needles))
      for (const [i, client] of clients.entries())
        for (const [j, path] of Object.keys(routes).entries()) await client.ask(servers[(i + j) % 3]!, path)
      const twice = new Client(needles)
      await twice.ask(servers[0]!, '/set')
      await Promise.all(servers.flatMap(server => [twice.ask(server, '/lock'), twice.ask(server, '/set')]))
      t.ok(needles.size > 30, `${needles.size} that nobody may quote`)
    })

    await t.test('cookies are forged, and sessions come to their end', async t => {
      const victim = new Client(needles)
      await victim.ask(servers[0]!, '/set')
      const id = [...victim.cookies.get('clowder.sid')!.split('.')][0]!
      const forger = new Client(needles)
      for (const value of [
        `${id}.x.y`,
        `${victim.cookies.get('clowder.sid')}x`,
        PLANTED,
        `${id}.${PLANTED}.${PLANTED}`,
      ]) {
        forger.cookies.set('clowder.sid', value)
        forger.cookies.set('connect.sid', `s%3A${id}.${PLANTED}`)
        forger.cookies.set('CLOWDERSSO', `${id}.${PLANTED}`)
        await forger.ask(servers[1]!, '/set')
      }
      const expired = nextOf(b, 'sessionExpired')
      const late = new Client(needles)
      await late.ask(servers[1]!, '/short')
      await expired
      await a.sessions.endAll(`ada-${PLANTED}`)
      await a.sessions.end(id)
      for (const bad of [PLANTED.repeat(20), '', undefined as never]) await noted(log, () => a.sessions.of(bad))
      await noted(log, () => a.migration.remaining())
      await noted(log, () => Promise.resolve(a.keyring.addKey(PLANTED.slice(0, 20))))
      t.pass()
    })

    await t.test('the secret is replaced, somebody with another one knocks, and a member goes', async t => {
      const key = a.keyring.addKey(SECRETS[1]!)
      await a.keyring.useKey(key)
      const old = a.keyring.list().find(({ state }) => state === 'accepted')!.id
      await a.keyring.removeKey(old, { force: true })
      await noted(log, () => a.keyring.useKey(old))
      const { port } = a.localMember()
      const membership = { ...given.membership, multicast: false, members: [`127.0.0.1:${port}`] }
      const stranger = await createCluster({ ...given, membership, secret: SECRETS[2]!, jvmRoute: 'stranger' })
      t.equal(stranger.members().length, 0)
      await stranger.stop()
      await c.stop()
      await memberCount(a, 1)
    })

    for (const cluster of clusters) log.note(cluster.inspect())
    for (const secret of SECRETS)
      for (const purpose of ['stream', 'datagram', 'cookie', 'log'] as const) {
        const derived = new Keyring('quiet', [secret]).current.derive(purpose)
        for (const encoding of ['hex', 'base64url', 'latin1'] as const) needles.add(derived.toString(encoding))
      }
    t.strictSame(log.quoting(needles), [])
    const said = log.records.join('\n')
    const expected = [
      'HA_ATTRIBUTE_TOO_LARGE',
      'HA_UNSERIALIZABLE_VALUE',
      'A listener of',
      'a listener failed',
      'forged',
    ]
    for (const text of [
      ...expected,
      'HTTP_FORMER_STORE',
      'the secrets differ',
      'is removed',
      'grown larger',
      'HA_BAD_USER_ID',
    ])
      t.ok(said.includes(text), `it was said: ${text}`)
    t.match(said, /session: '#[0-9a-f]{8}'/, 'sessions are called by a label')
  },
)

t.test('a label is the same on all members and in all logs, and says nothing of the id', async t => {
  const only = { distributable: false, logger: false } as const
  const [a, b, bare] = await Promise.all([
    createCluster({ ...only, secret: SECRETS[0]! }),
    createCluster({ ...only, secret: SECRETS[0]! }),
    createCluster(only),
  ])
  const label = a.sessions.labelOf('an id')
  t.match(label, /^#[0-9a-f]{8}$/)
  t.equal(b.sessions.labelOf('an id'), label)
  t.not(a.sessions.labelOf('another'), label)
  t.not(bare.sessions.labelOf('an id'), label)
  t.equal(bare.sessions.labelOf('an id'), bare.sessions.labelOf('an id'))
  await Promise.all([a, b, bare].map(cluster => cluster.stop()))
})

function nextOf(cluster: Cluster, event: 'sessionExpired'): Promise<void> {
  const hold = setInterval(() => {}, 1_000)
  return new Promise<void>(resolve => void cluster.on(event, () => resolve())).finally(() => clearInterval(hold))
}

/** What an operator is told who asks for something that cannot be. */
async function noted(log: RecordedLog, ask: () => Promise<unknown>): Promise<void> {
  try {
    await ask()
  } catch (error) {
    log.note(error)
  }
}
