import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from 'clowder'
import { type AppSession, appWork, noSession } from './app-work.js'
import type { SessionKind } from './system.js'

/** Resolves with the port. */
export function listenNodeHttp(kind: SessionKind, cluster: Cluster | undefined): Promise<number> {
  if (cluster) return listening(cluster.nodeHttp((req, res) => answer(req, res, () => req.session as AppSession)))
  return listening(kind === 'map' ? mapListener() : (req, res) => answer(req, res, noSession))
}

export async function listening(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The least that anybody would write by hand: neither signed nor ever forgotten. */
function mapListener(): RequestListener {
  const sessions = new Map<string, AppSession>()
  return (req, res) =>
    answer(req, res, () => {
      const known = sessions.get(/(?:^|; )sid=([^;]*)/.exec(req.headers.cookie ?? '')?.[1] ?? '')
      if (known) return known
      const id = randomUUID()
      const made: AppSession = {}
      sessions.set(id, made)
      res.setHeader('Set-Cookie', `sid=${id}; HttpOnly`)
      return made
    })
}

function answer(req: IncomingMessage, res: ServerResponse, session: () => AppSession): void {
  const text = JSON.stringify({ counter: appWork(req.url!, session) })
  res.setHeader('Content-Type', 'application/json')
  res.setHeader('Content-Length', Buffer.byteLength(text))
  res.end(text)
}
