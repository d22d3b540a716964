import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Cluster } from '../../src/cluster/cluster.js'
import { holdProcess } from '../../src/cluster/hold-process.js'
import { createCluster } from '../../src/create-cluster.js'
import type { ClusterOptions } from '../../src/options/cluster-options.js'

let clusters = 0

/** Options for the members of one cluster, whose multicast port no other test has. */
export function isolated(name: string, port = 20_000 + ((process.pid * 31 + clusters++ * 7) % 20_000)): ClusterOptions {
  return { name, membership: { port, discoveryTime: 20 }, receiver: { port: 0 }, logger: false }
}

/** Starts a member for each name, and resolves when every one knows all others. */
export async function startMembers(names: readonly string[], options: ClusterOptions): Promise<Cluster[]> {
  const members = await Promise.all(names.map(jvmRoute => createCluster({ ...options, jvmRoute })))
  await Promise.all(members.map(member => memberCount(member, names.length - 1)))
  return members
}

/** Resolves when it has so many others. Holds the process, because no cluster does. */
export function memberCount(cluster: Cluster, count: number): Promise<void> {
  const reached = new Promise<void>(resolve => {
    const look = () => {
      if (cluster.members().length !== count) return
      cluster.off('memberAdded', look).off('memberDisappeared', look)
      resolve()
    }
    cluster.on('memberAdded', look).on('memberDisappeared', look)
    look()
  })
  return holdProcess(reached)
}

type Handler = (req: IncomingMessage) => unknown

/** An application of one route on `cluster`, by whichever face. */
export async function serve(cluster: Cluster, face: 'express' | 'nodeHttp', handler: Handler): Promise<Server> {
  const answer: RequestListener = (req, res) => void res.end(JSON.stringify(handler(req) ?? null))
  const middleware = cluster.express()
  const behindMiddleware: RequestListener = (req, res) => middleware(req, res, () => answer(req, res))
  const server = createServer(face === 'nodeHttp' ? cluster.nodeHttp(answer) : behindMiddleware)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

export interface Answer {
  readonly body: unknown
  /** Without its attributes. */
  readonly cookie: string | undefined
}

export function get(server: Server, cookie?: string): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie }
    const sent = request({ port, host: '127.0.0.1', headers, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () => {
        const body = JSON.parse(Buffer.concat(chunks).toString())
        resolve({ body, cookie: response.headers['set-cookie']?.[0]?.split(';')[0] })
      })
    })
    sent.on('error', reject).end()
  })
}
