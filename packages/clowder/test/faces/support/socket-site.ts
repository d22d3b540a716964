import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type ServerOptions } from 'socket.io'
import { type Socket as Client, type ManagerOptions, io as newClient, type SocketOptions } from 'socket.io-client'
import type { Test } from 'tap'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { clowderAdapter, clowderSessions } from '../../../src/faces/socket.io/index.js'

/** One node: an HTTP server with logins, and Socket.IO beside it. */
export interface SocketSite {
  readonly cluster: Cluster
  readonly io: Server
  readonly url: string
}

export async function socketSite(
  t: Test,
  cluster: Cluster,
  name?: string,
  options: Partial<ServerOptions> = {},
): Promise<SocketSite> {
  const server = createServer(cluster.nodeHttp(answer))
  const io = new Server(server, { ...options, adapter: clowderAdapter(cluster, name === undefined ? {} : { name }) })
  clowderSessions(io, cluster)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => io.close())
  return { cluster, io, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** What it does over HTTP. */
export async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const [, verb, user] = req.url!.split('/')
  if (verb === 'login') req.session.user = user!
  if (verb === 'logout') await req.session.destroy()
  if (verb === 'regenerate') await req.session.regenerate()
  if (verb === 'change-id') req.session.changeId()
  res.end(JSON.stringify({ ...req.session }))
}

/** A browser, as far as its session goes. */
export class Visitor {
  #cookie = ''

  get cookie(): string {
    return this.#cookie
  }

  async ask<T>(site: SocketSite, path: string): Promise<T> {
    const response = await fetch(`${site.url}${path}`, { headers: { cookie: this.#cookie, connection: 'close' } })
    const line = response.headers.getSetCookie()[0]
    if (line) this.#cookie = line.split(';')[0]!
    return (await response.json()) as T
  }
}

/** Resolves when it is connected. */
export async function connected(
  t: Test,
  { url }: SocketSite,
  { namespace = '', ...options }: Partial<ManagerOptions & SocketOptions> & { namespace?: string } = {},
): Promise<Client> {
  const client = newClient(`${url}${namespace}`, { forceNew: true, transports: ['websocket'], ...options })
  t.teardown(() => client.disconnect())
  await new Promise<void>((resolve, reject) => client.once('connect', resolve).once('connect_error', reject))
  return client
}

/** What comes with the next event of this name. */
export function told(client: Client, event: string): Promise<unknown[]> {
  return new Promise(resolve => client.once(event, (...args: unknown[]) => resolve(args)))
}
