import { once } from 'node:events'
import { Server } from 'socket.io'
import t, { type Test } from 'tap'
import { clowderSessions } from '../../src/faces/socket.io/index.js'
import type { ClusterOptions } from '../../src/options/cluster-options.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { TestCluster } from '../../src/testing/test-cluster.js'
import { isolated, memberCount, startMembers } from '../support/test-node.js'
import { oneNode } from './support/one-node.js'
import { answer, connected, type SocketSite, socketSite, told, Visitor } from './support/socket-site.js'

type Sites = [SocketSite, SocketSite, SocketSite]

/** Three real members, each with its Socket.IO server, who know each other. */
async function threeSites(t: Test, options: ClusterOptions = {}): Promise<Sites> {
  const clusters = await startMembers(['a', 'b', 'c'], { ...isolated('sockets'), ...options })
  t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
  const sites = await Promise.all(clusters.map(cluster => socketSite(t, cluster)))
  await Promise.all(sites.map(site => serverCount(site, 3)))
  return sites as Sites
}

/** The same in memory, for what takes time or a kill. */
async function threeTestSites(
  t: Test,
  options: ClusterOptions = {},
): Promise<{ cluster: TestCluster<3>; sites: Sites }> {
  const cluster = await createTestCluster(3, { app: node => node.nodeHttp(answer), ...options })
  t.teardown(() => cluster.stop())
  const sites = (await Promise.all(cluster.nodes.map(node => socketSite(t, node)))) as Sites
  for (const site of sites) await serverCount(site, 3, () => cluster.advance(10))
  return { cluster, sites }
}

/** Adapters get to know each other by messages, for which there is no event. */
async function serverCount({ io }: SocketSite, count: number, pass = () => turn()): Promise<void> {
  while ((await io.of('/').adapter.serverCount()) !== count) await pass()
}

function turn(): Promise<void> {
  return new Promise(setImmediate)
}

t.test('the adapter', async t => {
  t.test('rooms and broadcasts reach the sockets of every member', async t => {
    const sites = await threeSites(t)
    for (const { io } of sites) io.on('connection', socket => socket.join(socket.handshake.auth.room))
    const clients = await Promise.all(
      sites.map((site, i) => connected(t, site, { auth: { room: i === 0 ? 'cats' : 'dogs' } })),
    )
    const heard: string[] = []
    for (const [i, client] of clients.entries()) client.onAny((_, text) => heard.push(`${i} ${text}`))
    const last = clients.map(client => told(client, 'last'))
    sites[0].io.to('dogs').emit('said', 'dogs')
    sites[0].io.except('dogs').emit('said', 'all but dogs')
    sites[0].io.local.emit('said', 'here')
    sites[0].io.to(clients[2]!.id!).emit('said', 'you')
    sites[0].io.emit('last', 'all')
    await Promise.all(last)
    t.strictSame(heard.sort(), ['0 all', '0 all but dogs', '0 here', '1 all', '1 dogs', '2 all', '2 dogs', '2 you'])
  })

  t.test('a socket that broadcasts is left out, and order is kept', async t => {
    const [a, b] = await threeSites(t)
    a.io.on('connection', socket =>
      socket.on('go', () => {
        for (let i = 0; i < 500; i++) socket.broadcast.emit('n', i)
        socket.broadcast.emit('last')
      }),
    )
    const speaker = await connected(t, a)
    const listener = await connected(t, b)
    const heard: number[] = []
    speaker.on('n', () => t.fail('the speaker hears itself'))
    listener.on('n', n => heard.push(n))
    speaker.emit('go')
    await told(listener, 'last')
    t.strictSame(
      heard,
      Array.from({ length: 500 }, (_, i) => i),
    )
  })

  t.test('binary attachments stay binary, also when they fill many frames', async t => {
    const [a, b] = await threeSites(t)
    const client = await connected(t, b)
    const large = Buffer.alloc(3_000_000, 'cat')
    const sent = { name: 'pictures', small: Buffer.from([1, 2, 3]), more: [new Uint8Array([4, 5])], large }
    const heard = told(client, 'pictures')
    a.io.emit('pictures', sent)
    t.strictSame(await heard, [{ ...sent, more: [Buffer.from([4, 5])] }])
  })

  t.test('what JSON would make plain arrives plain, beside binary data', async t => {
    class Cat {
      readonly name = 'ann'
      readonly bytes = Buffer.from([7])
      speak(): void {}
    }
    const [a, b] = await threeSites(t)
    const clients = [await connected(t, a), await connected(t, b)]
    const heard = clients.map(client => told(client, 'cat'))
    const born = new Date(0)
    a.io.emit('cat', new Cat(), { toJSON: () => 'json' }, { born, gone: undefined, call: () => 1 }, [Symbol('no')])
    const [here, there] = await Promise.all(heard)
    t.strictSame(there!.slice(0, 2), [{ name: 'ann', bytes: Buffer.from([7]) }, 'json'])
    t.match(there![2], { born: '1970-01-01T00:00:00.000Z' })
    t.same(there, here, 'as on the node that sent it')
  })

  t.test('acknowledgements come from the clients of every member', async t => {
    const sites = await threeSites(t)
    for (const [i, site] of sites.entries())
      (await connected(t, site)).on('name?', (prefix, answer) => answer(`${prefix}${i}`, Buffer.from([i])))
    const answers = await sites[1].io.timeout(10_000).emitWithAck('name?', 'client ')
    t.strictSame(answers.sort(), ['client 0', 'client 1', 'client 2'])
  })

  t.test('sockets of every member can be listed, moved and disconnected', async t => {
    const sites = await threeSites(t)
    for (const { io } of sites)
      io.on('connection', socket => Object.assign(socket.data, { born: new Date(0), f: () => 1 }))
    const clients = await Promise.all(sites.map(site => connected(t, site, { auth: { token: 'x' } })))
    const all = await sites[2].io.fetchSockets()
    t.strictSame(all.map(({ id }) => id).sort(), clients.map(({ id }) => id).sort())
    t.ok(all.every(({ handshake, data }) => handshake.auth.token === 'x' && 'born' in data))
    sites[0].io.in(clients[1]!.id!).socketsJoin('cats')
    t.strictSame(
      (await sites[0].io.in('cats').fetchSockets()).map(({ id }) => id),
      [clients[1]!.id],
    )
    sites[0].io.in('cats').socketsLeave('cats')
    t.strictSame(await sites[0].io.in('cats').fetchSockets(), [])
    const gone = told(clients[1]!, 'disconnect')
    sites[0].io.in(clients[1]!.id!).disconnectSockets(true)
    t.strictSame((await gone)[0], 'io server disconnect')
    t.equal((await sites[0].io.fetchSockets()).length, 2)
  })

  t.test('a list of sockets may be longer than a frame', async t => {
    const [a, b] = await threeSites(t)
    b.io.on('connection', socket => (socket.data.text = 'x'.repeat(2_000_000)))
    await connected(t, b)
    const [socket] = await a.io.fetchSockets()
    t.equal(socket!.data.text.length, 2_000_000)
  })

  t.test('servers talk to each other', async t => {
    const sites = await threeSites(t)
    for (const [i, { io }] of sites.entries()) io.on('sum', (x, answer) => answer(x + i))
    t.strictSame((await sites[0].io.serverSideEmitWithAck('sum', 10)).sort(), [11, 12])
    const heard = sites.slice(1).map(({ io }) => once(io, 'hello'))
    sites[0].io.serverSideEmit('hello', Buffer.from([1]), new Date(5))
    t.strictSame(await Promise.all(heard), [
      [Buffer.from([1]), new Date(5)],
      [Buffer.from([1]), new Date(5)],
    ])
  })

  t.test('namespaces are apart, and one that this node does not have disturbs nobody', async t => {
    const [a, b, c] = await threeSites(t)
    for (const { io } of [a, b]) io.of('/admin').on('connection', () => {})
    const user = await connected(t, b)
    const admin = await connected(t, b, { namespace: '/admin' })
    user.onAny(() => t.fail('a user hears what is for admins'))
    const heard = told(admin, 'secret')
    a.io.of('/admin').emit('secret', 1)
    t.strictSame(await heard, [1])
    t.equal((await c.io.of('/').fetchSockets()).length, 1)
  })

  t.test('two servers of one application, by names of their own, are apart', async t => {
    const [a, b] = await threeSites(t)
    const others = [await socketSite(t, a.cluster, 'other'), await socketSite(t, b.cluster, 'other')]
    const outsider = await connected(t, b)
    const insider = await connected(t, others[1]!)
    outsider.on('hello', () => t.fail('who is connected to another server hears it'))
    const heard = [told(insider, 'hello'), told(outsider, 'last')]
    others[0]!.io.emit('hello', 1)
    a.io.emit('last', 2)
    t.strictSame(await Promise.all(heard), [[1], [2]])
  })

  t.test('a member that stops is not waited for, nor is one that has no server any more', async t => {
    const [a, b, c] = await threeSites(t)
    for (const site of [a, b, c]) await connected(t, site)
    await c.cluster.stop()
    await memberCount(a.cluster, 1)
    t.equal((await a.io.fetchSockets()).length, 2)
    t.equal((await c.io.fetchSockets()).length, 1, 'alone, with its own')
    await b.io.close()
    await serverCount(a, 1)
    t.equal((await a.io.fetchSockets()).length, 1)
    t.strictSame(await a.io.serverSideEmitWithAck('anything'), [])
  })

  t.test('a member that is killed while it is asked ends the wait by its death', async t => {
    const { cluster, sites } = await threeTestSites(t)
    const [a, b] = sites
    for (const site of [a, b]) await connected(t, site)
    cluster.kill(1)
    const sockets = a.io.fetchSockets()
    const answers = a.io.serverSideEmitWithAck('hello')
    sites[2].io.on('hello', answer => answer('c'))
    await cluster.converged()
    await cluster.advance(1000)
    t.equal((await sockets).length, 1)
    t.strictSame(await answers, ['c'])
  })

  t.test('a member that comes back after a partition is known again at once', async t => {
    const { cluster, sites } = await threeTestSites(t)
    const client = await connected(t, sites[2])
    cluster.isolate(2)
    await cluster.converged()
    t.equal(await sites[0].io.of('/').adapter.serverCount(), 2)
    cluster.heal()
    await cluster.converged()
    await cluster.advance(100)
    t.equal(await sites[0].io.of('/').adapter.serverCount(), 3)
    const heard = told(client, 'hello')
    sites[0].io.emit('hello', 1)
    await cluster.advance(100)
    t.strictSame(await heard, [1])
  })

  t.test('what cannot be sent to the others is logged, and reaches the sockets of this one', async t => {
    const records: { level: string; text: string }[] = []
    const logger = { error: (_: unknown, text: string) => void records.push({ level: 'error', text }) }
    const log = () => {}
    const [a] = await threeSites(t, { logger: { debug: log, info: log, warn: log, ...logger } })
    const client = await connected(t, a)
    const heard = told(client, 'hello')
    const cycle = { toJSON: () => (records.length === 0 ? cycle : 'json') }
    a.io.emit('hello', cycle)
    await heard
    t.match(records, [{ level: 'error', text: 'A message of Socket.IO was not sent to the other members.' }])
  })

  t.test('alone, without a cluster, it is the adapter in memory', async t => {
    const site = await socketSite(t, await oneNode(t))
    const client = await connected(t, site)
    const heard = told(client, 'hello')
    site.io.emit('hello', 1)
    t.strictSame(await heard, [1])
    t.equal((await site.io.fetchSockets()).length, 1)
  })
})

t.test('sessions', async t => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']])
    t.test(`are shared with HTTP over ${transports.join(' and ')}`, async t => {
      const sites = await threeSites(t)
      for (const { io, cluster } of sites)
        io.on('connection', socket => {
          socket.on('count', async answer => {
            const session = await cluster.session(socket.request)
            session!.count = (session!.count ?? 0) + 1
            await session!.save({ acknowledge: 'all' })
            answer(session!.user, session!.count)
          })
          socket.on('reload', answer => {
            const { session } = socket.request
            session.reload(() => {
              session.note = `${session.user} ${session.count}`
              session.save({ acknowledge: 'all' }, () => answer(session.note))
            })
          })
        })
      const visitor = new Visitor()
      await visitor.ask(sites[0], '/login/ada')
      const extraHeaders = { cookie: visitor.cookie }
      const left = await connected(t, sites[0], { transports, extraHeaders })
      const right = await connected(t, sites[1], { transports, extraHeaders })
      const counted = (client: typeof left) =>
        new Promise(resolve => client.emit('count', (...answer: unknown[]) => resolve(answer)))
      t.strictSame(
        [await counted(left), await counted(right), await counted(left)],
        [
          ['ada', 1],
          ['ada', 2],
          ['ada', 3],
        ],
      )
      t.equal(await right.emitWithAck('reload'), 'ada 3')
      t.strictSame(await visitor.ask(sites[2], '/'), { user: 'ada', count: 3, note: 'ada 3' })
    })

  t.test('who has none gets none, and makes none', async t => {
    const [a] = await threeSites(t, { valve: { saveUninitialized: true } })
    a.io.use((socket, next) => (socket.request.session ? next() : next(new Error('unauthorized'))))
    await t.rejects(connected(t, a), { message: 'unauthorized' })
    await t.rejects(connected(t, a, { extraHeaders: { cookie: 'clowder.sid=forged' } }), { message: 'unauthorized' })
    t.equal(a.cluster.inspect().manager.sessions, 0)
  })

  t.test('a logout closes the sockets of the session on every node, and no others', async t => {
    const sites = await threeSites(t)
    for (const { io } of sites) io.of('/admin')
    const ada = new Visitor()
    await ada.ask(sites[0], '/login/ada')
    const eve = new Visitor()
    await eve.ask(sites[0], '/login/eve')
    const socketsOf = ({ cookie }: Visitor, namespace = '') =>
      Promise.all(sites.map(site => connected(t, site, { namespace, extraHeaders: { cookie } })))
    const [adas, admins, eves] = [await socketsOf(ada), await socketsOf(ada, '/admin'), await socketsOf(eve)]
    const gone = [...adas, ...admins].map(client => told(client, 'disconnect'))
    await ada.ask(sites[1], '/logout')
    for (const [reason] of await Promise.all(gone)) t.equal(reason, 'io server disconnect')
    t.ok(eves.every(client => client.connected))
    t.equal((await sites[0].io.fetchSockets()).length, 3)
  })

  t.test('a new id for the same session lets its clients come back', async t => {
    const sites = await threeSites(t)
    const ada = new Visitor()
    await ada.ask(sites[0], '/login/ada')
    const clients = await Promise.all(
      sites.map(site => connected(t, site, { extraHeaders: { cookie: ada.cookie }, reconnectionDelayMax: 20 })),
    )
    const gone = clients.map(client => told(client, 'disconnect'))
    const back = clients.map(client => told(client, 'connect'))
    await ada.ask(sites[1], '/change-id')
    for (const client of clients) Object.assign(client.io.opts.extraHeaders!, { cookie: ada.cookie })
    for (const [reason] of await Promise.all(gone)) t.equal(reason, 'transport close')
    await Promise.all(back)
    const left = clients.map(client => told(client, 'disconnect'))
    await ada.ask(sites[2], '/logout')
    for (const [reason] of await Promise.all(left)) t.equal(reason, 'io server disconnect', 'they have it again')
  })

  t.test('expiry closes them on every node', async t => {
    const { cluster, sites } = await threeTestSites(t, { manager: { maxInactiveInterval: 60 } })
    const browser = cluster.browser()
    await browser.get(0, '/login/ada')
    await cluster.converged()
    const extraHeaders = { cookie: `clowder.sid=${browser.cookies['clowder.sid']}` }
    const clients = await Promise.all(sites.map(site => connected(t, site, { extraHeaders })))
    const gone = clients.map(client => told(client, 'disconnect'))
    await cluster.advance(75_000)
    for (const [reason] of await Promise.all(gone)) t.equal(reason, 'io server disconnect')
  })

  t.test(
    'nodes that do not hold the session, or hear of no replicated event, close its sockets all the same',
    async t => {
      for (const manager of [{ copies: 1 }, { notifyListenersOnReplication: false }])
        for (const path of ['/logout', '/change-id']) {
          const { cluster, sites } = await threeTestSites(t, { manager })
          const browser = cluster.browser()
          await browser.get(0, '/login/ada')
          await cluster.advance(100)
          const extraHeaders = { cookie: `clowder.sid=${browser.cookies['clowder.sid']}` }
          const options = { extraHeaders, reconnection: false }
          const clients = await Promise.all(sites.map(site => connected(t, site, options)))
          const gone = clients.map(client => told(client, 'disconnect'))
          await browser.get(1, path)
          while (clients.some(client => client.connected)) await cluster.advance(10)
          const reason = path === '/logout' ? 'io server disconnect' : 'transport close'
          for (const [given] of await Promise.all(gone)) t.equal(given, reason)
        }
    },
  )

  t.test('a node that was cut off when a session ended closes its sockets when it is back', async t => {
    for (const manager of [{ copies: 2 }, { notifySessionListenersOnReplication: false }]) {
      const { cluster, sites } = await threeTestSites(t, { manager })
      const browser = cluster.browser()
      await browser.get(0, '/login/ada')
      await cluster.converged()
      const without = cluster.nodes.findIndex(node => node.manager.sessionIds().length === 0)
      const away = without === -1 ? 2 : without
      const extraHeaders = { cookie: `clowder.sid=${browser.cookies['clowder.sid']}` }
      const client = await connected(t, sites[away]!, { extraHeaders, reconnection: false })
      const gone = told(client, 'disconnect')
      cluster.isolate(away)
      await cluster.converged()
      await browser.get((away + 1) % 3, '/logout')
      await cluster.advance(1_000)
      t.ok(client.connected, 'it cannot know')
      cluster.heal()
      await cluster.converged()
      while (client.connected && cluster.now() < 60_000) await cluster.advance(1_000)
      t.notOk(client.connected)
      if (!client.connected) t.equal((await gone)[0], 'io server disconnect')
    }
  })

  t.test('a session that ends while its socket is being connected takes it along', async t => {
    const [a] = await threeSites(t)
    const ada = new Visitor()
    await ada.ask(a, '/login/ada')
    a.io.use(async (_socket, next) => {
      await ada.ask(a, '/logout')
      next()
    })
    const client = await connected(t, a, { extraHeaders: { cookie: ada.cookie } })
    if (client.connected) t.strictSame((await told(client, 'disconnect'))[0], 'io server disconnect')
  })

  t.test('a session that gets another id while its socket is being connected lets the client come back', async t => {
    const [a, b] = await threeSites(t)
    const ada = new Visitor()
    await ada.ask(a, '/login/ada')
    let isFirst = true
    a.io.use(async (_socket, next) => {
      if (isFirst) await ada.ask(b, '/change-id')
      isFirst = false
      next()
    })
    const client = await connected(t, a, { extraHeaders: { cookie: ada.cookie }, reconnectionDelayMax: 20 })
    Object.assign(client.io.opts.extraHeaders!, { cookie: ada.cookie })
    if (client.connected) t.equal((await told(client, 'disconnect'))[0], 'transport close')
    if (!client.connected) await told(client, 'connect')
    t.ok(client.connected)
  })

  t.test('a state that cannot be had, by whenStale: refuse, refuses the connection', async t => {
    const { cluster, sites } = await threeTestSites(t, { valve: { whenStale: 'refuse' } })
    const browser = cluster.browser()
    await browser.get(0, '/login/ada')
    await cluster.converged()
    cluster.isolate(0)
    await browser.get(0, '/login/eve')
    const extraHeaders = { cookie: `clowder.sid=${browser.cookies['clowder.sid']}` }
    const refused = t.rejects(connected(t, sites[1], { extraHeaders, reconnection: false }), {
      message: 'websocket error',
    })
    await cluster.advance(5000)
    await refused
  })

  t.test('a server that has no HTTP server yet is refused', async t => {
    const cluster = await oneNode(t)
    t.throws(() => clowderSessions(new Server(), cluster), { code: 'CLOWDER_NO_ENGINE' })
  })
})
