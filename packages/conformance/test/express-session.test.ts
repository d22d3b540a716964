import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import session from 'express-session'
import t from 'tap'
import { connectVisit, type FaceApplication, type FaceSettings, faceConformance, sendAnswer } from '../src/index.js'

/** What express-session does not do, with its memory store. */
const KNOWN = [
  'attributes may have odd names, and be large',
  'destroy takes the cookie out of the browser',
  'what was stored before a stream began is there when its first part is',
  'two requests at once that store different attributes both keep what they stored',
  'a request that ends after the logout does not undo it',
  'a request that ends after the login of another does not bring the old id back',
  'a good cookie is found behind a bad one of the same name',
]

async function start(app: FaceApplication, { maxAge, ...settings }: FaceSettings) {
  const middleware = session({ ...settings, secret: 'x'.repeat(32), resave: false, cookie: { maxAge } as never })
  const server = createServer((req, res) => {
    const failed = () => void res.writeHead(500).end()
    middleware(req as never, res as never, error => {
      if (error) return failed()
      app(req.url!, connectVisit(req))
        .then(answer => sendAnswer(answer, res))
        .catch(failed)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const stop = async () => {
    server.close()
    server.closeAllConnections()
  }
  return { urls: [`http://127.0.0.1:${port}`], cookieName: 'connect.sid', stop }
}

t.test('express-session', async t => {
  const { now } = Date
  let passedMs = 0
  Date.now = () => now() + passedMs
  t.teardown(() => {
    Date.now = now
  })
  const advance = async (ms: number) => {
    passedMs += ms
  }
  faceConformance(
    (title, run) => t.test(title, run),
    async (app, settings) => ({ ...(await start(app, settings)), advance }),
    { known: KNOWN },
  )
})
