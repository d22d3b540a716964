import type { IncomingMessage, RequestListener } from 'node:http'
import { createCluster, type Session } from 'clowder'
import express from 'express'
import session from 'express-session'

declare module 'express-session' {
  interface SessionData {
    user: { name: string }
  }
}

const cluster = await createCluster()
const app = express()
app.use(session({ secret: 'x', resave: false, saveUninitialized: false, store: cluster.store() }))
app.get('/', (req, res) => {
  const theirs: session.Session = req.session
  req.session.user = { name: 'ada' }
  req.session.save(error => void error)
  res.send(theirs.id)
})

/** The other one is at hand where it is meant. */
export function own(req: IncomingMessage): Session {
  return req.session as unknown as Session
}
export const listener: RequestListener = cluster.nodeHttp(app)
