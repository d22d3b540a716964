import { createServer } from 'node:http'
import { type ClusterOptions, createCluster, type MountOptions, type Session } from 'clowder'
import express from 'express'

declare module 'clowder' {
  interface SessionData {
    user: { name: string }
    count: number
  }
}

const options: ClusterOptions = { valve: { cookie: { sameSite: 'auto', partitioned: true, priority: 'high' } } }
const cluster = await createCluster(options)
const mount: MountOptions = { whenStale: 'refuse', acknowledge: 'all', cookie: req => ({ domain: req.headers.host }) }

const app = express()
app.use(cluster.express())
app.use('/pay', cluster.express(mount))
app.get('/', async (req, res) => {
  req.session.count = (req.session.count ?? 0) + 1
  const name: string | undefined = req.session.user?.name
  // @ts-expect-error: attributes have their types
  req.session.user = 'ada'
  // @ts-expect-error: what nobody has declared is no attribute
  req.session.nobody = 1
  // @ts-expect-error: a session may lack any of them
  const certain: string = req.session.user.name
  // @ts-expect-error: the id is the manager's
  req.session.id = 'x'
  req.session.cookie.maxAge = 5_000
  req.session.cookie.expires = new Date()
  // @ts-expect-error: browsers know no such value
  req.session.cookie.sameSite = 'Lax'
  req.session.save(error => void error)
  req.session.touch()
  await req.session.save({ acknowledge: 'all' })
  await req.session.regenerate()
  await req.session.reload()
  await req.session.destroy({ acknowledge: 'all' })
  res.send(name ?? certain ?? req.sessionID)
})

const answer = (session: Session) => session.user?.name
createServer(cluster.nodeHttp((req, res) => void res.end(answer(req.session)), { cookie: { path: '/shop' } }))
