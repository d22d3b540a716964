import type { IncomingMessage } from 'node:http'
import type { ReplicationValve, Session } from '@clowder/http'
import type { Namespace, Server, Socket } from 'socket.io'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'
import { NoEngineError } from '../../errors.js'
import type { MountOptions } from '../../options/mount-options.js'
import { SessionSockets } from './session-sockets.js'

/** Of whatever events. */
// biome-ignore lint/suspicious/noExplicitAny: Socket.IO's own types ask for it, as its parameters are not covariant
type AnyServer = Server<any, any, any, any>

/**
 * Gives the sockets of `io`, in every namespace, the session of the HTTP requests: `socket.request.session`, undefined for a client without one, as it was when the
 * client connected; `reload()` and `save()` as always. `await cluster.session(socket.request)` is the session as it is now. When it ends, on whichever node, its
 * sockets on every node are disconnected; when it goes on under another id, their connections are closed, and the clients come back with the new cookie.
 *
 * Call it when `io` has its HTTP server; otherwise throws NoEngineError (`CLOWDER_NO_ENGINE`). Throws FaceMisusedError (`CLOWDER_FACE_MISUSED`) without a cluster. `options` as for `cluster.express`.
 */
export function clowderSessions(io: AnyServer, cluster: Cluster, options?: MountOptions): void {
  assertCluster(cluster, 'clowderSessions(io, cluster)')
  if (!io.engine) throw new NoEngineError()
  const valve = cluster.valve(options)
  const sockets = new SessionSockets(cluster)
  io.engine.use((req: IncomingMessage, _res: unknown, next: (error?: unknown) => void) => {
    if (isHandshake(req)) giveSession(req, valve).then(() => next(), next)
    else next()
  })
  const watch = (namespace: Pick<Namespace, 'on'>) =>
    namespace.on('connection', socket => void connected(socket, sockets, valve))
  for (const namespace of io._nsps.values()) watch(namespace)
  io.on('new_namespace', watch)
}

/** What follows on the same connection, such as the next poll, belongs to a socket that has its request. */
function isHandshake(req: IncomingMessage): boolean {
  return (req as { _query?: { sid?: string } })._query?.sid === undefined
}

async function giveSession(req: IncomingMessage, valve: ReplicationValve): Promise<void> {
  const value = await valve.session(req)
  Object.defineProperty(req, 'session', { value, configurable: true, writable: true })
}

async function connected(socket: Socket, sockets: SessionSockets, valve: ReplicationValve): Promise<void> {
  const { session } = socket.request as { session?: Session }
  if (!session) return
  sockets.add(session.id, socket)
  // It may have ended between the handshake and this. Who cannot be told so now has been told otherwise a moment ago.
  const current = await valve.session(socket.request).catch(() => session)
  if (current?.id !== session.id) sockets.sendAway(session.id, socket)
}
