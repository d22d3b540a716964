import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster, assertCookies } from '../../cluster/face-calls.js'
import { CookieSession } from './cookie-session.js'
import type { CookieStore } from './cookie-store.js'

const GET_SESSION = 'await getSession(cluster, await cookies())'

/**
 * The session that a cookie names, where there is neither Node's request nor its response: `await getSession(cluster, await cookies())` in Next's App
 * Router. The cookie keeps the id and what this client has seen, nothing of the session. Rejects with StaleSessionError (`HTTP_STALE_SESSION`), and with FaceMisusedError
 * (`CLOWDER_FACE_MISUSED`) without one of the two, or where a promise of it was given.
 */
export async function getSession(cluster: Cluster, cookies: CookieStore): Promise<CookieSession> {
  assertCluster(cluster, GET_SESSION)
  assertCookies(cookies, GET_SESSION)
  const valve = cluster.valve()
  const req = new IncomingMessage(new Socket())
  req.headers.cookie = valve.cookieNames.flatMap(name => pairOf(name, cookies)).join('; ')
  return new CookieSession({ visit: await valve.visit(req), cookies })
}

function pairOf(name: string, cookies: CookieStore): string[] {
  const value = cookies.get(name)?.value
  // Next gives it decoded. Our own is the same in both forms, that of express-session is not.
  return value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]
}
