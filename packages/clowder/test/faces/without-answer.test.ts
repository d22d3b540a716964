import { once } from 'node:events'
import { createServer, IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, Socket } from 'node:net'
import t, { type Test } from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import type { Cluster } from '../../src/cluster/cluster.js'
import { getSession } from '../../src/faces/next/index.js'
import { createTestCluster } from '../../src/testing/create-test-cluster.js'
import type { TestClusterOptions } from '../../src/testing/test-options.js'
import { MemoryCookies } from './support/memory-cookies.js'

const CLOSED = 4401

async function threeNodes(t: Test, options: TestClusterOptions = {}) {
  const cluster = await createTestCluster(3, options)
  t.teardown(() => cluster.stop())
  return { cluster, nodes: cluster.nodes }
}

/** A client's request, as far as a session needs it. */
function requestWith(cookies: MemoryCookies): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  req.headers.cookie = cookies.header
  return req
}

/** A login and what a browser then has. */
async function loggedIn(node: Cluster): Promise<MemoryCookies> {
  const cookies = new MemoryCookies()
  const session = await getSession(node, cookies)
  session.set('user', 'ada')
  await session.save()
  return cookies
}

t.test('getSession', async t => {
  t.test('a counter counts, whichever node answers, also when one is killed', async t => {
    const { cluster, nodes } = await threeNodes(t)
    const cookies = new MemoryCookies()
    const count = async (node: Cluster) => {
      const session = await getSession(node, cookies)
      session.set('count', (session.get('count') ?? 0) + 1)
      await session.save()
      return session.get('count')
    }
    for (const [i, node] of [0, 1, 2, 2, 0].entries()) t.equal(await count(nodes[node]!), i + 1)
    cluster.kill(0)
    t.equal(await count(nodes[2]), 6)
    t.equal(await count(nodes[1]), 7)
  })

  t.test('what a session has besides its attributes is none of them', async t => {
    const { nodes } = await threeNodes(t)
    const session = await getSession(nodes[0], await loggedIn(nodes[0]))
    for (const name of ['constructor', 'toString', '__proto__', 'save', 'id']) t.equal(session.get(name), undefined)
    t.equal(session.get('user'), 'ada')
  })

  t.test('a login of which one attribute is refused reaches the client all the same', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const session = await getSession(nodes[0], cookies)
    await session.regenerate()
    session.set('user', 'grace')
    session.set('greet', () => 'hello')
    await t.rejects(session.save(), { code: 'HA_UNSERIALIZABLE_VALUE' })
    t.equal((await getSession(nodes[1], cookies)).get('user'), 'grace')
  })

  t.test('the cookie keeps id, token and signature, set as configured', async t => {
    const settings = { maxAge: 60_000, domain: 'example.org', sameSite: 'strict' } as const
    const cookie = { ...settings, secure: true, partitioned: true, priority: 'high' } as const
    const { nodes } = await threeNodes(t, { valve: { cookie } })
    const cookies = await loggedIn(nodes[0])
    t.match(cookies.get('clowder.sid')?.value, /^[\w-]+\.[\w-]*\.[\w-]{43}\.n1$/)
    const { expires, ...options } = cookies.optionsOf('clowder.sid')!
    t.ok(Math.abs(expires!.getTime() - Date.now() - 60_000) < 30_000)
    t.strictSame(options, {
      path: '/',
      domain: 'example.org',
      maxAge: 60,
      httpOnly: true,
      secure: true,
      sameSite: 'strict',
      partitioned: true,
      priority: 'high',
    })
  })

  t.test('ids may have any characters', async t => {
    let made = 0
    const ids = ['shop:7.x', '100% ;é']
    const { nodes } = await threeNodes(t, {
      valve: { genid: () => ids[made++]!, connectSid: { secret: 'cat', write: true } },
    })
    for (const id of ids) {
      const cookies = await loggedIn(nodes[0])
      t.equal((await getSession(nodes[1], cookies)).id, id)
      const theirs = new MemoryCookies()
      theirs.set('connect.sid', cookies.get('connect.sid')!.value, {})
      t.equal((await getSession(nodes[2], theirs)).id, id)
    }
  })

  t.test('reading sets no cookie and makes no session', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = new MemoryCookies()
    const session = await getSession(nodes[0], cookies)
    t.equal(session.get('user'), undefined)
    t.equal(session.id, undefined)
    t.equal(session.isStale, false)
    session.delete('user')
    await session.save()
    t.equal(cookies.header, '')
    t.equal(nodes[0].inspect().manager.sessions, 0)
  })

  t.test('what is not saved is not kept', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const session = await getSession(nodes[0], cookies)
    session.set('user', 'eve')
    t.equal(session.get('user'), 'eve')
    t.equal((await getSession(nodes[0], cookies)).get('user'), 'ada')
  })

  t.test('a change inside a value is found, and a deleted attribute stays deleted', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const first = await getSession(nodes[0], cookies)
    first.set('cats', [])
    await first.save()
    const second = await getSession(nodes[1], cookies)
    second.get('cats')!.push({ name: 'ann' })
    second.delete('user')
    await second.save()
    const third = await getSession(nodes[2], cookies)
    t.strictSame(third.get('cats'), [{ name: 'ann' }])
    t.equal(third.get('user'), undefined)
  })

  t.test('two at once, on two nodes, both keep what they wrote', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const left = await getSession(nodes[0], cookies)
    const right = await getSession(nodes[1], cookies)
    left.set('left', 1)
    right.set('right', 1)
    await left.save()
    await right.save()
    const after = await getSession(nodes[0], cookies)
    t.strictSame([after.get('left'), after.get('right')], [1, 1])
  })

  t.test('regenerate gives a new id, and the old one is dead', async t => {
    const { cluster, nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const before = cookies.copy()
    const session = await getSession(nodes[0], cookies)
    const { id } = session
    await session.regenerate()
    t.not(session.id, id)
    t.equal(session.get('user'), undefined)
    session.set('user', 'eve')
    await session.save()
    await cluster.converged()
    t.equal((await getSession(nodes[1], cookies)).get('user'), 'eve')
    t.equal((await getSession(nodes[1], before)).get('user'), undefined)
  })

  t.test('destroy is final, and clears the cookie', async t => {
    const { cluster, nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const stolen = cookies.copy()
    const session = await getSession(nodes[1], cookies)
    await session.destroy()
    t.equal(cookies.header, '')
    t.throws(() => session.set('user', 'eve'), { code: 'HTTP_SESSION_GONE' })
    await session.save()
    await cluster.converged()
    for (const node of nodes) t.equal((await getSession(node, stolen)).get('user'), undefined)
  })

  t.test('whenStale: refuse rejects, serve flags', async t => {
    for (const whenStale of ['refuse', 'serve'] as const) {
      const { cluster, nodes } = await threeNodes(t, { valve: { whenStale } })
      const cookies = await loggedIn(nodes[0])
      await cluster.converged()
      cluster.isolate(0)
      const session = await getSession(nodes[0], cookies)
      session.set('user', 'eve')
      await session.save()
      const later = getSession(nodes[1], cookies)
      if (whenStale === 'refuse') await t.rejects(later, { code: 'HTTP_STALE_SESSION' })
      else t.match(await later, { isStale: true })
    }
  })

  t.test('the cookie of express-session is read and written beside ours', async t => {
    const connectSid = { secret: 'the secret of express-session', write: true }
    const { nodes } = await threeNodes(t, { valve: { connectSid } })
    const cookies = await loggedIn(nodes[0])
    t.match(cookies.get('connect.sid')?.value, /^s:[\w-]+\.[\w+/]{43}$/)
    const alone = new MemoryCookies()
    alone.set('connect.sid', cookies.get('connect.sid')!.value, {})
    t.equal((await getSession(nodes[1], alone)).get('user'), 'ada')
    await (await getSession(nodes[1], cookies)).destroy()
    t.equal(cookies.header, '')
  })

  t.test('where cookies cannot be set, save rejects with the reason', async t => {
    const { nodes } = await threeNodes(t)
    const cookies = new MemoryCookies({ isReadOnly: true })
    const session = await getSession(nodes[0], cookies)
    session.set('user', 'ada')
    await t.rejects(session.save(), { message: 'cookies cannot be set here' })
  })

  t.test('an attribute that cannot be kept is what save rejects with', async t => {
    const { nodes } = await threeNodes(t)
    const session = await getSession(nodes[0], new MemoryCookies())
    session.set('bad', () => {})
    await t.rejects(session.save(), { code: 'HA_UNSERIALIZABLE_VALUE' })
  })
})

t.test('cluster.session', async t => {
  t.test('is undefined for whoever has none, forged or ended', async t => {
    const { cluster, nodes } = await threeNodes(t, { valve: { saveUninitialized: true } })
    t.equal(await nodes[0].session(requestWith(new MemoryCookies())), undefined)
    const cookies = await loggedIn(nodes[0])
    const forged = cookies.copy()
    forged.set('clowder.sid', `x${cookies.get('clowder.sid')!.value}`, {})
    t.equal(await nodes[0].session(requestWith(forged)), undefined)
    await (await nodes[1].session(requestWith(cookies)))!.destroy()
    await cluster.converged()
    t.equal(await nodes[0].session(requestWith(cookies)), undefined)
  })

  t.test('rejects who has seen more than can be had, if so configured', async t => {
    const { cluster, nodes } = await threeNodes(t, { valve: { whenStale: 'refuse' } })
    const cookies = await loggedIn(nodes[0])
    cluster.isolate(0)
    const session = await getSession(nodes[0], cookies)
    session.set('user', 'eve')
    await session.save()
    await t.rejects(nodes[1].session(requestWith(cookies)), { code: 'HTTP_STALE_SESSION' })
  })

  t.test('sockets on two nodes share the session of their upgrade, and the logout of either', async t => {
    const { cluster, nodes } = await threeNodes(t)
    const cookies = await loggedIn(nodes[0])
    const a = await connected(t, nodes[0], cookies)
    const b = await connected(t, nodes[1], cookies)
    t.equal(await said(a, 'count'), 'ada 1')
    await cluster.converged()
    t.equal(await said(b, 'count'), 'ada 2')
    await cluster.converged()
    t.equal(await said(a, 'count'), 'ada 3')
    const closed = once(b, 'close')
    await said(a, 'logout')
    await cluster.converged()
    b.send('count')
    t.equal((await closed)[0], CLOSED)
  })

  t.test('an upgrade without a session is refused', async t => {
    const { nodes } = await threeNodes(t)
    const server = await chat(t, nodes[0])
    const socket = new WebSocket(urlOf(server))
    const [, response] = await once(socket, 'unexpected-response')
    t.equal(response.statusCode, 401)
    socket.on('error', () => {}).terminate()
  })
})

/** What people say to it, counted in their session. */
async function chat(t: Test, cluster: Cluster): Promise<Server> {
  const server = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (req, socket, head) => {
    const session = await cluster.session(req)
    if (!session?.user) return void socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n')
    return sockets.handleUpgrade(req, socket, head, ws =>
      ws.on('message', data => answer(cluster, req, ws, String(data))),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return server
}

async function answer(cluster: Cluster, req: IncomingMessage, ws: WebSocket, message: string): Promise<void> {
  const session = await cluster.session(req)
  if (!session) return ws.close(CLOSED)
  if (message === 'logout') {
    await session.destroy()
    return ws.send('bye')
  }
  session.count = (session.count ?? 0) + 1
  await session.save()
  ws.send(`${session.user} ${session.count}`)
}

async function connected(t: Test, cluster: Cluster, cookies: MemoryCookies): Promise<WebSocket> {
  const socket = new WebSocket(urlOf(await chat(t, cluster)), { headers: { cookie: cookies.header } })
  await once(socket, 'open')
  t.teardown(() => socket.terminate())
  return socket
}

async function said(socket: WebSocket, message: string): Promise<string> {
  const answered = once(socket, 'message')
  socket.send(message)
  return String((await answered)[0])
}

function urlOf(server: Server): string {
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
}
