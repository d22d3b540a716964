import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import expressSession from 'express-session'
import t, { type Test } from 'tap'
import { type Cluster, createCluster, type MountOptions } from '../src/index.js'

const SECRET = 'keyboard cat'
type Attributes = Record<string, unknown>

async function startCluster(t: Test): Promise<Cluster> {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  return cluster
}

/** Serves `app`; the function that comes back asks it with the cookies of one browser. */
async function browserOf(t: Test, app: Express, cookies = new Map<string, string>()) {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return async (path = '/'): Promise<string> => {
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { cookie, connection: 'close' } })
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = line.split(';', 1)[0]!.split('=')
      cookies.set(name, value)
    }
    return answer.text()
  }
}

/** An application that has moved: its middleware is ours, and it knows the cookies of before. */
function moved(cluster: Cluster, connectSid: MountOptions['connectSid']): Express {
  const app = express().use(cluster.express({ connectSid }))
  return app.get('/', (req, res) => {
    const session = req.session as unknown as Attributes
    session.count = Number(session.count ?? 0) + 1
    res.send(`${req.sessionID} ${session.count}`)
  })
}

/** One that has not, with express-session and its store in memory. */
function former(store: expressSession.MemoryStore): Express {
  const options = { secret: SECRET, store, resave: false, saveUninitialized: false }
  return express()
    .use(expressSession(options) as never)
    .get('/', (req, res) => {
      const session = req.session as unknown as Attributes
      session.count = Number(session.count ?? 0) + 1
      res.send(`${req.sessionID} ${session.count}`)
    })
}

t.test('the cookie of a real express-session names its session here, and ours, written, names it there', async t => {
  const cluster = await startCluster(t)
  const store = new expressSession.MemoryStore()
  const cookies = new Map<string, string>()
  const before = await browserOf(t, former(store), cookies)
  const [id] = (await before()).split(' ') as [string]
  const carried = cluster.manager.createSession(id)
  carried.setAttribute('count', 41)
  cluster.manager.requestCompleted(carried)

  const after = await browserOf(t, moved(cluster, { secret: SECRET, write: true }), cookies)
  t.equal(await after(), `${id} 42`)
  t.strictSame([...cookies.keys()].sort(), ['clowder.sid', 'connect.sid'])
  cookies.delete('connect.sid')
  t.equal(await after(), `${id} 43`)
  t.equal(await before(), `${id} 2`, 'and the way back is open')
})

t.test('of express-session and ours on one request the first has the session, and no other is made', async t => {
  const cluster = await startCluster(t)
  const session = () => expressSession({ secret: SECRET, resave: false, saveUninitialized: false }) as never
  const kind: express.RequestHandler = (req, res) => {
    Object.assign(req.session, { count: 1 })
    res.send(req.session.constructor.name)
  }
  const cookies = new Map<string, string>()
  const oursFirst = await browserOf(t, express().use(cluster.express(), session()).get('/', kind), cookies)
  t.equal(await oursFirst(), 'RequestSession')
  t.strictSame([...cookies.keys()], ['clowder.sid'])
  cookies.clear()
  const theirsFirst = await browserOf(t, express().use(session(), cluster.express()).get('/', kind), cookies)
  t.equal(await theirsFirst(), 'Session')
  t.strictSame([...cookies.keys()], ['connect.sid'])
})
