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

/** One that has not, with express-session on a store of the cluster. */
function former(cluster: Cluster): Express {
  const cookie = { maxAge: 60_000 }
  const options = { secret: SECRET, store: cluster.store() as never, resave: false, saveUninitialized: false, cookie }
  return express()
    .use(expressSession(options) as never)
    .get('/', (req, res) => {
      const session = req.session as unknown as Attributes
      session.count = Number(session.count ?? 0) + 1
      res.send(`${req.sessionID} ${session.count}`)
    })
}

t.test('whoever is logged in by express-session stays so when the site moves to our middleware, and back', async t => {
  const cluster = await startCluster(t)
  const cookies = new Map<string, string>()
  const before = await browserOf(t, former(cluster), cookies)
  const [id] = (await before()).split(' ') as [string]

  const after = await browserOf(t, moved(cluster, { secret: SECRET, write: true }), cookies)
  t.equal(await after(), `${id} 2`)
  t.strictSame([...cookies.keys()].sort(), ['clowder.sid', 'connect.sid'])
  cookies.delete('connect.sid')
  t.equal(await after(), `${id} 3`)
  t.equal(await before(), `${id} 4`, 'by the cookie that our middleware has written')
  t.equal(await after(), `${id} 5`)

  cookies.delete('clowder.sid')
  cookies.delete('connect.sid')
  const other = (await after()).split(' ')[0]!
  t.not(other, id)
  t.equal(await before(), `${other} 2`, 'a session that began here is found there as well')
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
