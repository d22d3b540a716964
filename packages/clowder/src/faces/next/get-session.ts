import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Cluster } from '../../cluster/cluster.js'
import { CookieSession } from './cookie-session.js'
import type { CookieStore } from './cookie-store.js'

/**
 * The session that a cookie names, where there is neither Node's request nor its response: `await getSession(cluster, await cookies())` in Next's App
 * Router. The cookie keeps the id and what this client has seen, nothing of the session. Rejects with StaleSessionError (`HTTP_STALE_SESSION`).
 */
export async function getSession({ valve }: Cluster, cookies: CookieStore): Promise<CookieSession> {
  const req = new IncomingMessage(new Socket())
  const value = cookies.get(valve.cookieName)?.value
  if (value !== undefined) req.headers.cookie = `${valve.cookieName}=${value}`
  return new CookieSession({ visit: await valve.visit(req), cookies })
}
